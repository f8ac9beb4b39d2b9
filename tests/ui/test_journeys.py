"""Whole tasks in a real browser, with the audit entries that they must leave."""

from __future__ import annotations

import secrets
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Browser, expect
from playwright.sync_api import Error as PlaywrightError

from tests.portal import Portal, run_portal
from tests.services import TestServices
from tests.ui.browser import Visitor
from tests.ui.conftest import Arrive, in_portal

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

PASSPHRASE = "correct-horse-battery-9"


def canary() -> str:
    """A value that occurs nowhere else."""
    return f"canary-{secrets.token_hex(8)}"


def people(portal: Portal, *roles: str) -> list[str]:
    """The names of new people with the passphrase above, each in the role named; "" for none."""
    names = [f"person-{secrets.token_hex(4)}" for _ in roles]
    in_portal(
        portal,
        f"""
        from django.contrib.auth.models import Group
        from vaultportal.identity.models import Membership, Role, User
        for name, role in {list(zip(names, roles, strict=True))!r}:
            user = User.objects.create_user(name, {PASSPHRASE!r}, email=name + "@example.com")
            if role:
                group = Group.objects.get(pk=Role.objects.create(name=role).pk)
                Membership.objects.create(user=user, group=group)
        print(1)
        """,
    )
    return names


def entries(portal: Portal, target: str, action: str) -> list[Any]:
    """Reason, note and actor of what was recorded of one thing."""
    found: list[Any] = in_portal(
        portal,
        f"""
        import json
        from vaultportal.audit.models import AuditEntry
        rows = AuditEntry.objects.filter(target_id={target!r}, action={action!r}).order_by("id")
        print(json.dumps([[r.reason, r.document["note"], r.document["custom"]] for r in rows]))
        """,
    )
    return found


def store(visitor: Visitor, name: str, **fields: str) -> str:
    """Make a secret on its page; its id."""
    visitor.open("/secrets/personal/new/")
    page = visitor.page
    page.get_by_label("Name", exact=True).fill(name)
    for number, (field, value) in enumerate(fields.items()):
        page.locator(f"#name-{number}").fill(field)
        page.locator(f"#value-{number}").fill(value)
    page.get_by_role("button", name="Store secret").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    return page.url.rstrip("/").rsplit("/", 1)[-1]


_EVERYTHING = """document.documentElement.outerHTML + location.href +
    JSON.stringify(history.state) +
    [...document.querySelectorAll("input, textarea")].map(each => each.value).join() +
    [...document.querySelectorAll("template")].map(each => each.innerHTML).join() +
    JSON.stringify({...localStorage}) + JSON.stringify({...sessionStorage})"""


# One page has gone, and the next one is not there yet.
_LEAVING = ("context was destroyed", "of null (reading 'outerHTML')")


def everything_on(visitor: Visitor) -> str:
    """The whole document, form values and shadow-less templates included."""
    while True:
        try:
            text: str = visitor.page.evaluate(_EVERYTHING)
        except PlaywrightError as gone:
            # A page out of the browser's memory loads itself anew: look at what comes of it.
            if not any(sign in str(gone) for sign in _LEAVING):
                raise
            visitor.page.wait_for_load_state()
        else:
            return text


def test_from_the_first_start_to_the_first_secret(
    chromium: Browser, services: TestServices, worker_name: str
) -> None:
    with run_portal(services, f"first-{worker_name}", bootstrapped=False) as fresh:
        code = fresh.manage(
            "shell", "--no-imports", "-c",
            "from vaultportal.directory import setup; print(setup.current_code())",
        ).strip().splitlines()[-1]  # fmt: skip
        visitor = Visitor.arrive(chromium, fresh.url)
        page = visitor.page
        visitor.open("/setup")
        visitor.picture("set-up")
        visitor.check()

        page.get_by_label("Code from the server's log").fill("0000-0000-0000-0000")
        page.get_by_label("Your name").fill("Mara Lindqvist")
        page.get_by_label("E-mail address").fill("mara@example.com")
        page.get_by_label("Passphrase").fill(PASSPHRASE)
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_text("This is not the code")).to_be_visible()

        page.get_by_label("Code from the server's log").fill(code.lower())
        page.get_by_label("Passphrase").fill(PASSPHRASE)
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("heading", name="Protect your account")).to_be_visible()

        page.get_by_role("link", name="Add app").click()
        key = page.locator("#totp-key").inner_text()
        page.get_by_label("Authenticator code").fill(pyotp.TOTP(key).now())
        page.get_by_role("button", name="Add app").click()
        expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
        visitor.picture("recovery-codes")
        page.get_by_role("link", name="I have stored them").click()

        expect(page.get_by_role("heading", name="Where the portal is")).to_be_visible()
        page.get_by_role("link", name="Continue").click()
        with page.expect_download() as sheet:
            page.get_by_role("link", name="Download recovery sheet").click()
        code = sheet.value.path().read_text(encoding="utf-8").split()[-1]
        page.get_by_label("The six characters at the end of the sheet").fill(code)
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("button", name="Begin empty").click()
        page.get_by_role("link", name="Store your first secret").click()
        store(visitor, "first/secret", password="hunter-2")
        assert visitor.open("/setup/") == 404
        assert visitor.open("/admin/") == 200
        visitor.picture("administration")
        assert visitor.complaints == []
        visitor.context.close()


