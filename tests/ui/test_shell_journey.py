"""A session that ends while somebody works, and where a value never is."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, Route, expect
from playwright.sync_api import Error as PlaywrightError

from tests.portal import Portal
from tests.ui.browser import Visitor
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
    # What the page asks for at its beginning has come; the jump would be its time-out.
    expect(page.locator('.vp-running[hx-trigger^="every"]')).to_have_count(1)
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

    # Before a minute is over the page does not ask: what was sent comes back with a page that does.
    page.get_by_label("Name", exact=False).first.fill("Mara L.")
    end_sessions(portal, name)
    page.get_by_role("button", name="Save profile").click()
    page.get_by_label("User name or e-mail address").fill(name)
    page.get_by_label("Password").fill(PASSPHRASE)
    visitor.picture("signed-out-and-kept")
    visitor.complaints.clear()  # of the page before, into which the check above brought styles
    visitor.check()
    page.get_by_role("button", name="Sign in and go on").click()
    expect(page.get_by_text("Profile saved.")).to_be_visible()
    expect(page.get_by_role("heading", name="Mara L.")).to_be_visible()


def test_an_old_proof_is_renewed_with_a_passkey_in_place(portal: Portal, arrive: Arrive) -> None:
    (name,) = people(portal, "")
    # A passkey belongs to a name, never to an address of numbers.
    visitor, value = arrive(portal.url.replace("127.0.0.1", "localhost")), canary()
    page = visitor.page
    browser = visitor.context.new_cdp_session(page)
    browser.send("WebAuthn.enable")
    key = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
        "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    browser.send("WebAuthn.addVirtualAuthenticator", {"options": key})
    visitor.sign_in(name, PASSPHRASE)
    visitor.open("/accounts/2fa/webauthn/add/")
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    visitor.open(f"/secrets/{secret_of(portal, name, value)}/")
    age_proof(portal, visitor)
    page.get_by_role("link", name="Reveal token").click()

    dialog = page.get_by_role("dialog", name="Prove it is you")
    expect(dialog.get_by_label("Code of your authenticator app")).to_be_visible()
    visitor.picture("prove-with-a-passkey")
    visitor.check()
    dialog.get_by_role("button", name="Use a passkey or security key").click()
    page.get_by_role("dialog").get_by_text("Debugging").click()
    page.get_by_role("dialog").get_by_role("button", name="Reveal").click()
    expect(page.locator("[data-value]")).to_have_text(value)
    assert visitor.complaints == []


def age_proof(portal: Portal, visitor: Visitor) -> None:
    """As if the visitor had signed in an hour ago."""
    cookies = visitor.context.cookies()
    key = next(each["value"] for each in cookies if each["name"].endswith("session"))
    in_portal(
        portal,
        f"""
        from vaultportal.identity.sessions import SessionStore
        session = SessionStore({key!r})
        for record in session["account_authentication_methods"]:
            record["at"] -= 3600
        session.modified = True
        session.save()
        print(1)
        """,
    )


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


def test_what_is_shown_once_is_gone_with_its_page(portal: Portal, arrive: Arrive) -> None:
    (name,) = people(portal, "")
    visitor = arrive()
    page = visitor.page
    visitor.sign_in(name, PASSPHRASE)
    visitor.open("/me/keys/new/")
    page.get_by_label("Label").fill("for a script")
    with page.expect_response(lambda answer: answer.request.method == "POST") as made:
        page.get_by_role("button", name="Make the key").click()
    assert made.value.headers["cache-control"] == "no-store"
    page.get_by_text("Reveal", exact=True).click()
    key = page.locator("#once-1").inner_text()
    assert len(key) > 20 and key not in page.url
    page.get_by_role("link", name="I have stored it").click()
    expect(page.get_by_role("heading", name="API keys")).to_be_visible()
    assert key not in everything_on(visitor)

    # The page before was the answer to a form: the browser has it no more.
    with contextlib.suppress(PlaywrightError):
        page.go_back()
    assert key not in everything_on(visitor)


def test_personal_data_is_nowhere_before_it_was_asked_for_and_nowhere_after(
    portal: Portal, arrive: Arrive, administrator: Any
) -> None:
    visitor, value = arrive(storage_state=administrator), f"{canary()}@example.com"
    page = visitor.page
    place = object_of(portal, value)
    told = overhear(page, value)
    visitor.say_why("Maintenance")
    for path in (place.partition("objects/")[0], place, "/tokens/"):
        visitor.open(path)
        assert value not in everything_on(visitor)
    assert told == []

    visitor.open(place)
    page.get_by_role("link", name="Reveal email").click()
    page.get_by_role("dialog").get_by_text("Maintenance").click()
    page.get_by_role("dialog").get_by_role("button", name="Reveal").click()
    expect(page.locator("[data-value]")).to_have_text(value)
    page.keyboard.press("Shift+H")
    expect(page.locator("[data-value]")).to_have_count(0)
    assert value not in everything_on(visitor)
    visitor.open("/")
    page.go_back()
    assert value not in everything_on(visitor)
    assert told == [("POST", "no-store")]


def overhear(page: Page, value: str) -> list[tuple[str, str]]:
    """Fills with the method and the caching of each answer that holds the value."""
    told: list[tuple[str, str]] = []

    def listen(route: Route) -> None:
        if route.request.resource_type not in ("document", "fetch", "xhr"):
            route.continue_()
            return
        with contextlib.suppress(PlaywrightError):  # the page has gone elsewhere meanwhile
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


def object_of(portal: Portal, mail: str) -> str:
    """The address of a new object with that mail address, in a collection of its own."""
    made: list[str] = in_portal(
        portal,
        f"""
        import json, secrets
        from collections_app import pvschema
        from collections_app.services import adding, collections
        from collections_app.services.options import WriteOptions
        from vaultportal.identity import authentication
        from vaultportal.identity.models import User
        actor = authentication.user_actor(User.objects.get(username="admin@localhost").pk)
        name = "people_" + secrets.token_hex(4)
        collections.add_collection(actor, pvschema.parse(name + " PERSONS (email EMAIL UNIQUE);"))
        added = adding.add_object(actor, name, {{"email": {mail!r}}}, WriteOptions())
        print(json.dumps(["/collections/" + name + "/objects/" + str(added) + "/"]))
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
