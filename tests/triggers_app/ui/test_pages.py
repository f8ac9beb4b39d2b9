"""Every page of events in its states: full, empty, filtered, refused; a fixed number of queries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.factories import as_admin, make_role
from tests.triggers_app.factories import make_invocation, make_subscription
from tests.triggers_app.ui.conftest import holder_of
from triggers_app.engine import replaying
from triggers_app.gates import rules
from triggers_app.gates.rules import GateFields
from triggers_app.models import Attempt, Gate, Invocation, Pending, ReplayJob, SubscriptionHealth
from triggers_app.permissions import InvocationPermission, SubscriptionPermission
from triggers_app.ui.views import invocations as log
from vaultportal.events.models import Event

pytestmark = pytest.mark.django_db

QUESTION = "vault:secret-read-approval"
MOST_QUERIES = 24  # the frame of the page included
MORE = 9  # rows


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def make_gate(**fields: Any) -> Gate:
    given = {"name": "night", "trigger": QUESTION, "approval": "people"} | fields
    approvers = fields.get("approvers", (make_role().uuid,))
    return rules.add_gate(as_admin(), GateFields(**{**given, "approvers": approvers}))


def make_pending(**fields: Any) -> Pending:
    now = timezone.now()
    valid = {
        "trigger": QUESTION,
        "operation": "secret.read",
        "actor_id": uuid4(),
        "actor_name": "lena",
        "object_kind": "secret",
        "object_id": str(uuid4()),
        "object_name": "payroll",
        "request_digest": uuid4().bytes * 2,
        "created_at": now,
        "expires_at": now + timedelta(hours=1),
    }
    return Pending.objects.create(**{**valid, **fields})


def failed_attempt(row: Invocation, **fields: Any) -> Attempt:
    valid = {
        "invocation": row,
        "number": 1,
        "at": timezone.now(),
        "outcome": "refused",
        "url": "http://127.0.0.1:9/in",
        "request_headers": {"Authorization": "***", "webhook-id": str(row.pk)},
        "status": 503,
        "response_body": "<b>overload</b>",
        "duration_ms": 1900,
    }
    return Attempt.objects.create(**{**valid, **fields})


# -- the catalogue ------------------------------------------------------------------------------


def test_the_catalogue_groups_what_happens(admin: Client) -> None:
    make_subscription()

    page = text_of(admin.get("/events/triggers/"))

    assert page.index("PII data") < page.index("Object added") < page.index("Secret created")
    assert "1 subscriber" in page
    assert "Asks and waits" in page


def test_a_trigger_shows_its_schema_and_who_listens(admin: Client) -> None:
    row = make_subscription()

    page = text_of(admin.get("/events/triggers/vault:secret-created/"))

    assert row.name in page
    assert "date-time" in page and "required" in page
    assert admin.get("/events/triggers/vault:nothing/").status_code == 404
    assert "What is answered" in text_of(admin.get(f"/events/triggers/{QUESTION}/"))


# -- lists --------------------------------------------------------------------------------------


def test_a_subscription_says_how_it_goes(admin: Client) -> None:
    row = make_subscription(name="billing-sync")
    for number in range(4):
        made = make_invocation(
            subscription=row,
            state="completed" if number else "failed",
            due_at=None,
            completed_at=timezone.now(),
            error_message=None if number else "The subscriber answered with status 503.",
        )
        failed_attempt(
            made,
            outcome="accepted" if number else "refused",
            status=200 if number else 503,
            duration_ms=20 * number or 1900,
        )

    page = text_of(admin.get("/events/subscriptions/"))

    assert "75.0 %" in page
    assert "503 after 1.9 s" in page


def test_the_list_of_subscriptions_is_filtered_and_empty(admin: Client, stranger: Client) -> None:
    assert "Nobody is told of anything yet" in text_of(admin.get("/events/subscriptions/"))
    make_subscription(name="billing-sync")
    failing = make_subscription(name="siem", enabled=False, disabled_reason="failing")
    SubscriptionHealth.objects.filter(pk=failing.pk).update(consecutive_failures=60)

    found = text_of(admin.get("/events/subscriptions/?state=failing"))
    assert "siem" in found and "billing-sync" not in found
    assert "No subscription matches" in text_of(admin.get("/events/subscriptions/?q=zzz"))
    assert "siem" in text_of(admin.get("/events/subscriptions/?state=nonsense"))
    assert stranger.get("/events/subscriptions/").status_code == 403


def queries_of(client: Client, address: str) -> int:
    client.get(address)  # what is read once for the process
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize(
    "address",
    [
        "/events/triggers/",
        "/events/triggers/vault:secret-created/",
        "/events/subscriptions/",
        "/events/invocations/",
        "/events/gates/",
        "/access/requests/?tab=all",
    ],
)
def test_a_list_costs_the_same_however_long_it_is(admin: Client, address: str) -> None:
    role = make_role()

    def add(count: int) -> None:
        for _ in range(count):
            failed_attempt(make_invocation(subscription=make_subscription()))
            make_pending()
            make_gate(approvers=(role.uuid,), roles=(role.uuid,))

    add(1)
    few = queries_of(admin, address)
    add(MORE)

    # The frame reads some things again after a second, whatever is on the page.
    assert queries_of(admin, address) < few + MORE
    assert few <= MOST_QUERIES


def test_the_log_is_filtered_paged_and_refused(admin: Client, stranger: Client) -> None:
    assert "Nothing was delivered yet" in text_of(admin.get("/events/invocations/"))
    row = make_subscription()
    for _ in range(51):
        make_invocation(subscription=row)
    test = make_invocation(subscription=make_subscription(name="probe"), is_test=True)

    first = text_of(admin.get("/events/invocations/"))
    assert "TEST" in first and 'rel="next"' in first
    tests = text_of(admin.get("/events/invocations/?kind=test"))
    assert str(test.pk) in tests and f"<td>{row.name}</td>" not in tests
    assert "No invocation matches" in text_of(admin.get("/events/invocations/?state=failed"))
    assert admin.get("/events/invocations/?after=rubbish&hours=x").status_code == 200
    assert stranger.get("/events/invocations/").status_code == 403


# -- one delivery -------------------------------------------------------------------------------


def test_an_invocation_shows_its_course_and_no_secret(admin: Client) -> None:
    secret = str(uuid4())
    row = make_invocation(
        subscription=make_subscription(
            trigger=QUESTION, kind="REQUEST_RESPONSE", mode="ASYNC",
            authentication="BEARER_TOKEN", credential="bearer-canary",
        ),
        secret=secret, is_test=True, attempts=1, due_at=timezone.now() + timedelta(seconds=42),
        deadline=timezone.now() + timedelta(hours=1),
    )  # fmt: skip
    failed_attempt(row)

    page = text_of(admin.get(f"/events/invocations/{row.pk}/"))

    assert "Attempt 1 failed" in page and "503 after 1.9 s" in page
    assert "Attempt 2 in 4" in page
    assert "&lt;b&gt;overload" in page
    assert "$TOKEN" in page
    assert secret not in page and "bearer-canary" not in page


def test_an_open_page_asks_only_for_what_is_new(admin: Client) -> None:
    row = make_invocation(due_at=timezone.now() + timedelta(hours=1))
    url = f"/events/invocations/{row.pk}/"
    page = text_of(admin.get(url))
    asked = url + "?part=state" + page.split(f'hx-get="{url}?part=state')[1].split('"')[0]
    asked = asked.replace("&amp;", "&")

    same = admin.get(asked, headers={"HX-Request": "true"})
    failed_attempt(row)
    changed = admin.get(asked, headers={"HX-Request": "true"})

    assert same.status_code == 204
    assert changed.status_code == 200 and "Attempt 1 failed" in text_of(changed)
    Invocation.objects.filter(pk=row.pk).update(
        state="completed", due_at=None, completed_at=timezone.now()
    )
    assert "data-live" not in text_of(admin.get(asked, headers={"HX-Request": "true"}))


def test_a_page_that_was_open_for_long_looks_less_often(admin: Client) -> None:
    row = make_invocation(due_at=timezone.now() + timedelta(hours=1))
    url = f"/events/invocations/{row.pk}/"
    page = text_of(admin.get(url))
    asked = url + "?part=state" + page.split(f'hx-get="{url}?part=state')[1].split('"')[0]
    Invocation.objects.filter(pk=row.pk).update(created_at=timezone.now() - timedelta(minutes=3))

    later = text_of(admin.get(asked.replace("&amp;", "&"), headers={"HX-Request": "true"}))

    assert "every 1500ms" in page
    assert "every 5000ms" in later


def test_an_invocation_that_gates_names_the_operation(admin: Client) -> None:
    row = make_invocation(
        subscription=make_subscription(trigger=QUESTION, kind="REQUEST_RESPONSE", mode="ASYNC"),
        is_gate=True,
    )
    pending = make_pending(invocation=row)

    page = text_of(admin.get(f"/events/invocations/{row.pk}/"))

    assert "lena asks for" in page
    assert reverse("triggers:approval", args=[pending.pk]) in page


def test_unknown_things_are_not_found(admin: Client) -> None:
    for address in (
        f"/events/invocations/{uuid4()}/",
        f"/events/invocations/{uuid4()}/complete/",
        f"/events/invocations/replays/{uuid4()}/",
        f"/events/subscriptions/{uuid4()}/",
        f"/events/subscriptions/{uuid4()}/edit/",
        f"/events/gates/{uuid4()}/",
        f"/access/requests/{uuid4()}/",
    ):
        assert admin.get(address).status_code == 404, address


# -- who sees what ------------------------------------------------------------------------------


def test_who_may_only_look_finds_no_button_that_cannot_work() -> None:
    row = make_subscription(name="billing-sync")
    viewer = holder_of(SubscriptionPermission.VIEW, InvocationPermission.VIEW)

    page = text_of(viewer.get(f"/events/subscriptions/{row.pk}/"))
    for word in ("Switch off", "Test fire", "Edit", "Rotate"):
        assert word not in page, word
    for below in ("edit", "secret", "delete"):
        assert viewer.get(f"/events/subscriptions/{row.pk}/{below}/").status_code == 403
    assert viewer.get("/events/subscriptions/new/").status_code == 403
    invocation = make_invocation(subscription=row, due_at=timezone.now() + timedelta(hours=1))
    assert "Retry now" not in text_of(viewer.get(f"/events/invocations/{invocation.pk}/"))
    for below in ("retry", "replay"):
        url = f"/events/invocations/{invocation.pk}/{below}/"
        assert viewer.post(url).status_code in {403, 404}, below


def test_the_rail_shows_what_there_is(admin: Client, stranger: Client) -> None:
    links = (
        "/events/triggers/",
        "/events/subscriptions/",
        "/events/invocations/",
        "/events/gates/",
    )

    everything = text_of(admin.get("/access/requests/"))
    nothing = text_of(stranger.get("/access/requests/"))

    assert all(f'href="{link}"' in everything for link in links)
    assert not any(f'href="{link}"' in nothing for link in links)


def test_a_replay_is_asked_with_its_count_and_becomes_a_job(admin: Client) -> None:
    row = make_subscription()
    done = {"state": "failed", "due_at": None, "completed_at": timezone.now(), "error_message": "x"}
    for _ in range(3):
        make_invocation(subscription=row, **done)
    make_invocation(subscription=row, is_test=True, **done)
    make_invocation(subscription=make_subscription(), **done)

    url = f"/events/invocations/replay/?subscription={row.pk}&state=failed"
    page = text_of(admin.get(url))
    assert "Deliver 3 events once more" in page
    until = page.split('name="until" value="')[1].split('"')[0]
    answer = admin.post(url, {"until": until})

    job = ReplayJob.objects.get()
    assert answer.headers["Location"] == f"/events/invocations/replays/{job.pk}/"
    replaying.run(job.pk)
    job.refresh_from_db()
    assert (job.total, job.done, job.state) == (3, 3, "done")
    assert "3 of 3" in text_of(admin.get(answer.headers["Location"]))


@pytest.mark.parametrize("query", ["state=open", "state=queued", "state=waiting", "kind=test"])
def test_a_filter_that_no_outcome_matches_replays_nothing(admin: Client, query: str) -> None:
    done = {"state": "failed", "due_at": None, "completed_at": timezone.now(), "error_message": "x"}
    later = timezone.now() + timedelta(hours=1)
    waiting = {"state": "waiting", "due_at": None, "secret": str(uuid4()), "deadline": later}
    for fields in (done, done | {"is_test": True}, {}, waiting):
        make_invocation(**fields)
    url = f"/events/invocations/replay/?{query}"

    assert "Replay all" in text_of(admin.get("/events/invocations/"))
    assert "Replay all" not in text_of(admin.get(f"/events/invocations/?{query}"))
    page = text_of(admin.get(url))
    assert "None match" in page and "once more</button>" not in page
    assert admin.post(url).status_code == 422
    assert not ReplayJob.objects.exists()


def test_a_long_choice_is_not_counted_to_its_end(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "MOST_COUNTED", 2)
    row = make_subscription()
    for _ in range(4):
        make_invocation(
            subscription=row, state="completed", due_at=None, completed_at=timezone.now()
        )

    page = text_of(admin.get("/events/invocations/replay/"))

    assert "Deliver over 2 events once more" in page and "Deliver them once more" in page


def test_recent_events_are_for_who_may_subscribe(admin: Client) -> None:
    now = timezone.now()
    Event.objects.create(
        type="vault:secret-created", payload={"name": "payroll-canary"}, actor_id=uuid4(),
        actor_name="lena", request_id="", created_at=now,
    )  # fmt: skip
    given = {"trigger": "vault:secret-created", "source": "recent", "filter": "$.name"}

    told = text_of(admin.post("/events/subscriptions/try/", given))
    viewer = holder_of(SubscriptionPermission.VIEW)

    assert "payroll-canary" in told and "Would have fired 1 of the last one" in told
    hidden = viewer.post("/events/subscriptions/try/", given)
    assert "payroll-canary" not in text_of(hidden)