def test_a_reveal_is_asked_recorded_and_gone_again(
    portal: Portal, arrive: Arrive, administrator: Any
) -> None:
    visitor, value = arrive(storage_state=administrator), canary()
    page = visitor.page
    secret = store(visitor, f"reveal/{secrets.token_hex(4)}", api_key=value)
    assert value not in everything_on(visitor)

    page.get_by_role("link", name="Reveal api_key").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Incident response", exact=True).click()
    dialog.get_by_role("button", name="Reveal").click()
    expect(dialog.get_by_text("This reason needs a ticket or a note.")).to_be_visible()
    dialog.get_by_label("Ticket or note").fill("INC-2291")
    dialog.get_by_role("button", name="Reveal").click()
    expect(page.locator("[data-value]")).to_have_text(value)
    expect(page.get_by_text("Recorded as: Incident response, INC-2291")).to_be_visible()
    visitor.picture("secret-revealed")
    visitor.check()

    page.get_by_role("link", name="Hide api_key").click()
    expect(page.locator("[data-value]")).to_have_count(0)
    expect(page.locator("#dialog .vp-ask")).to_have_count(0)
    assert value not in everything_on(visitor)

    visitor.open("/")
    page.go_back()
    expect(page.get_by_role("link", name="Reveal api_key")).to_be_visible()
    assert value not in everything_on(visitor)
    assert entries(portal, secret, "secret.read") == [
        ["IncidentResponse", "INC-2291", "reveal field 1"]
    ]


def test_nothing_moves_while_a_value_is_judged(arrive: Arrive, administrator: Any) -> None:
    """The answer comes when the field is left, which is when a button is pressed."""
    visitor = arrive(storage_state=administrator)
    visitor.open("/secrets/personal/new/")
    page = visitor.page
    button = page.get_by_role("button", name="Store secret")
    before = button.bounding_box()

    page.locator("#value-0").fill("hunter-2")
    page.locator("#value-0").blur()
    expect(page.get_by_role("meter")).to_be_visible()

    assert button.bounding_box() == before


def test_a_value_hides_itself(arrive: Arrive, administrator: Any) -> None:
    visitor, value = arrive(storage_state=administrator), canary()
    page = visitor.page
    page.clock.install()
    store(visitor, f"hides/{secrets.token_hex(4)}", token=value)
    page.get_by_role("link", name="Reveal token").click()
    page.get_by_role("dialog").get_by_text("Debugging").click()
    page.get_by_role("dialog").get_by_role("button", name="Reveal").click()
    expect(page.locator("[data-value]")).to_have_text(value)

    page.get_by_role("button", name="Keep for 30 s more").click()
    page.clock.run_for(45_000)
    expect(page.locator("[data-value]")).to_have_text(value)
    page.clock.run_for(20_000)

    expect(page.locator("[data-value]")).to_have_count(0)
    assert value not in everything_on(visitor)


def test_a_copy_never_enters_the_page(portal: Portal, arrive: Arrive, administrator: Any) -> None:
    visitor, value = arrive(storage_state=administrator), canary()
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visitor.page
    secret = store(visitor, f"copy/{secrets.token_hex(4)}", token=value)
    page.get_by_role("link", name="Copy token without showing it").click()
    page.get_by_role("dialog").get_by_text("Deployment").click()
    page.get_by_role("dialog").get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied. The clipboard is cleared in 30 s.")).to_be_visible()

    assert page.evaluate("navigator.clipboard.readText()") == value
    assert value not in everything_on(visitor)
    assert entries(portal, secret, "secret.read") == [["Deployment", "", "copy field 1"]]

    page.get_by_role("button", name="Clear now").click()
    expect(page.locator("#clipboard-notice")).to_have_count(0)
    assert page.evaluate("navigator.clipboard.readText()").strip() == ""


