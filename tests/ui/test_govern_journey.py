"""The governing pages in a real browser, each task with the entries it must leave."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.portal import Portal
from tests.ui.browser import LOOKS
from tests.ui.conftest import Arrive, in_portal
from tests.ui.keys import Keys

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

BREAK = """
import json
from django.db import connection
from vaultportal.audit.models import AuditEntry
entry = AuditEntry.objects.filter(action="user.create").earliest("id")
with connection.cursor() as cursor:
    cursor.execute("ALTER TABLE audit_auditentry DISABLE TRIGGER audit_append_only")
    cursor.execute(
        "UPDATE audit_auditentry SET target_name = %s WHERE id = %s", [{name!r}, entry.pk]
    )
    cursor.execute("ALTER TABLE audit_auditentry ENABLE TRIGGER audit_append_only")
print(json.dumps([f"{{entry.shard}}-{{entry.seq}}", entry.target_name]))
"""
LATEST = """
import json
from vaultportal.audit.models import AuditEntry
rows = AuditEntry.objects.filter(action={action!r}).order_by("-id").values_list("target_name")[:1]
print(json.dumps([row[0] for row in rows]))
"""


def latest(portal: Portal, action: str) -> list[str]:
    found: list[str] = in_portal(portal, LATEST.format(action=action))
    return found


@dataclass(frozen=True)
class Broken:
    """An entry that somebody changed in the database. mend: puts it right again."""

    place: str
    mend: Callable[[], object]


@pytest.fixture
def broken(portal: Portal) -> Iterator[Broken]:
    place, name = in_portal(portal, BREAK.format(name="somebody else"))
    changed = Broken(place, lambda: in_portal(portal, BREAK.format(name=name)))
    yield changed
    changed.mend()


def test_a_changed_entry_turns_the_badge_red_on_every_page(
    arrive: Arrive, portal: Portal, administrator: Any, broken: Broken
) -> None:
    visitor = arrive(storage_state=administrator)
    page = visitor.page
    visitor.open("/audit/")

    page.get_by_role("button", name="Verify now").click()

    verdict = page.get_by_role("heading", name="What this means and what to do")
    readings = page.locator("#runs")
    expect(readings.get_by_text("Broken", exact=True)).to_be_visible(timeout=60_000)
    visitor.open("/audit/verify/")
    expect(verdict).to_be_visible()
    visitor.check()
    visitor.picture("audit-broken")
    page.get_by_role("link", name=f"Open entry {broken.place}").click()
    expect(page.locator("h1")).to_be_visible()
    for place in ("/audit/", "/access/roles/", "/"):
        visitor.open(place)
        bar = page.locator(".vp-alarm")
        deadline = time.monotonic() + 30
        while not bar.count():  # a process asks for the standing each few seconds
            assert time.monotonic() < deadline
            visitor.open(place)
        expect(bar).to_contain_text("The audit trail is broken.")
        expect(bar).to_contain_text(broken.place)
    broken.mend()
    visitor.open("/audit/verify/")
    page.get_by_role("button", name="Verify now").click()
    expect(readings.get_by_text("Whole", exact=True).first).to_be_visible(timeout=60_000)


def test_a_role_is_made_after_its_change_was_shown(
    arrive: Arrive, portal: Portal, administrator: Any
) -> None:
    name = f"readers-{secrets.token_hex(3)}"
    visitor = arrive(storage_state=administrator)
    page = visitor.page
    visitor.open("/access/roles/")

    # By keys alone.
    page.keyboard.press("n")
    page.wait_for_url("**/access/roles/new/")
    page.get_by_label("Name", exact=True).focus()
    page.keyboard.type(name)
    page.get_by_label("view role", exact=True).focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Review changes").focus()
    page.keyboard.press("Enter")

    expect(page.locator("ins")).to_have_count(2)
    expect(page.locator(".vp-diff")).to_contain_text("Right: identity.view_role")
    visitor.check()
    page.get_by_role("button", name="Save role").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(name)
    visitor.check()
    assert latest(portal, "role.create") == [name]


def test_an_own_key_is_shown_once(arrive: Arrive, portal: Portal, administrator: Any) -> None:
    label = f"laptop {secrets.token_hex(3)}"
    visitor = arrive(storage_state=administrator)
    page = visitor.page
    visitor.open("/me/keys/")

    page.get_by_role("link", name="New API key").first.click()
    page.get_by_label("Label").fill(label)
    page.get_by_role("button", name="Make the key").click()

    page.get_by_text("Reveal", exact=True).click()
    key = page.locator(".vp-once pre").inner_text()
    assert re.fullmatch(r"vpk_\w{10}_\w{43}_\w{6}", key)
    visitor.check()
    page.get_by_role("link", name="I have stored it").click()
    page.wait_for_url("**/me/keys/")
    expect(page.get_by_role("row", name=label)).to_be_visible()
    assert key not in page.content()
    page.get_by_role("button", name=f"Revoke {label}").click()
    expect(page.get_by_role("row", name=label)).to_contain_text("Revoked")
    assert latest(portal, "api_key.issue") == [label]
    assert latest(portal, "api_key.revoke") == [label]


def test_a_refusal_leads_to_its_explanation_and_the_trail_knows_it(
    arrive: Arrive, portal: Portal
) -> None:
    name, password = f"refused-{secrets.token_hex(3)}", secrets.token_urlsafe(18)
    in_portal(
        portal,
        f"""
        from vaultportal.identity.models import User
        User.objects.create_user({name!r}, {password!r})
        print(1)
        """,
    )
    visitor = arrive()
    page = visitor.page
    visitor.sign_in(name, password)
    assert visitor.open("/access/roles/") == 403

    page.get_by_role("link", name="Explain why").click()

    expect(page.get_by_role("status").filter(has_text="No")).to_be_visible()
    expect(page.get_by_text("privx-admin")).to_be_visible()
    visitor.check()
    visitor.picture("explained-refusal")


def test_the_trail_leads_from_a_person(arrive: Arrive, administrator: Any) -> None:
    visitor = arrive(storage_state=administrator)
    page = visitor.page

    visitor.open("/access/people/?q=admin@localhost")
    page.locator("tbody a").first.click()
    page.get_by_role("link", name="Everything they did").click()

    expect(page.locator("#entries tbody tr").first).to_be_visible()
    assert "actor=" in page.url


def test_a_view_is_saved_and_found_by_the_members_of_a_role(
    arrive: Arrive, portal: Portal, administrator: Any
) -> None:
    word, password = secrets.token_hex(3), secrets.token_urlsafe(18)
    in_portal(
        portal,
        f"""
        from vaultportal.identity.models import Membership, Role, User
        person = User.objects.create_user("viewer-{word}", {password!r})
        role = Role.objects.create(name="viewers-{word}")
        Membership.objects.create(user=person, group_id=role.pk)
        print(1)
        """,
    )
    visitor = arrive(storage_state=administrator)
    page = visitor.page
    visitor.open("/audit/")
    page.get_by_label("Outcome").select_option("refused")
    page.wait_for_url("**outcome=refused**")

    # The menu knows the filters that came without a new page.
    page.get_by_role("button", name="Saved views").click()
    page.get_by_role("link", name="Save this view").click()
    page.get_by_label("Name", exact=True).fill(f"Refusals {word}")
    page.get_by_label("Share with").select_option(label=f"viewers-{word}")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/audit/?outcome=refused")
    page.get_by_role("button", name="Saved views").click()
    mine = page.get_by_role("link", name=re.compile(f"^Refusals {word}"))
    expect(mine).to_have_attribute("aria-current", "true")
    visitor.check()
    visitor.look_as("dark", 320)
    visitor.picture("saved-views-open")
    visitor.check(LOOKS)
    visitor.open("/audit/?action=saved_view.share")
    expect(page.locator("#entries tbody tr").first).to_contain_text(f"Refusals {word}")

    colleague = arrive()
    colleague.sign_in(f"viewer-{word}", password)
    colleague.open("/audit/")
    colleague.page.get_by_role("button", name="Saved views").click()
    colleague.page.get_by_role("link", name=re.compile(f"^Refusals {word}")).click()
    colleague.page.wait_for_url("**/audit/?outcome=refused")
    expect(colleague.page.locator("#chosen")).to_contain_text("Refused")
    assert colleague.complaints == []


def test_the_trail_is_filtered_opened_and_verified_by_keys(
    arrive: Arrive, portal: Portal, administrator: Any
) -> None:
    visitor = arrive(storage_state=administrator)
    page = visitor.page
    keys = Keys(page)
    visitor.open("/audit/")
    keys.into_the_page()

    keys.fill('input[name="action"]', "user.sign_in")
    keys.press("Enter")
    page.wait_for_url("**action=user.sign_in**")
    entries = page.locator("#entries tbody tr")
    expect(entries.first).to_contain_text("signed in")
    keys.to(entries.first.locator("a"))
    keys.press("Enter")
    page.wait_for_url(re.compile(r"/audit/\d+-\d+/"))
    expect(page.get_by_role("heading", name="Place in the chain")).to_be_visible()
    visitor.check()

    keys.press("g")
    keys.press("a")
    page.wait_for_url("**/audit/")
    keys.into_the_page()
    keys.to(page.get_by_role("button", name="Verify now"))
    keys.press("Enter")
    page.wait_for_url("**/audit/verify/")
    latest_one = page.locator("#runs tbody tr").first
    expect(latest_one.get_by_text("Whole", exact=True)).to_be_visible(timeout=60_000)
    assert latest(portal, "audit.verify") == [""]


def test_a_stretch_of_the_histogram_is_dragged_over(arrive: Arrive, administrator: Any) -> None:
    visitor = arrive(storage_state=administrator)
    page = visitor.page
    visitor.open("/audit/")
    box = page.locator(".vp-histo svg").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2

    page.mouse.move(box["x"] + 0.05 * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], middle, steps=4)
    visitor.picture("audit-dragged")
    page.mouse.up()

    page.wait_for_url(re.compile(r"since=.*&until="))
    expect(page.get_by_label("From", exact=True)).not_to_have_value("")
    assert visitor.complaints == []
