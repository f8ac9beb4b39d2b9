"""The main tasks with personal data in a real browser, and the audit entries that they leave."""

from __future__ import annotations

import re
import secrets
from typing import Any

import pytest
from playwright.sync_api import Dialog, expect

from tests.portal import Portal
from tests.ui.browser import Visitor
from tests.ui.conftest import Arrive, in_portal
from tests.ui.keys import Keys
from tests.ui.test_journeys import everything_on

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]


def recorded(portal: Portal, collection: str) -> list[list[str]]:
    """Action, reason and custom word of what happened to the collection and its objects."""
    found: list[list[str]] = in_portal(
        portal,
        f"""
        import json
        from vaultportal.audit.models import AuditEntry
        rows = AuditEntry.objects.filter(target_name={collection!r}).order_by("id")
        print(json.dumps([[r.action, r.reason, r.document["custom"]] for r in rows]))
        """,
    )
    return found


def make(visitor: Visitor, name: str) -> None:
    """A collection with two properties, drawn in the form."""
    page = visitor.page
    visitor.open("/collections/new/")
    page.get_by_label("Name of the collection").fill(name)
    page.get_by_role("button", name="Remove property 1").click()
    expect(page.get_by_label("Name of property 1")).to_have_value("email")
    page.get_by_role("button", name="Add property").click()
    page.get_by_label("Name of property 2").fill("ssn")
    page.get_by_label("Type of property 2").select_option("SSN")
    page.get_by_role("checkbox", name="Property 2: optional").check()
    page.get_by_role("button", name="Move property 2 up").click()
    expect(page.get_by_label("Name of property 1")).to_have_value("ssn")
    page.get_by_role("button", name="Make collection").click()
    page.wait_for_url(f"**/collections/{name}/")


def add(visitor: Visitor, name: str, mail: str, ssn: str) -> str:
    """An object through its form; its id."""
    page = visitor.page
    visitor.open(f"/collections/{name}/add/")
    page.get_by_role("textbox", name="email").fill(mail)
    page.get_by_role("textbox", name="ssn").fill(ssn)
    page.get_by_role("button", name="Add object").click()
    page.wait_for_url("**/objects/**")
    return page.url.rstrip("/").rsplit("/", 1)[-1]


def test_from_a_schema_to_an_uncovered_column(
    portal: Portal, arrive: Arrive, administrator: Any
) -> None:
    visitor, name = arrive(storage_state=administrator), f"people_{secrets.token_hex(4)}"
    mail = f"{secrets.token_hex(6)}@example.com"
    page = visitor.page
    make(visitor, name)
    add(visitor, name, mail, "078-05-1120")
    visitor.say_why("AccountManagement")
    visitor.open(f"/collections/{name}/")
    page.get_by_role("link", name="Change the reason").click()
    page.get_by_role("dialog").get_by_text("Maintenance").click()
    page.get_by_role("dialog").get_by_role("button", name="Change the reason").click()
    expect(page.get_by_text("You look at these for: Maintenance")).to_be_visible()
    expect(page.get_by_text("***-**-1120")).to_be_visible()
    assert mail not in everything_on(visitor)

    page.get_by_label("Property and operator").select_option("match:email")
    page.get_by_label("Value", exact=True).fill(mail)
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**result=**")
    expect(page.get_by_role("row")).to_have_count(2)
    assert mail not in everything_on(visitor)

    page.get_by_role("link", name="Unmask the column email").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Data subject request").click()
    dialog.get_by_role("button", name="Unmask").click()
    expect(page.locator("[data-value]")).to_have_text(mail)
    visitor.picture("objects-unmasked")
    visitor.check()
    page.keyboard.press("Shift+H")
    expect(page.locator("[data-value]")).to_have_count(0)
    expect(page.get_by_role("link", name="Unmask the column email")).to_be_visible()
    assert mail not in everything_on(visitor)

    happened = recorded(portal, name)
    assert "collection.add" in [action for action, _reason, _custom in happened]
    assert ["object.read", "DataSubjectRequest", "reveal column"] in happened
    assert ["object.read", "Maintenance", "masked"] in happened


