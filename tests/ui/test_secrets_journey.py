"""Whole tasks around secrets in a real browser, with the audit entries that they must leave."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.portal import Portal
from tests.ui.conftest import Arrive, in_portal
from tests.ui.keys import Keys
from tests.ui.test_journeys import PASSPHRASE, canary, everything_on, people, store

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]


def actions(portal: Portal, target: str) -> list[str]:
    """What was recorded of one thing, in order."""
    found: list[str] = in_portal(
        portal,
        f"""
        import json
        from vaultportal.audit.models import AuditEntry
        rows = AuditEntry.objects.filter(target_id={target!r}, outcome="success").order_by("id")
        print(json.dumps([row.action for row in rows]))
        """,
    )
    return found


def because(page: Page, reason: str = "Debugging") -> None:
    """Answer why, in the dialog."""
    page.get_by_role("dialog").get_by_text(reason).click()
    page.get_by_role("dialog").get_by_role("button", name="Reveal").click()


def test_all_fields_are_shown_and_hidden_at_once(
    portal: Portal, arrive: Arrive, administrator: Any
) -> None:
    visitor, one, two = arrive(storage_state=administrator), canary(), canary()
    page = visitor.page
    secret = store(visitor, f"both/{secrets.token_hex(4)}", api_key=one, hook=two)
    page.get_by_role("link", name="Reveal all 2").click()
    because(page)
    expect(page.locator("[data-value]")).to_have_count(2)
    visitor.picture("secret-all-revealed")
    visitor.check()

    page.get_by_role("button", name="Hide all").click()
    expect(page.locator("[data-value]")).to_have_count(0)
    expect(page.get_by_role("button", name="Hide all")).to_be_hidden()
    left = everything_on(visitor)
    assert one not in left and two not in left
    assert actions(portal, secret) == ["secret.create", "secret.read", "secret.read"]


def test_a_right_is_given_with_its_effect_shown_taken_and_brought_back(
    portal: Portal, arrive: Arrive, administrator: Any
) -> None:
    visitor, role = arrive(storage_state=administrator), f"role-{canary()}"
    people(portal, role)
    page = visitor.page
    secret = store(visitor, f"grid/{secrets.token_hex(4)}", token=canary())
    page.get_by_role("link", name="Add role or person").click()
    page.get_by_label("Role", exact=True).select_option(label=role)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("+1 person")).to_be_visible()
    visitor.picture("secret-share-effect")
    visitor.check()
    page.get_by_role("button", name="Save access").click()
    expect(page.get_by_text("2 people can read this now.")).to_be_visible()

    page.get_by_role("checkbox", name=f"{role}: read").click()
    expect(page.get_by_text("1 person can read this now.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("2 people can read this now.")).to_be_visible()
    assert actions(portal, secret) == ["secret.create", *["secret.update"] * 3]


def test_a_folder_is_found_a_secret_is_moved_and_deleted_by_keyboard(
    portal: Portal, arrive: Arrive, administrator: Any
) -> None:
    visitor, folder = arrive(storage_state=administrator), f"keys-{secrets.token_hex(4)}"
    page = visitor.page
    visitor.open(f"/secrets/new/?folder={folder}")
    page.get_by_label("Name", exact=True).press("End")
    page.keyboard.type("relay")
    page.locator("#name-0").focus()
    page.keyboard.type("password")
    page.keyboard.press("Tab")
    page.keyboard.type(canary())
    page.get_by_role("button", name="Store secret").press("Enter")
    expect(page.get_by_role("heading", name=f"{folder}/relay")).to_be_visible()

    visitor.open(f"/secrets/shared/?folder={folder}")
    page.get_by_role("checkbox", name=f"Select {folder}/relay").press("Space")
    page.get_by_role("button", name="Move").press("Enter")
    page.get_by_label("Folder").fill(f"{folder}/mail")
    visitor.picture("secrets-bulk-move")
    visitor.check()
    page.get_by_role("button", name="Move").press("Enter")
    expect(page.get_by_text("Done for 1 secret.")).to_be_visible()
    visitor.open(f"/secrets/shared/?folder={folder}")
    page.get_by_role("link", name="mail/").press("Enter")
    page.get_by_role("button", name=f"Actions for {folder}/mail/relay").press("Enter")
    page.locator(".vp-pop:popover-open").get_by_role("link", name="Delete").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Delete secret").press("Enter")
    expect(page.get_by_text("Secret deleted.")).to_be_visible()


def test_a_secret_is_made_revealed_and_shared_by_keys_alone(
    portal: Portal, arrive: Arrive, administrator: Any
) -> None:
    visitor, value, role = arrive(storage_state=administrator), canary(), f"keys-{canary()}"
    page, keys, name = visitor.page, Keys(visitor.page), f"by-keys/{secrets.token_hex(4)}"
    people(portal, role)
    visitor.open("/secrets/personal/")
    keys.press("n")
    page.wait_for_url("**/secrets/personal/new/")
    keys.into_the_page()
    keys.fill("#id_name", name)
    keys.fill("#name-0", "token")
    keys.fill("#value-0", value)
    keys.to(page.get_by_role("button", name="Store secret"))
    keys.press("Enter")
    expect(page.get_by_role("heading", name=name)).to_be_visible()

    # No key by itself reveals or copies; j and k only move the focus.
    for key in "abcdfhilmopqrstuvwxyz":
        keys.press(key)
    expect(page.get_by_role("dialog")).to_have_count(0)
    keys.into_the_page()
    keys.to(page.get_by_role("link", name="Reveal token"))
    keys.press("Enter")
    keys.to(page.get_by_role("dialog").get_by_role("radio", checked=True))
    while not page.get_by_label("Debugging").is_checked():
        keys.press("ArrowDown")
    keys.press("Enter")
    expect(page.locator("[data-value]")).to_have_text(value)
    keys.to(page.get_by_role("link", name="Hide token"))
    keys.press("Escape")
    expect(page.locator("[data-value]")).to_have_count(0)
    expect(page.get_by_role("link", name="Reveal token")).to_be_focused()
    assert value not in everything_on(visitor)

    keys.into_the_page()
    keys.to(page.get_by_role("link", name="Share", exact=True))
    keys.press("Enter")
    page.wait_for_url("**/share/")
    keys.into_the_page()
    keys.to(page.get_by_label("Role", exact=True))
    keys.type(role)
    keys.to(page.get_by_role("button", name="Continue"))
    keys.press("Enter")
    expect(page.get_by_text("+1 person")).to_be_visible()
    keys.into_the_page()
    keys.to(page.get_by_role("button", name="Save access"))
    keys.press("Enter")
    expect(page.get_by_text("2 people can read this now.")).to_be_visible()


def test_a_link_is_handed_over_and_opens_once(
    portal: Portal, arrive: Arrive, administrator: Any
) -> None:
    author, receiver, value = arrive(storage_state=administrator), arrive(), canary()
    page = author.page
    secret = store(author, f"link/{secrets.token_hex(4)}", token=value)
    author.open(f"/secrets/{secret}/links/")
    page.get_by_role("button", name="Make link").click()
    page.get_by_text("Reveal", exact=True).click()
    address = page.locator("#once-1").inner_text()
    author.check()

    receiver.page.goto(address)
    assert value not in everything_on(receiver)
    receiver.page.get_by_role("button", name="Open it").click()
    expect(receiver.page.locator("#v1")).to_have_text(value)
    receiver.picture("link-opened")
    receiver.check()
    answer = receiver.page.goto(address)
    assert answer is not None and answer.status == 404
    assert actions(portal, secret) == [
        "secret.create", "secret.link_make", "secret.read", "secret.link_open",
    ]  # fmt: skip


def test_a_file_is_imported_and_its_values_stay_hidden(arrive: Arrive, administrator: Any) -> None:
    visitor, value, name = arrive(storage_state=administrator), canary(), secrets.token_hex(4)
    page = visitor.page
    visitor.open("/secrets/import/")
    page.locator("#id_content").set_input_files(
        {"name": f"{name}.env", "mimeType": "text/plain", "buffer": f"A={value}\n".encode()}
    )
    page.get_by_role("button", name="Look into it").click()
    expect(page.get_by_role("textbox", name=f"Name of {name}")).to_be_visible()
    assert value not in everything_on(visitor)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Import 1 entry").click()
    expect(page.get_by_text("1 secret stored")).to_be_visible()
    assert value not in everything_on(visitor)
    visitor.open(f"/secrets/personal/?q={name}")
    expect(page.get_by_role("link", name=name)).to_be_visible()


def test_what_is_revealed_goes_when_the_session_is_ended_elsewhere(
    portal: Portal, arrive: Arrive
) -> None:
    (name,), value = people(portal, ""), canary()
    one, other = arrive(), arrive()
    for visitor in (one, other):
        visitor.sign_in(name, PASSPHRASE)
    store(one, f"ended/{secrets.token_hex(4)}", token=value)
    page = one.page
    page.get_by_role("link", name="Reveal").click()
    because(page)
    expect(page.get_by_text(value)).to_be_visible()

    other.open("/me/sessions/")
    other.page.get_by_role("button", name="End all others").click()
    expect(other.page.get_by_text("Session ended.")).to_be_visible()
    assert value in everything_on(one)
    page.locator(".vp-running").dispatch_event("wake")  # the mark of running jobs asks again

    expect(page.locator("[data-value]")).to_have_count(0)
    assert value not in everything_on(one)
