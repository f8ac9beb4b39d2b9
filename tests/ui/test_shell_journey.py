"""A session that ends while somebody works, and where a value never is."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, Route, expect

from tests.portal import Portal
from tests.ui.conftest import Arrive, in_portal
from tests.ui.test_journeys import PASSPHRASE, canary, everything_on, people

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]


def test_who_is_signed_out_while_editing_goes_on_where_they_were(
    portal: Portal, arrive: Arrive
) -> None:
    (name,) = people(portal, "")
    visitor = arrive()
    page = visitor.page
    visitor.sign_in(name, PASSPHRASE)
    page.clock.install()
    visitor.open("/me/")
    page.get_by_label("Name", exact=False).first.fill("Mara Lindqvist")
    page.clock.fast_forward(61_000)
    end_sessions(portal, name)
    page.get_by_role("button", name="Save profile").click()

    dialog = page.get_by_role("dialog", name="Your session is over")
    dialog.get_by_label("User name or e-mail address").fill(name)
    dialog.get_by_label("Password").fill("wrong")
    visitor.picture("signed-out-while-editing")
    visitor.check()
    dialog.get_by_role("button", name="Sign in").click()
    expect(dialog.get_by_text("The name or the password is not right.")).to_be_visible()
    dialog.get_by_label("User name or e-mail address").fill(name)
    dialog.get_by_label("Password").fill(PASSPHRASE)
    dialog.get_by_role("button", name="Sign in").click()

    expect(page.get_by_text("Profile saved.")).to_be_visible()
    expect(page.get_by_role("heading", name="Mara Lindqvist")).to_be_visible()


def test_what_was_typed_and_not_saved_is_asked_about(arrive: Arrive, administrator: Any) -> None:
    visitor, asked = arrive(storage_state=administrator), list[str]()
    page = visitor.page

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    visitor.open("/me/")
    page.get_by_label("Name", exact=False).first.press_sequentially("x")
    page.get_by_role("link", name="Overview").click()

    assert asked == ["beforeunload"]
    assert page.url == f"{visitor.base}/me/"


def test_a_part_is_asked_for_again_after_signing_in_in_place(
    portal: Portal, arrive: Arrive
) -> None:
    (name,) = people(portal, "")
    visitor, value = arrive(), canary()
    page = visitor.page
    visitor.sign_in(name, PASSPHRASE)
    visitor.open(f"/secrets/{secret_of(portal, name, value)}/")
    end_sessions(portal, name)
    page.get_by_role("link", name="Reveal token").click()

    dialog = page.get_by_role("dialog", name="Your session is over")
    dialog.get_by_label("User name or e-mail address").fill(name)
    dialog.get_by_label("Password").fill(PASSPHRASE)
    dialog.get_by_role("button", name="Sign in").click()
    page.get_by_role("dialog").get_by_text("Debugging").click()
    page.get_by_role("dialog").get_by_role("button", name="Reveal").click()

    expect(page.locator("[data-value]")).to_have_text(value)
    assert visitor.complaints == []


def test_a_value_is_nowhere_before_it_was_asked_for_and_nowhere_after(
    portal: Portal, arrive: Arrive
) -> None:
    (name,) = people(portal, "")
    visitor, value = arrive(), canary()
    page = visitor.page
    visitor.sign_in(name, PASSPHRASE)
    secret = secret_of(portal, name, value)
    told = overhear(page, value)
    for path in ("/", f"/palette/?q={name}", "/secrets/personal/", f"/secrets/{secret}/"):
        visitor.open(path)
        assert value not in everything_on(visitor)
    assert told == []

    page.get_by_role("link", name="Reveal token").click()
    page.get_by_role("dialog").get_by_text("Debugging").click()
    page.get_by_role("dialog").get_by_role("button", name="Reveal").click()
    expect(page.locator("[data-value]")).to_have_text(value)
    assert value not in page.url
    page.keyboard.press("Shift+H")
    expect(page.locator("[data-value]")).to_have_count(0)
    assert value not in everything_on(visitor)

    assert told == [("POST", "no-store")]
    visitor.open(f"/secrets/{secret}/?tab=activity")
    assert value not in everything_on(visitor)
    page.go_back()
    assert value not in everything_on(visitor)
    assert page.evaluate("caches.keys()") == []
    assert told == [("POST", "no-store")]


def overhear(page: Page, value: str) -> list[tuple[str, str]]:
    """Fills with the method and the caching of each answer that holds the value."""
    told: list[tuple[str, str]] = []

    def listen(route: Route) -> None:
        if route.request.resource_type not in ("document", "fetch", "xhr"):
            route.continue_()
            return
        answer = route.fetch(max_redirects=0)
        if value in answer.text():
            told.append((route.request.method, answer.headers["cache-control"]))
        route.fulfill(response=answer)

    page.route("**/*", listen)
    return told


def secret_of(portal: Portal, name: str, value: str) -> str:
    """The id of a new secret of the person, with the value in its field ``token``."""
    made: list[str] = in_portal(
        portal,
        f"""
        import json
        from secrets_app.payload import Payload
        from secrets_app.services import secrets
        from vaultportal.identity import authentication
        from vaultportal.identity.models import User
        actor = authentication.user_actor(User.objects.get(username={name!r}).pk)
        payload = Payload.of({{"token": {value!r}}})
        draft = secrets.Draft(name={name + "/t"!r}, payload=payload, owner_id=actor.user_id)
        print(json.dumps([str(secrets.create_secret(actor, draft).id)]))
        """,
    )
    return made[0]


def end_sessions(portal: Portal, name: str) -> None:
    """As if their time were over."""
    in_portal(
        portal,
        f"""
        from vaultportal.identity.models import Session
        Session.objects.filter(user__username={name!r}).delete()
        print(1)
        """,
    )