def test_an_object_is_added_masked_and_revealed(arrive: Arrive, administrator: Any) -> None:
    visitor, name = arrive(storage_state=administrator), f"people_{secrets.token_hex(4)}"
    mail = f"{secrets.token_hex(6)}@example.com"
    page = visitor.page
    visitor.open("/collections/new/?view=text")
    page.get_by_role("textbox", name="Schema").fill(
        f"{name} PERSONS (email EMAIL UNIQUE, city STRING NULL);"
    )
    page.get_by_role("button", name="Make collection").click()
    page.wait_for_url(f"**/collections/{name}/")
    visitor.say_why("Maintenance")
    visitor.open(f"/collections/{name}/add/")
    page.get_by_role("textbox", name="email").fill("no address")
    page.get_by_role("button", name="Add object").click()
    expect(page.locator("#id_p-email_error")).to_be_visible()
    page.get_by_role("textbox", name="email").fill(mail)
    page.get_by_role("button", name="Add object").click()
    expect(page.get_by_role("heading", name=f"Object of {name}")).to_be_visible()
    assert mail not in everything_on(visitor)

    page.get_by_role("link", name="Reveal email").click()
    page.get_by_role("dialog").get_by_text("Account management").click()
    page.get_by_role("dialog").get_by_role("button", name="Reveal").click()
    expect(page.locator("[data-value]")).to_have_text(mail)
    page.keyboard.press("Shift+H")
    expect(page.locator("[data-value]")).to_have_count(0)
    assert mail not in everything_on(visitor)


def test_a_schema_is_reviewed_and_changed(arrive: Arrive, administrator: Any) -> None:
    visitor, name = arrive(storage_state=administrator), f"people_{secrets.token_hex(4)}"
    page = visitor.page
    make(visitor, name)
    visitor.open(f"/collections/{name}/schema/")
    page.get_by_role("button", name="Phone", exact=True).click()
    expect(page.get_by_label("Name of property 3")).to_have_value("phone")
    page.get_by_role("button", name="Review changes").click()
    expect(page.get_by_text("phone is added.")).to_be_visible()
    visitor.picture("schema-review")
    visitor.check()
    page.get_by_role("button", name="Save schema").click()

    expect(page.get_by_text("Schema changed.")).to_be_visible()
    expect(page.get_by_label("Name of property 3")).to_have_value("ssn")


def test_properties_are_drawn_to_another_place(arrive: Arrive, administrator: Any) -> None:
    visitor = arrive(storage_state=administrator)
    page = visitor.page
    visitor.open("/collections/new/")
    fields = page.get_by_label(re.compile("^Name of property"))
    for there, name in enumerate(("Phone", "Address"), 3):
        page.get_by_role("button", name=name, exact=True).click()
        expect(fields).to_have_count(there)
    before = [each.input_value() for each in fields.all()]

    page.locator("[data-grip]").nth(3).drag_to(page.locator("tbody tr").nth(0))

    expect(page.locator("#moved")).to_have_text(f"{before[3]} is at place 1 now.")
    expect(page.get_by_label("Name of property 1", exact=True)).to_have_value(before[3])
    expect(page.get_by_label("Name of property 1", exact=True)).to_be_focused()
    assert [each.input_value() for each in fields.all()] == [before[3], *before[:3]]
    visitor.check()

    page.locator("[data-grip]").nth(0).drag_to(page.locator("tbody tr").nth(2))
    expect(page.get_by_label("Name of property 3", exact=True)).to_have_value(before[3])
    assert [each.input_value() for each in fields.all()] == [*before[:2], before[3], before[2]]

    asked = list[str]()

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.get_by_role("link", name="Overview").click()
    assert asked == ["beforeunload"] and page.url.endswith("/collections/new/")
    page.get_by_label("Name of the collection").fill(f"drawn_{secrets.token_hex(4)}")
    page.get_by_role("button", name="Make collection").click()
    expect(page.get_by_text("Collection made.")).to_be_visible()
    assert len(asked) == 1


