"""Answering, hurrying and delivering once more; gates and the queue of approvals."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import actor_of, as_admin, make_person, make_role, member_of
from tests.triggers_app.factories import make_invocation, make_subscription
from tests.triggers_app.ui.conftest import holder_of, signed_in
from triggers_app.gates import rules
from triggers_app.gates.rules import GateFields
from triggers_app.models import Gate, Invocation, Pending, SubscriptionHealth
from triggers_app.permissions import GatePermission, InvocationPermission
from triggers_app.services import delivering
from triggers_app.ui.views.approvals import DecisionForm
from vaultportal.audit.models import AuditEntry
from vaultportal.errors import Conflict, Forbidden, Invalid, NotFound
from vaultportal.identity.models import User

pytestmark = pytest.mark.django_db

QUESTION = "vault:secret-read-approval"
YES = {"approved": True, "comment": "on call", "approver": "somebody"}


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def asked(**fields: Any) -> Invocation:
    subscription = make_subscription(trigger=QUESTION, kind="REQUEST_RESPONSE", mode="ASYNC")
    later = timezone.now() + timedelta(hours=1)
    valid = {"state": "waiting", "due_at": None, "secret": str(uuid4()), "deadline": later}
    return make_invocation(subscription=subscription, **{**valid, **fields})


def gated(row: Invocation, asker: User, gate: Gate) -> Pending:
    now = timezone.now()
    return Pending.objects.create(
        gate=gate, invocation=row, trigger=QUESTION, operation="secret.read", actor_id=asker.pk,
        actor_name=asker.username, object_kind="secret", object_id=str(uuid4()),
        object_name="payroll", request_digest=uuid4().bytes * 2, created_at=now,
        expires_at=now + timedelta(hours=1),
    )  # fmt: skip


def gate(**fields: Any) -> Gate:
    valid: dict[str, Any] = {"name": "night", "trigger": QUESTION}
    return rules.add_gate(as_admin(), GateFields(**{**valid, **fields}))


# -- answering ----------------------------------------------------------------------------------


def test_a_test_is_completed_by_the_form_of_its_schema(admin: Client) -> None:
    row = asked(is_test=True)
    url = f"/events/invocations/{row.pk}/complete/"
    assert "Approved" in text_of(admin.get(url))

    given = {"o-approved": "true", "o-comment": "on call", "o-approver": "lena"}
    assert admin.post(url, given).status_code == 302

    row.refresh_from_db()
    assert row.output == {"approved": True, "comment": "on call", "approver": "lena"}
    entry = AuditEntry.objects.get(target_id=str(row.pk), action="invocation.answer")
    assert entry.document["detail"]["failed"] is False
    assert "outcome already" in text_of(admin.post(url, given, follow=True))


def test_it_is_failed_with_a_reason(admin: Client) -> None:
    row = asked(is_test=True)
    url = f"/events/invocations/{row.pk}/complete/"

    assert admin.post(url, {"fail": "1"}).status_code == 422
    assert admin.post(url, {"fail": "1", "error": "Nobody is there."}).status_code == 302

    row.refresh_from_db()
    assert (row.state, row.error_message) == ("failed", "Nobody is there.")


def test_an_answer_to_a_gate_bears_the_name_of_who_gave_it() -> None:
    asker, decider = make_person(), make_person()
    member_of(decider, make_role(permissions=[GatePermission.CHANGE]))
    row = asked(is_gate=True)
    pending = gated(row, asker, gate())

    delivering.answer(actor_of(decider), row.pk, YES)

    row.refresh_from_db()
    pending.refresh_from_db()
    assert row.output is not None and row.output["approver"] == decider.username
    assert (pending.state, pending.approver_name) == ("allowed", decider.username)


def test_who_asked_does_not_answer_and_who_tests_decides_no_gate() -> None:
    asker = member_of(make_person(), make_role(permissions=[GatePermission.CHANGE]))
    tester = member_of(make_person(), make_role(permissions=[InvocationPermission.TEST]))
    row = asked(is_gate=True)
    gated(row, asker, gate())

    for person in (asker, tester):
        with pytest.raises(Forbidden):
            delivering.answer(actor_of(person), row.pk, YES)
    row.refresh_from_db()
    assert row.state == "waiting"


def test_an_answer_must_fit_and_come_in_time() -> None:
    admin = as_admin()
    open_row, late = asked(is_test=True), make_invocation()
    with pytest.raises(Invalid):
        delivering.answer(admin, open_row.pk, {"comment": "no decision"})
    with pytest.raises(Conflict):
        delivering.answer(admin, late.pk, YES)
    with pytest.raises(NotFound):
        delivering.answer(admin, uuid4(), YES)
    Invocation.objects.filter(pk=open_row.pk).update(deadline=timezone.now() - timedelta(seconds=1))
    with pytest.raises(Conflict):
        delivering.answer(admin, open_row.pk, YES)


# -- hurrying -----------------------------------------------------------------------------------


def test_the_next_attempt_is_made_at_once_and_ends_a_pause(admin: Client) -> None:
    row = make_invocation(attempts=2, due_at=timezone.now() + timedelta(hours=2))
    paused = SubscriptionHealth.objects.filter(pk=row.subscription_id)
    paused.update(circuit="open", open_until=timezone.now() + timedelta(minutes=5))

    assert "Retry now" in text_of(admin.get(f"/events/invocations/{row.pk}/"))
    assert admin.post(f"/events/invocations/{row.pk}/retry/").status_code == 302

    row.refresh_from_db()
    until = paused.get().open_until
    assert row.due_at is not None and row.due_at <= timezone.now()
    assert until is not None and until <= timezone.now()
    assert AuditEntry.objects.filter(target_id=str(row.pk), action="invocation.retry").exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "completed", "due_at": None, "completed_at": timezone.now()},
        {"lease_until": timezone.now() + timedelta(minutes=5)},
        {"kind": "REQUEST_RESPONSE", "attempts": 1},
    ],
    ids=["over", "being sent", "asked once"],
)
def test_what_cannot_be_hurried_stays_as_it_is(admin: Client, fields: dict[str, Any]) -> None:
    row = make_invocation(**fields)

    answer = admin.post(f"/events/invocations/{row.pk}/retry/", follow=True)

    assert "There is no attempt to hurry" in text_of(answer)


def test_what_waits_for_a_subscription_that_is_off_is_not_hurried(admin: Client) -> None:
    row = make_invocation(subscription=make_subscription(enabled=False))

    with pytest.raises(Conflict):
        delivering.retry_now(as_admin(), row.pk)


def test_it_is_delivered_once_more_as_a_new_invocation(admin: Client) -> None:
    done = {"state": "completed", "due_at": None, "completed_at": timezone.now()}
    row = make_invocation(**done)

    answer = admin.post(f"/events/invocations/{row.pk}/replay/")

    made = Invocation.objects.get(replay_of=row.pk)
    assert answer.headers["Location"] == f"/events/invocations/{made.pk}/"
    assert str(row.pk) in text_of(admin.get(answer.headers["Location"]))
    open_row = make_invocation()
    refused = admin.post(f"/events/invocations/{open_row.pk}/replay/", follow=True)
    assert "cannot be delivered once more" in text_of(refused)


# -- gates --------------------------------------------------------------------------------------


def form(**fields: Any) -> dict[str, Any]:
    valid = {
        "name": "night",
        "trigger": QUESTION,
        "objects": "",
        "approval": "people",
        "deadline": "20 min",
        "usable": "15 min",
        "enabled": "on",
    }
    return {**valid, **fields}


def test_a_gate_is_put_changed_and_taken_away(admin: Client) -> None:
    role = make_role()
    assert "Nothing is asked first" in text_of(admin.get("/events/gates/"))

    wanted = form(approvers=[str(role.uuid)], objects=f"secret {uuid4()}\n\nsecret  other")
    assert admin.post("/events/gates/new/", wanted).status_code == 302
    put = Gate.objects.get()
    assert (put.response_deadline, put.usable_for) == ("PT20M", 900)
    assert put.objects_behind.count() == 2
    listed = text_of(admin.get("/events/gates/"))
    assert "2 objects" in listed and role.name in listed and "20 min" in listed

    url = f"/events/gates/{put.pk}/"
    assert role.name in text_of(admin.get(url))
    stale = admin.post(url, form(approvers=[str(role.uuid)], version=put.version + 1))
    assert stale.status_code == 409
    changed = form(approval="subscriber", version=put.version, enabled="")
    assert admin.post(url, changed).status_code == 302
    put.refresh_from_db()
    assert (put.approval, put.enabled) == ("subscriber", False)
    assert "nobody subscribes" in text_of(admin.get("/events/gates/"))

    assert admin.post(f"{url}delete/").status_code == 302
    kept = AuditEntry.objects.filter(target_id=str(put.pk)).order_by("id")
    assert [each.action for each in kept] == ["gate.create", "gate.change", "gate.delete"]


def test_a_gate_that_somebody_else_changed_shows_both_and_can_be_saved(admin: Client) -> None:
    ours, theirs = make_role(), make_role()
    put = gate(approval="people", approvers=(ours.uuid,))
    url, read = f"/events/gates/{put.pk}/", put.version
    changed = GateFields(
        name="day", trigger=QUESTION, approval="people", approvers=(ours.uuid, theirs.uuid)
    )
    rules.change_gate(as_admin(), put.pk, changed)
    mine = form(approvers=[str(ours.uuid)], deadline="5 min", version=read)

    stale = admin.post(url, mine)

    page, now = text_of(stale), Gate.objects.get().version
    assert stale.status_code == 409
    assert "<del>Name: day</del>" in page and "<ins>Name: night</ins>" in page
    assert f"<del>  {theirs.name}</del>" in page
    assert "<del>Time to decide: 1 h</del>" in page and "<ins>Time to decide: 5 min</ins>" in page
    assert f'name="version" value="{now}"' in page and 'value="5 min"' in page
    assert admin.post(url, mine | {"version": now}).status_code == 302
    put.refresh_from_db()
    assert (put.name, put.response_deadline) == ("night", "PT5M")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "It is required when people decide."),
        ({"approvers": [str(uuid4())]}, "Select a valid choice"),
        ({"objects": "secret"}, "Each line is a kind, a blank and an id."),
        ({"trigger": "vault:secret-created"}, "Select a valid choice"),
        ({"usable": "2 d"}, "from 1 s to 1 d"),
    ],
)
def test_a_gate_that_is_wrong_is_not_put(admin: Client, fields: dict[str, Any], said: str) -> None:
    answer = admin.post("/events/gates/new/", form(**fields))

    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not Gate.objects.exists()


def test_who_may_only_look_at_gates_changes_none(stranger: Client) -> None:
    row = gate()
    viewer = holder_of(GatePermission.VIEW)

    assert "disabled" in text_of(viewer.get(f"/events/gates/{row.pk}/"))
    assert viewer.post(f"/events/gates/{row.pk}/", form()).status_code == 403
    assert viewer.post(f"/events/gates/{row.pk}/delete/").status_code == 403
    assert viewer.get("/events/gates/new/").status_code == 403
    assert stranger.get("/events/gates/").status_code == 403


# -- approvals ----------------------------------------------------------------------------------


def test_the_queue_is_for_who_decides_and_asks_for_itself_again() -> None:
    role, asker, decider = make_role(), make_person(), make_person()
    row = gate(approval="people", approvers=(role.uuid,))
    pending = gated(asked(is_gate=True), asker, row)
    browser = signed_in(member_of(decider, role))

    page = text_of(browser.get("/access/requests/"))
    assert "payroll" in page and asker.username in page and "data-live" in page
    version = page.split("part=rows&amp;v=")[1].split('"')[0]
    url = f"/access/requests/?part=rows&v={version}"
    assert browser.get(url, headers={"HX-Request": "true"}).status_code == 204

    one = f"/access/requests/{pending.pk}/"
    Pending.objects.filter(pk=pending.pk).update(details={"machines": ["db-03"], "path": "<b>"})
    shown = text_of(browser.get(one))
    assert "Allow once" in shown
    assert "db-03" in shown and "&lt;b&gt;" in shown
    assert browser.post(one, {"decision": "allow", "comment": "fine"}).status_code == 302
    pending.refresh_from_db()
    assert (pending.state, pending.comment) == ("allowed", "fine")
    assert browser.get(url, headers={"HX-Request": "true"}).status_code == 200
    assert "decided" in text_of(browser.post(one, {"decision": "deny"}, follow=True))


def test_who_asked_watches_and_has_no_buttons() -> None:
    role, asker = make_role(), make_person()
    row = gate(approval="people", approvers=(role.uuid,))
    pending = gated(asked(is_gate=True), member_of(asker, role), row)
    browser = signed_in(asker)

    page = text_of(browser.get(f"/access/requests/{pending.pk}/"))
    assert "You asked." in page and "Allow once" not in page and row.name in page
    assert browser.post(f"/access/requests/{pending.pk}/", {"decision": "allow"}).status_code == 403
    assert "payroll" in text_of(browser.get("/access/requests/?tab=mine"))
    empty = browser.get("/access/requests/?tab=mine&state=denied")
    assert "No question is in this state" in text_of(empty)


@pytest.mark.parametrize("given", [{"decision": "perhaps"}, {}], ids=["another word", "none"])
def test_what_is_no_decision_decides_nothing(given: dict[str, str]) -> None:
    role = make_role()
    put = gate(approval="people", approvers=(role.uuid,))
    pending = gated(asked(is_gate=True), make_person(), put)
    browser = signed_in(member_of(make_person(), role))
    url = f"/access/requests/{pending.pk}/"

    answer = browser.post(url, given)

    assert answer.status_code == 422
    assert "Choose to allow or to deny." in text_of(answer)
    assert browser.post(url, {"decision": "allow", "comment": "a\0b"}).status_code in (400, 422)
    assert "comment" in DecisionForm({"decision": "allow", "comment": "a\0b"}).errors
    pending.refresh_from_db()
    assert pending.state == "waiting"
