"""What cannot be driven over HTTP within a test's patience: time, races, scopes, the trail."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import Q
from django.test import Client, override_settings
from django.utils import timezone

from tests.factories import (
    actor_of,
    as_admin,
    as_stranger,
    make_access_token,
    make_person,
    make_role,
    member_of,
)
from tests.triggers_app.factories import make_invocation, make_subscription
from triggers_app import selectors, wire
from triggers_app.api import rate
from triggers_app.drafts import Draft
from triggers_app.models import Invocation, Subscription, SubscriptionHealth
from triggers_app.permissions import InvocationPermission, SubscriptionPermission
from triggers_app.services import catalogue, completion, subscriptions, testing
from vaultportal.audit.models import AuditEntry
from vaultportal.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from vaultportal.identity.models import Role
from vaultportal.identity.models.role import ADMIN

pytestmark = pytest.mark.django_db

FACT = "vault:secret-created"
QUESTION = "vault:secret-read-approval"
SECRET = "5f0c9a41-d7e8-4c5b-a3a1-f2b8e6d4c790"
YES = {"approved": True, "comment": "", "approver": "lena"}


def draft(**fields: Any) -> Draft:
    valid: dict[str, Any] = {"name": "feed", "url": "https://127.0.0.1/in", "trigger": FACT}
    return Draft(**{**valid, **fields})


@pytest.fixture(autouse=True)
def _loopback(settings: Any) -> None:
    settings.TRIGGERS_EGRESS_ALLOW = ["127.0.0.0/8"]


def ask(**fields: Any) -> Invocation:
    asked = Subscription.objects.filter(trigger=QUESTION).first() or make_subscription(
        trigger=QUESTION, kind="REQUEST_RESPONSE", mode="ASYNC"
    )
    valid = {"secret": SECRET, "deadline": timezone.now() + timedelta(hours=1)}
    return make_invocation(subscription=asked, **{**valid, **fields})


def entries(action: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action=action).order_by("seq"))


# -- subscriptions ------------------------------------------------------------------------------


def test_every_change_is_in_the_trail_and_no_secret_is() -> None:
    admin = as_admin()
    made = subscriptions.create_subscription(
        admin, draft(authentication="BASIC_AUTH", user_name="vault", credential="pa55word")
    )
    key = str(made.subscription.pk)
    subscriptions.patch_subscription(
        admin, key, [{"op": "replace", "path": "/name", "value": "other"}]
    )
    subscriptions.rotate_signing_secret(admin, key)
    subscriptions.set_delivery(admin, key, {"ed25519": True})
    subscriptions.delete_subscription(admin, key)

    actions = ["create", "change", "rotate_secret", "change", "delete"]
    found = AuditEntry.objects.filter(target_id=key)
    assert sorted(each.action for each in found) == sorted(f"subscription.{a}" for a in actions)
    told = b"".join(bytes(each.body) for each in found)
    assert b"pa55word" not in told and b"whsec_" not in told


def test_whoever_makes_one_owns_it_and_others_see_nothing() -> None:
    maker = actor_of(member_of(make_person(), make_role(permissions=[SubscriptionPermission.ADD])))
    made = subscriptions.create_subscription(maker, draft()).subscription
    other = make_subscription()

    subscriptions.set_enabled(maker, str(made.pk), enabled=False)
    with pytest.raises(NotFound):
        subscriptions.delete_subscription(maker, str(other.pk))
    for attempt in (subscriptions.delete_subscription, selectors.get_subscription):
        with pytest.raises(Forbidden):
            attempt(as_stranger(), str(made.pk))
    subscriptions.delete_subscription(maker, str(made.pk))


def test_on_the_wire_the_credential_goes_along_to_another_address() -> None:
    row = make_subscription(authentication="BASIC_AUTH", user_name="vault", credential="pa55word")
    url = "https://127.0.0.2/in"

    subscriptions.patch_subscription(
        as_admin(), str(row.pk), [{"op": "replace", "path": "/httpConfig/url", "value": url}]
    )

    row.refresh_from_db()
    assert (row.url, row.credential) == (url, "pa55word")


def test_rotation_keeps_the_old_secret_for_a_while() -> None:
    admin = as_admin()
    made = subscriptions.create_subscription(admin, draft())

    rotated = subscriptions.rotate_signing_secret(admin, str(made.subscription.pk))

    row = Subscription.objects.get(pk=made.subscription.pk)
    assert (row.signing_secret, row.previous_signing_secret) == (
        rotated.signing_secret,
        made.signing_secret,
    )
    assert row.previous_until is not None
    subscriptions.rotate_signing_secret(admin, str(row.pk), timedelta())
    assert Subscription.objects.get(pk=row.pk).previous_signing_secret is None
    with pytest.raises(Invalid):
        subscriptions.rotate_signing_secret(admin, str(row.pk), timedelta(days=31))


def test_switched_on_again_it_has_no_past() -> None:
    row = make_subscription(
        enabled=False, disabled_reason="failing", disabled_at=timezone.now(),
        url="https://127.0.0.1/in",
    )  # fmt: skip
    SubscriptionHealth.objects.filter(pk=row.pk).update(circuit="open", consecutive_failures=9)

    changed = subscriptions.set_enabled(as_admin(), str(row.pk), enabled=True)

    assert (changed.disabled_reason, changed.disabled_at) == ("", None)
    health = SubscriptionHealth.objects.get(pk=row.pk)
    assert (health.circuit, health.consecutive_failures) == ("closed", 0)


def test_a_change_is_made_anew_when_others_changed_meanwhile() -> None:
    admin = as_admin()
    row = make_subscription(url="https://127.0.0.1/in")
    seen: list[str] = []

    def renamed(found: Subscription) -> Draft:
        if not seen:
            operation = {"op": "add", "path": "/description", "value": "theirs"}
            subscriptions.patch_subscription(admin, str(row.pk), [operation])
        seen.append(found.name)
        return replace(wire.read(wire.write(found)), name="mine")

    changed = subscriptions._change(admin, str(row.pk), renamed)

    assert (changed.name, changed.description, changed.version) == ("mine", "theirs", 3)
    assert len(seen) == 2


def test_fifty_subscriptions_of_a_trigger_are_enough() -> None:
    for _ in range(50):
        make_subscription()

    with pytest.raises(Invalid) as refused:
        subscriptions.create_subscription(as_admin(), draft())

    assert refused.value.reason == "trigger.limit"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_come_at_once_for_one_place_one_gets_it() -> None:
    admin = as_admin()

    def create(name: str) -> str:
        try:
            subscriptions.create_subscription(admin, draft(name=name, trigger=QUESTION))
        except Invalid as refused:
            return refused.reason
        finally:
            connection.close()
        return "made"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(create, ("a", "b"))) == ["made", "trigger.limit"]


# -- completion ---------------------------------------------------------------------------------


def test_past_its_deadline_an_invocation_is_expired_by_who_comes_first() -> None:
    row = ask(deadline=timezone.now() - timedelta(seconds=1))

    with pytest.raises(Conflict):
        completion.complete_invocation(as_stranger(), str(row.pk), SECRET, YES)

    row.refresh_from_db()
    assert (row.state, row.output, row.secret) == ("expired", None, None)
    assert row.error_message


def test_what_is_waited_for_in_the_response_has_no_secret_to_guess() -> None:
    row = ask(secret=None, deadline=None)

    with pytest.raises(Forbidden):
        completion.complete_invocation(as_stranger(), str(row.pk), "", YES)


def test_wrong_secrets_are_in_the_trail_until_there_are_too_many() -> None:
    row = ask()
    for _ in range(completion.MOST_WRONG):
        with pytest.raises(Forbidden):
            completion.complete_invocation(as_stranger(), str(row.pk), "x", YES)
    with pytest.raises(TooMany):
        completion.complete_invocation(as_stranger(), str(row.pk), "x", YES)

    assert len(entries("invocation.wrong_secret")) == completion.MOST_WRONG
    long_ago = timezone.now() - completion.WRONG_WINDOW
    Invocation.objects.filter(pk=row.pk).update(wrong_since=long_ago)
    with pytest.raises(Forbidden):
        completion.complete_invocation(as_stranger(), str(row.pk), "x", YES)
    completion.complete_invocation(as_stranger(), str(row.pk), SECRET, YES)
    assert len(entries("invocation.complete")) == 1


@pytest.mark.parametrize("value", ["a\0b", {"\0": 1}, [1e999], 2**70, "x" * 262_144])
def test_what_cannot_be_stored_is_refused(value: Any) -> None:
    row = ask()

    with pytest.raises(Invalid):
        completion.complete_invocation(as_stranger(), str(row.pk), SECRET, YES | {"more": value})
    with pytest.raises(Invalid):
        testing.start_test(as_admin(), QUESTION, content_json={"more": value})

    row.refresh_from_db()
    assert row.state == "queued"


# -- statuses -----------------------------------------------------------------------------------


def status_ids(condition: Q | None = None) -> set[UUID]:
    found = selectors.list_statuses(as_admin(), condition or Q())
    return {row.pk for row in found}


def test_statuses_reach_back_a_day_and_failures_two() -> None:
    now = timezone.now()

    def made(hours: int, state: str) -> UUID:
        at = now - timedelta(hours=hours)
        ended = {} if state == "queued" else {"due_at": None, "completed_at": at}
        message = {"error_message": "no"} if state in ("failed", "expired", "skipped") else {}
        key = UUID(int=selectors.first_id(at).int | len(shown_or_not))
        return make_invocation(
            pk=key, created_at=at, state=state, **ended, **message
        ).pk  # fmt: skip

    shown_or_not: list[UUID] = []
    for hours, state in (
        (23, "completed"), (47, "failed"), (47, "expired"), (700, "queued"),
        (25, "completed"), (49, "failed"), (1, "skipped"),
    ):  # fmt: skip
        shown_or_not.append(made(hours, state))

    assert status_ids() == set(shown_or_not[:4])


@override_settings(TRIGGERS_STATUS_ROWS=2)
def test_statuses_are_never_more_than_their_number() -> None:
    made = [make_invocation().pk for _ in range(3)]

    assert status_ids() == set(sorted(made)[1:])


def test_a_replay_is_told_as_a_real_one_and_what_people_decide_is_not_told() -> None:
    replayed = make_invocation(replay_of=UUID(int=1))
    Invocation.objects.filter(pk=make_invocation().pk).update(subscription=None)

    assert status_ids() == {replayed.pk}


# -- the edge, in process -----------------------------------------------------------------------


def admin_client(**token: Any) -> Client:
    user = member_of(make_person(), Role.objects.get(name=ADMIN))
    return Client(headers={"Authorization": f"Bearer {make_access_token(user, **token)}"})


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        (
            "sp:trigger-service-subscriptions:read",
            {"GET /triggers/v1", "GET /trigger-subscriptions/v1"},
        ),
        (
            "sp:trigger-service-subscriptions:manage",
            {"GET /triggers/v1", "GET /trigger-subscriptions/v1", "POST /trigger-subscriptions/v1"},
        ),
        ("sp:trigger-service-invocation-status:read", {"GET /trigger-invocations/v1/status"}),
        (
            "sp:trigger-service-invocation-status:manage",
            {"GET /trigger-invocations/v1/status", "POST /trigger-invocations/v1/test"},
        ),
    ],
)  # fmt: skip
def test_scopes_of_the_wire_narrow_a_token(scope: str, allowed: set[str]) -> None:
    client = admin_client(scope=scope)
    every = {
        "GET /triggers/v1",
        "GET /trigger-subscriptions/v1",
        "POST /trigger-subscriptions/v1",
        "GET /trigger-invocations/v1/status",
        "POST /trigger-invocations/v1/test",
    }

    found = set()
    for each in every:
        method, _, path = each.partition(" ")
        answer = client.generic(method, path, b"{}", "application/json")
        if answer.status_code != 403:
            found.add(each)

    assert found == allowed


def test_rights_can_be_held_apart() -> None:
    role = make_role(permissions=[InvocationPermission.VIEW])
    watcher = actor_of(member_of(make_person(), role))

    assert list(selectors.list_statuses(watcher, Q())) == []
    with pytest.raises(Forbidden):
        selectors.list_subscriptions(watcher)
    for permission, may_try in (("VIEW", False), ("ADD", True), ("CHANGE", True)):
        role = make_role(permissions=[SubscriptionPermission[permission]])
        someone = actor_of(member_of(make_person(), role))
        if may_try:
            assert catalogue.try_filter(someone, "$.name", {"name": "x"}).matches
        else:
            with pytest.raises(Forbidden):
                catalogue.try_filter(someone, "$.name", {})


@override_settings(TRIGGERS_RATE_LIMIT=2)
def test_requests_are_counted_by_client_and_release() -> None:
    client, other = admin_client(), admin_client()
    # A window may end between two requests, so there may be some more than two.
    answers = (client.get("/beta/triggers") for _ in range(100))
    refused = next(each for each in answers if each.status_code == 429)

    assert refused.json() == {"message": " Rate Limit Exceeded "}
    assert 1 <= int(refused["Retry-After"]) <= 11
    assert client.get("/v2026/triggers").status_code == 200
    assert other.get("/beta/triggers").status_code == 200


@override_settings(TRIGGERS_RATE_LIMIT=1)
def test_without_the_broker_nobody_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    rate._client.cache_clear()
    try:
        client = admin_client()
        assert {client.get("/beta/triggers").status_code for _ in range(3)} == {200}
    finally:
        rate._client.cache_clear()


@override_settings(TRIGGERS_EXPERIMENTAL_HEADER="lenient")
def test_a_lenient_site_takes_requests_without_the_header() -> None:
    client = admin_client()

    assert client.get("/v2025/triggers").status_code == 200
    wrong = client.get("/v2025/triggers", headers={"X-SailPoint-Experimental": "no"})
    assert wrong.status_code == 400


def test_a_bug_is_a_500_without_a_trace() -> None:
    client = admin_client()
    client.raise_request_exception = False
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE triggers_app_subscription RENAME COLUMN url TO gone")

    answer = client.get("/beta/trigger-subscriptions")

    assert answer.status_code == 500
    body = answer.json()
    assert body["detailCode"] == "500.0 Internal Fault"
    assert body["messages"][0]["text"] == "An internal fault occurred."
    assert body["causes"] == [] and "url" not in answer.content.decode()