def test_many_objects_are_tokenized_and_opened_again(
    portal: Portal, arrive: Arrive, administrator: Any
) -> None:
    visitor, name = arrive(storage_state=administrator), f"people_{secrets.token_hex(4)}"
    mail = f"{secrets.token_hex(6)}@example.com"
    page = visitor.page
    make(visitor, name)
    add(visitor, name, mail, "078-05-1120")
    visitor.say_why("AppFunctionality")
    visitor.open(f"/collections/{name}/")
    page.get_by_role("checkbox", name="Select this page").check()
    page.get_by_role("button", name="Tokenize", exact=True).click()
    page.get_by_role("button", name="Tokenize", exact=True).click()
    token = page.locator("tbody th code").inner_text()
    visitor.picture("tokens-made")
    visitor.check()

    visitor.open(f"/tokens/detokenize/?collection={name}")
    page.get_by_label("Tokens, one a line").fill(token)
    page.get_by_role("button", name="Show masked").click()
    expect(page.get_by_text("***-**-1120")).to_be_visible()
    assert mail not in everything_on(visitor)
    reveal_all = page.get_by_role("link", name="Reveal all")
    asked_at = reveal_all.get_attribute("href")
    reveal_all.click()
    page.get_by_role("dialog").get_by_text("Maintenance").click()
    page.get_by_role("dialog").get_by_role("button", name="Reveal all").click()
    expect(page.locator("[data-value]").filter(has_text=mail)).to_be_visible()
    visitor.look_around("tokens-revealed")
    page.get_by_role("link", name="Hide all").click()
    expect(page.locator("[data-value]")).to_have_count(0)
    assert mail not in everything_on(visitor)

    assert ["token.read", "Maintenance", "reveal all"] in recorded(portal, name)
    assert asked_at is not None and visitor.open(asked_at) == 200
    visitor.look_around("tokens-reveal-all")


def test_an_object_is_found_opened_and_revealed_by_keys_alone(
    portal: Portal, arrive: Arrive, administrator: Any
) -> None:
    visitor, name = arrive(storage_state=administrator), f"people_{secrets.token_hex(4)}"
    mail = f"{secrets.token_hex(6)}@example.com"
    page, keys = visitor.page, Keys(visitor.page)
    make(visitor, name)
    add(visitor, name, mail, "078-05-1120")
    add(visitor, name, f"x{mail}", "078-05-1121")
    visitor.say_why("Maintenance")
    visitor.open(f"/collections/{name}/")

    # Find: the question, its value, and the one row that comes back.
    keys.into_the_page()
    keys.to(page.get_by_label("Property and operator"))
    keys.type("email is")
    expect(page.get_by_label("Property and operator")).to_have_value("match:email")
    keys.fill("#value", mail)
    keys.press("Enter")
    page.wait_for_url("**result=**")
    expect(page.get_by_role("row")).to_have_count(2)

    # A column of what was found, uncovered and hidden again.
    keys.into_the_page()
    keys.to(page.get_by_role("link", name="Unmask the column email"))
    keys.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    keys.to(page.get_by_role("dialog").get_by_role("radio", checked=True))
    keys.press("ArrowDown")
    keys.press("Enter")
    expect(page.locator("[data-value]")).to_have_text(mail)
    keys.to(page.get_by_role("link", name="Hide email"), "Shift+Tab")
    keys.press("Escape")
    expect(page.locator("[data-value]")).to_have_count(0)

    # Open it, and reveal.
    keys.into_the_page()
    keys.press("j")
    keys.to(page.locator("tbody th a"))
    keys.press("Enter")
    expect(page.get_by_role("heading", name=f"Object of {name}")).to_be_visible()
    keys.into_the_page()
    keys.to(page.get_by_role("link", name="Reveal email"))
    keys.press("Enter")
    keys.to(page.get_by_role("dialog").get_by_role("radio", checked=True))
    keys.press("Enter")
    expect(page.locator("[data-value]")).to_have_text(mail)
    keys.press("Shift+H")
    expect(page.locator("[data-value]")).to_have_count(0)
    assert mail not in everything_on(visitor)

    assert "reveal" in [custom for _action, _reason, custom in recorded(portal, name)]
