"""Events in a real browser, with a receiver that is a real server, and what it must leave."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.portal import Portal
from tests.receiver import Received, Receiver, Reply
from tests.ui.conftest import Arrive, in_portal
from tests.ui.keys import Keys

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

# A trigger that asks, and that no other test subscribes to.
QUESTION = "vault:object-read-approval"
PATIENCE = 30_000
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{20,}")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver().running() as running:
        yield running


def trail(portal: Portal, target: str) -> list[str]:
    """The actions that were recorded of one thing, the first one first."""
    found: list[str] = in_portal(
        portal,
        f"""
        import json
        from vaultportal.audit.models import AuditEntry
        rows = AuditEntry.objects.filter(target_id={target!r}).order_by("id")
        print(json.dumps([row.action for row in rows]))
        """,
    )
    return found


def id_of(address: str) -> str:
    """The id that an address of a thing ends with."""
    return re.split("[?#]", address)[0].rstrip("/").rsplit("/", 1)[-1]


def test_a_filter_is_tried_a_test_fails_is_retried_and_completed_by_keys(
    portal: Portal, arrive: Arrive, administrator: Any, receiver: Receiver
) -> None:
    visitor = arrive(storage_state=administrator)
    page, name = visitor.page, f"night-{secrets.token_hex(4)}"
    keys = Keys(page)
    visitor.open(f"/events/triggers/{QUESTION}/")
    keys.into_the_page()
    keys.to(page.get_by_role("link", name="Subscribe", exact=True))
    keys.press("Enter")
    page.wait_for_url("**/events/subscriptions/new/*")
    keys.into_the_page()
    keys.fill("#id_name", name)
    keys.fill("#id_url", f"{receiver.url}/ask")
    keys.choose("mode", "ArrowRight")
    expect(page.get_by_label("Later, by a call")).to_be_checked()

    # The filter is checked while one types, and says where it is wrong.
    words = page.locator("#verdict-words")
    keys.fill("#id_filter", '$[?($.type == "OBJECT)]')
    expect(words).to_contain_text("Column 24: the filter lacks a closing quote.")
    keys.press("ArrowLeft")
    keys.press("ArrowLeft")
    keys.type('"')
    expect(words).to_contain_text("1 node")
    keys.choose("source", "ArrowRight")
    keys.press("ArrowRight")
    keys.fill("#payload", '{"type": "SECRET"}')
    expect(words).to_contain_text("Does not match")
    visitor.picture("events-workbench")
    visitor.check()

    keys.to(page.get_by_role("button", name="Make subscription"), "Shift+Tab")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Store the signing secret")).to_be_visible()
    assert page.get_by_text(SECRET).count() == 1
    expect(page.get_by_text(SECRET)).to_be_hidden()
    page.wait_for_load_state()
    keys.to(page.locator("summary", has_text="Reveal"))
    keys.press("Enter")
    expect(page.get_by_text(SECRET)).to_be_visible()
    keys.to(page.get_by_role("link", name="I have stored it"))
    keys.press("Enter")
    page.wait_for_url("**/events/subscriptions/*/")
    subscription = id_of(page.url)
    assert not SECRET.search(page.content())

    # The receiver is down, and up again for the next attempt: shown in place, without a reload.
    refusals = iter([Reply(503, b"overloaded")])
    receiver.answer = lambda _received: next(refusals, Reply(202))
    keys.into_the_page()
    keys.to(page.get_by_role("button", name="Test fire"))
    keys.press("Enter")
    course = page.locator("#course")
    expect(course).to_contain_text("Attempt 1 failed", timeout=PATIENCE)
    expect(course).to_contain_text("503 after")
    expect(course).to_contain_text("Waiting for its answer", timeout=PATIENCE)
    assert id_of(page.url) == subscription
    visitor.picture("events-failed")
    visitor.check()
    keys.to(course.get_by_role("link", name="Complete"))
    keys.press("Enter")
    page.wait_for_url("**/events/invocations/*/complete/")
    invocation = page.url.rstrip("/").split("/")[-2]
    complete_by_hand(keys)

    # A person answers in its place; the subscriber's own answer would be too late then.
    expect(page.get_by_text("Answered.")).to_be_visible()
    expect(course).to_contain_text("Completed")
    assert "Night shift" in page.locator("main").inner_text()
    assert visitor.complaints == []
    assert trail(portal, subscription) == ["subscription.create"]
    assert trail(portal, invocation) == ["invocation.answer"]

    page.goto(f"{portal.url}/events/subscriptions/{subscription}/")
    page.get_by_role("link", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_label("Type").fill(name)
    page.get_by_role("dialog").get_by_role("button", name="Delete subscription").click()
    expect(page.get_by_text("Subscription deleted.")).to_be_visible()
    assert trail(portal, subscription)[-1] == "subscription.delete"


def complete_by_hand(keys: Keys) -> None:
    """Fill in the answer's form, which was made of the trigger's schema."""
    keys.into_the_page()
    keys.choose("o-approved", "ArrowLeft")
    keys.fill("#id_o-comment", "Night shift")
    keys.to(keys.page.get_by_role("button", name="Complete", exact=True))
    keys.press("Enter")


def test_a_delivery_that_failed_is_retried_by_hand(
    portal: Portal, arrive: Arrive, administrator: Any, receiver: Receiver
) -> None:
    refusals = iter([Reply(503, b"", {"Retry-After": "3600"})])
    receiver.answer = lambda _received: next(refusals, Reply())
    subscription = in_portal(
        portal,
        f"""
        import json
        from triggers_app.drafts import Draft
        from triggers_app.services import subscriptions
        from vaultportal.identity import authentication
        from vaultportal.identity.models import User
        actor = authentication.user_actor(User.objects.get(username="admin@localhost").pk)
        draft = Draft(name="retried", url={receiver.url + "/in"!r}, trigger="vault:secret-updated",
            enabled=False)
        print(json.dumps(str(subscriptions.create_subscription(actor, draft).subscription.pk)))
        """,
    )
    visitor = arrive(storage_state=administrator)
    page = visitor.page
    visitor.open(f"/events/subscriptions/{subscription}/edit/")
    page.get_by_role("button", name="Fire", exact=True).click()
    course = page.locator("#course")
    expect(course).to_contain_text("Attempt 1 failed", timeout=PATIENCE)
    expect(course).to_contain_text("Attempt 2 in")

    course.get_by_role("button", name="Retry now").click()
    expect(page.locator("#course")).to_contain_text("Completed", timeout=PATIENCE)
    first, second = receiver.await_requests(2)

    def signed(request: Received) -> str:
        return request.headers["webhook-id"]

    assert signed(first) == signed(second) == id_of(page.url)
    assert json.loads(first.body)["_metadata"]["triggerId"] == "vault:secret-updated"
    page.get_by_text("Attempt 1 failed").click()
    expect(page.get_by_text("webhook-signature: ***").first).to_be_visible()
    assert trail(portal, signed(first)) == ["invocation.retry"]
    visitor.check()


def test_a_gate_is_put_with_the_keyboard_alone(
    portal: Portal, arrive: Arrive, administrator: Any
) -> None:
    visitor = arrive(storage_state=administrator)
    page, name = visitor.page, f"gate-{secrets.token_hex(4)}"
    visitor.open("/events/gates/new/")
    keys = Keys(page)
    keys.into_the_page()
    keys.fill("#id_name", name)
    keys.fill("#id_objects", "secret 01900000-0000-7000-8000-000000000000")
    keys.to(page.locator("#id_approvers"))
    keys.press("ArrowDown")
    keys.to(page.locator("#id_enabled"))
    keys.press("Space")
    visitor.picture("events-gate-keyboard")
    keys.to(page.get_by_role("button", name="Put the gate"))
    keys.press("Enter")

    expect(page.get_by_text("The gate is in place.")).to_be_visible()
    page.get_by_role("link", name=name).focus()
    keys.press("Enter")
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    gate = id_of(page.url)
    page.get_by_role("link", name="Delete", exact=True).focus()
    keys.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Delete gate").press("Enter")
    expect(page.get_by_text("Gate deleted.")).to_be_visible()
    assert trail(portal, gate) == ["gate.create", "gate.delete"]