def test_a_role_opens_a_secret_and_nobody_else_learns_of_it(
    portal: Portal, arrive: Arrive, administrator: Any
) -> None:
    owner, value, role = arrive(storage_state=administrator), canary(), f"role-{canary()}"
    member, stranger = people(portal, role, "")
    secret = store(owner, f"shared/{secrets.token_hex(4)}", token=value)
    owner.page.get_by_role("link", name="Share", exact=True).click()
    owner.page.get_by_label("Role", exact=True).select_option(role)
    owner.page.get_by_role("button", name="Continue").click()
    owner.page.get_by_role("button", name="Save access").click()
    expect(owner.page.get_by_role("rowheader", name=role)).to_be_visible()

    reader = arrive()
    reader.sign_in(member, PASSPHRASE)
    reader.open("/secrets/people/")
    reader.page.locator(f"a[href='/secrets/{secret}/']").click()
    reader.page.get_by_role("link", name="Reveal token").click()
    reader.page.get_by_role("dialog").get_by_text("Rotation").click()
    reader.page.get_by_role("dialog").get_by_role("button", name="Reveal").click()
    expect(reader.page.locator("[data-value]")).to_have_text(value)
    assert reader.open(f"/secrets/{secret}/edit/") == 403
    reader.picture("refused")

    other = arrive()
    other.sign_in(stranger, PASSPHRASE)
    assert other.open(f"/secrets/{secret}/") == 404
    hidden = other.page.locator("main").inner_text()
    assert other.open("/secrets/01900000-0000-7000-8000-000000000000/") == 404
    assert other.page.locator("main").inner_text() == hidden


def test_an_edit_keeps_what_is_left_empty(arrive: Arrive, administrator: Any) -> None:
    visitor, kept, new = arrive(storage_state=administrator), canary(), canary()
    page = visitor.page
    store(visitor, f"edit/{secrets.token_hex(4)}", stays=kept, changes="old", goes="gone")
    page.get_by_role("link", name="Edit", exact=True).click()
    expect(page.locator("#value-1")).to_be_visible()
    assert kept not in everything_on(visitor)
    page.locator("#value-1").fill(new)
    page.locator("#drop-2").check()
    page.get_by_role("button", name="Save new version").click()

    expect(page.get_by_text("Version 2")).to_be_visible()
    expect(page.get_by_role("group", name="goes, hidden")).to_have_count(0)
    for name, value in (("stays", kept), ("changes", new)):
        page.get_by_role("link", name=f"Reveal {name}").click()
        page.get_by_role("dialog").get_by_text("Debugging").click()
        page.get_by_role("dialog").get_by_role("button", name="Reveal").click()
        expect(page.locator("[data-value]", has_text=value)).to_be_visible()


def test_lines_of_a_file_become_fields(arrive: Arrive, administrator: Any) -> None:
    visitor = arrive(storage_state=administrator)
    page = visitor.page
    visitor.open("/secrets/personal/new/")
    page.get_by_label("Name", exact=True).fill(f"lines/{secrets.token_hex(4)}")
    page.get_by_text("Paste KEY=value lines").click()
    page.get_by_label("Lines").fill("# comment\nexport A=1=2\nB='two words'\n")
    page.get_by_role("button", name="Store secret").click()

    expect(page.get_by_role("group", name="A, hidden")).to_be_visible()
    expect(page.get_by_role("group", name="B, hidden")).to_be_visible()


def test_a_secret_is_kept_and_read_without_script(arrive: Arrive, administrator: Any) -> None:
    visitor, value = arrive(storage_state=administrator, java_script_enabled=False), canary()
    page = visitor.page
    store(visitor, f"plain/{secrets.token_hex(4)}", token=value)
    page.get_by_role("link", name="Reveal token").click()
    page.get_by_label("Debugging").check(force=True)
    page.get_by_role("button", name="Reveal").click()

    expect(page.locator("[data-value]")).to_have_text(value)
    page.get_by_role("link", name="Hide token").click()
    expect(page.locator("[data-value]")).to_have_count(0)


def test_a_deletion_is_asked_first(arrive: Arrive, administrator: Any) -> None:
    visitor = arrive(storage_state=administrator)
    page = visitor.page
    secret = store(visitor, f"delete/{secrets.token_hex(4)}", token="t")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("link", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("link", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete secret").click()

    expect(page.get_by_text("Secret deleted.")).to_be_visible()
    assert visitor.open(f"/secrets/{secret}/") == 404


def test_the_theme_changes_in_place_and_stays(arrive: Arrive, administrator: Any) -> None:
    visitor = arrive(storage_state=administrator)
    page, html = visitor.page, visitor.page.locator("html")
    visitor.open("/secrets/personal/new/")
    page.get_by_label("Name", exact=True).fill("typed")
    before = html.get_attribute("data-bs-theme")
    page.locator("theme-switch button").click()
    expect(html).not_to_have_attribute("data-bs-theme", before or "")
    expect(page.get_by_label("Name", exact=True)).to_have_value("typed")

    after = html.get_attribute("data-bs-theme")
    visitor.open("/me/")
    expect(html).to_have_attribute("data-bs-theme", after or "")


def test_a_session_ended_elsewhere_is_over_here(portal: Portal, arrive: Arrive) -> None:
    (name,) = people(portal, "")
    one, other = arrive(), arrive()
    for visitor in (one, other):
        visitor.sign_in(name, PASSPHRASE)
    one.open("/me/sessions/")
    one.page.get_by_role("button", name="End all others").click()
    expect(one.page.get_by_text("Session ended.")).to_be_visible()

    other.open("/me/")
    expect(other.page.get_by_role("heading", name="Sign in")).to_be_visible()
