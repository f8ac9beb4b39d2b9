"""Gates at the services' door: who is asked, what is allowed, and that it counts once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from secrets_app.payload import Payload
from secrets_app.records import OpenSecret, Ref, Written
from secrets_app.services import links, secrets, versions
from secrets_app.services.links import Terms
from tests.factories import actor_of, as_admin, as_member, as_stranger, make_role, unique
from tests.secrets_app.factories import DATA, make_personal, make_shared, ref
from tests.triggers_app.factories import make_subscription
from triggers_app import settling
from triggers_app.gates import approvals, decisions, rules
from triggers_app.gates.rules import GateFields
from triggers_app.models import Gate, Invocation, Pending, Subscription
from triggers_app.permissions import SubscriptionPermission
from triggers_app.services import completion, subscriptions
from vaultportal.audit.models import AuditEntry
from vaultportal.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable, VaultError
from vaultportal.errors import Pending as Awaited
from vaultportal.events.models import Event
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import IdentityEpoch, Role, User

pytestmark = pytest.mark.django_db(transaction=True)

TRIGGER = "vault:secret-read-approval"


def make_gate(**fields: Any) -> Gate:
    return rules.add_gate(
        as_admin(), GateFields(**{"name": unique("gate"), "trigger": TRIGGER} | fields)
    )


def by_people(approvers: Role, **fields: Any) -> Gate:
    return make_gate(approval="people", approvers=(approvers.uuid,), **fields)


def again(actor: Actor) -> Actor:
    """The same actor as the next request finds them."""
    return actor_of(User.objects.get(pk=actor.user_id), reason=actor.reason)


def read(actor: Actor, made: Written) -> OpenSecret:
    return secrets.read_secret(again(actor), ref(made))


def asked(actor: Actor, made: Written) -> Pending:
    with pytest.raises(Awaited) as refusal:
        read(actor, made)
    return Pending.objects.get(pk=str(refusal.value.context["approval"]).rsplit("/", 1)[1])


@pytest.fixture
def approvers() -> Role:
    return make_role()


@pytest.fixture
def readers() -> Role:
    return make_role()


@pytest.fixture
def reader(readers: Role) -> Actor:
    return as_member(readers)


@pytest.fixture
def secret(readers: Role) -> Written:
    return make_shared(readers=(readers,))


def test_without_a_gate_nobody_is_asked(reader: Actor, secret: Written) -> None:
    assert again(reader).gated == frozenset()
    assert read(reader, secret).payload is not None
    assert not Pending.objects.exists()


def test_a_gate_is_in_force_with_the_next_request_and_gone_with_it(
    reader: Actor, secret: Written, approvers: Role
) -> None:
    gate = by_people(approvers)
    asked(reader, secret)

    rules.delete_gate(as_admin(), gate.pk)

    assert again(reader).gated == frozenset()
    assert read(reader, secret).payload is not None


def test_what_is_allowed_is_allowed_once(reader: Actor, secret: Written, approvers: Role) -> None:
    by_people(approvers)
    pending = asked(reader, secret)
    assert pending.state == "waiting"

    approver = as_member(approvers)
    approvals.decide(approver, pending.pk, approved=True, comment="go on")
    opened = read(reader, secret)

    assert opened.payload is not None
    assert opened.payload.value == DATA
    pending.refresh_from_db()
    assert (pending.state, pending.approver_id) == ("used", approver.user_id)
    used = AuditEntry.objects.get(action="gate.use")
    assert used.actor_id == reader.user_id
    assert asked(reader, secret).pk != pending.pk


def test_asking_again_is_the_same_question(reader: Actor, secret: Written, approvers: Role) -> None:
    by_people(approvers)

    assert asked(reader, secret).pk == asked(reader, secret).pk
    assert Pending.objects.count() == 1


def test_a_denial_is_told_with_its_comment_and_then_asking_is_new(
    reader: Actor, secret: Written, approvers: Role
) -> None:
    by_people(approvers)
    pending = asked(reader, secret)
    approvals.decide(as_member(approvers), pending.pk, approved=False, comment="not at night")

    with pytest.raises(Forbidden, match="not at night") as refusal:
        read(reader, secret)

    assert refusal.value.reason == "gate.denied"
    assert asked(reader, secret).pk != pending.pk


def test_nothing_of_a_refused_read_is_told_as_a_read(
    reader: Actor, secret: Written, approvers: Role
) -> None:
    by_people(approvers)
    asked(reader, secret)

    assert not Event.objects.filter(type="vault:secret-read").exists()
    assert not AuditEntry.objects.filter(action="secret.read").exists()
    assert AuditEntry.objects.get(action="gate.ask").outcome == "pending"


def test_only_approvers_decide_and_never_for_themselves(
    secret: Written, readers: Role, approvers: Role
) -> None:
    by_people(approvers)
    both = as_member(readers)
    approvers.user_set.add(User.objects.get(pk=both.user_id), through_defaults={})
    pending = asked(both, secret)

    with pytest.raises(Forbidden) as own:
        approvals.decide(again(both), pending.pk, approved=True)
    assert own.value.reason == "gate.own"
    with pytest.raises(NotFound):
        approvals.decide(as_stranger(), pending.pk, approved=True)
    with pytest.raises(Forbidden) as overseer:
        approvals.decide(as_admin(), pending.pk, approved=True)
    assert overseer.value.reason == "gate.not_approver"
    pending.refresh_from_db()
    assert pending.state == "waiting"


def test_a_gate_may_let_people_approve_their_own(
    secret: Written, readers: Role, approvers: Role
) -> None:
    by_people(approvers, may_approve_own=True)
    both = as_member(readers)
    approvers.user_set.add(User.objects.get(pk=both.user_id), through_defaults={})

    approvals.decide(again(both), asked(both, secret).pk, approved=True)

    assert read(both, secret).payload is not None


def test_the_queue_shows_what_is_mine_to_decide(
    reader: Actor, secret: Written, approvers: Role
) -> None:
    by_people(approvers)
    pending = asked(reader, secret)
    approver = as_member(approvers)

    assert list(approvals.decidable(approver)) == [pending]
    assert list(approvals.decidable(again(reader))) == []
    assert approvals.list_approvals(again(reader), mine=True) == [pending]
    assert approvals.list_approvals(as_stranger()) == []
    assert approvals.list_approvals(as_admin()) == [pending]


def test_of_many_decisions_the_first_counts(
    reader: Actor, secret: Written, approvers: Role
) -> None:
    by_people(approvers)
    pending = asked(reader, secret)
    deciders = [as_member(approvers) for _ in range(8)]
    start = Barrier(len(deciders))

    def decide(number: int) -> bool:
        start.wait(timeout=60)
        try:
            approvals.decide(deciders[number], pending.pk, approved=number % 2 == 0)
        except Conflict:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(len(deciders)) as pool:
        won = list(pool.map(decide, range(len(deciders))))

    assert sum(won) == 1
    pending.refresh_from_db()
    assert pending.approver_id == deciders[won.index(True)].user_id
    assert AuditEntry.objects.filter(action="gate.decide").count() == 1


def test_of_many_uses_one_passes(reader: Actor, secret: Written, approvers: Role) -> None:
    by_people(approvers)
    approvals.decide(as_member(approvers), asked(reader, secret).pk, approved=True)
    actor = again(reader)
    start = Barrier(8)

    def use(_number: int) -> bool:
        start.wait(timeout=60)
        try:
            return secrets.read_secret(actor, ref(secret)).payload is not None
        except VaultError:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(use, range(8))) == 1


def test_a_decision_is_for_one_person_one_secret_and_one_version(
    reader: Actor, secret: Written, readers: Role, approvers: Role
) -> None:
    owner = as_admin()
    other = make_shared(owner, readers=(readers,))
    by_people(approvers)
    approvals.decide(as_member(approvers), asked(reader, secret).pk, approved=True)

    asked(as_member(readers), secret)
    asked(reader, other)
    writer = make_role()
    newer = make_shared(owner, readers=(readers,), writers=(writer,))
    approvals.decide(as_member(approvers), asked(reader, newer).pk, approved=True)
    secrets.replace_secret(as_member(writer), ref(newer), payload=Payload.of({"k": "v2"}))
    asked(reader, newer)


def test_an_older_version_is_gated_too(reader: Actor, secret: Written, approvers: Role) -> None:
    by_people(approvers)

    with pytest.raises(Awaited):
        versions.read_version(again(reader), ref(secret), 1)


def test_a_link_gives_nothing_away_unasked(approvers: Role) -> None:
    role = make_role()
    owner = as_member(role)
    made = make_personal(owner)
    by_people(approvers)

    with pytest.raises(Awaited):
        links.make_link(again(owner), Ref.personal(owner.user_id, made.name), Terms())


def test_a_gate_names_objects_and_roles(
    reader: Actor, secret: Written, readers: Role, approvers: Role
) -> None:
    other = make_shared(readers=(readers,))
    by_people(approvers, objects=(("secret", str(secret.id)),), roles=(readers.uuid,))
    outsiders = make_role()
    unbound = make_shared(readers=(outsiders,))

    asked(reader, secret)
    assert read(reader, other).payload is not None
    assert read(as_member(outsiders), unbound).payload is not None


def test_nobody_decides_after_its_time(reader: Actor, secret: Written, approvers: Role) -> None:
    by_people(approvers)
    pending = asked(reader, secret)
    Pending.objects.filter(pk=pending.pk).update(expires_at=timezone.now())

    with pytest.raises(Conflict):
        approvals.decide(as_member(approvers), pending.pk, approved=True)
    assert decisions.expire_late(timezone.now()) == 1
    with pytest.raises(Forbidden) as refusal:
        read(reader, secret)
    assert refusal.value.reason == "gate.expired"


def test_an_allowance_is_not_used_after_its_time(
    reader: Actor, secret: Written, approvers: Role
) -> None:
    by_people(approvers, usable_for=1)
    pending = asked(reader, secret)
    approvals.decide(as_member(approvers), pending.pk, approved=True)
    Pending.objects.filter(pk=pending.pk).update(expires_at=timezone.now() - timedelta(seconds=1))

    with pytest.raises(Forbidden):
        read(reader, secret)


@pytest.mark.parametrize(
    "forgery",
    [
        {"state": "allowed"},
        {"state": "allowed", "seal": b"\x00\x00\x00\x01" + bytes(32)},
        {"state": "allowed", "seal": b""},
    ],
)
def test_a_decision_written_into_the_database_opens_nothing(
    reader: Actor, secret: Written, approvers: Role, forgery: dict[str, Any]
) -> None:
    by_people(approvers)
    pending = asked(reader, secret)
    Pending.objects.filter(pk=pending.pk).update(**forgery)

    with pytest.raises(Forbidden) as refusal:
        read(reader, secret)

    assert refusal.value.reason == "gate.tampered"
    assert AuditEntry.objects.filter(action="gate.tampered").count() == 1


def test_an_allowance_moved_to_another_row_opens_nothing(
    reader: Actor, secret: Written, readers: Role, approvers: Role
) -> None:
    by_people(approvers)
    mine = asked(reader, secret)
    approvals.decide(as_member(approvers), mine.pk, approved=True)
    mine.refresh_from_db()
    other = as_member(readers)
    theirs = asked(other, secret)
    Pending.objects.filter(pk=theirs.pk).update(
        state="allowed", seal=bytes(mine.seal or b""), expires_at=mine.expires_at
    )

    with pytest.raises(Forbidden) as refusal:
        read(other, secret)

    assert refusal.value.reason == "gate.tampered"


@pytest.fixture
def subscribed() -> Callable[..., Gate]:
    """A gate that a subscriber answers later, by a call of its own."""

    def make(**fields: Any) -> Gate:
        make_subscription(trigger=TRIGGER, kind="REQUEST_RESPONSE", mode="ASYNC", **fields)
        return make_gate()

    return make


def answered(pending: Pending, output: Any) -> None:
    assert pending.invocation_id is not None
    everything = Invocation.objects.all()
    assert settling.complete(everything, pending.invocation_id, timezone.now(), output)


def test_a_subscriber_allows_later(
    reader: Actor, secret: Written, subscribed: Callable[..., Gate]
) -> None:
    subscribed()
    pending = asked(reader, secret)
    assert pending.invocation is not None
    question = pending.invocation.input
    assert (question["id"], question["version"]) == (str(secret.id), 1)
    assert "plaintext" not in str(question)

    answered(pending, {"approved": True, "comment": "ok", "approver": "mara"})

    assert read(reader, secret).payload is not None
    pending.refresh_from_db()
    assert (pending.state, pending.approver_name) == ("used", "mara")


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ({"approved": False, "comment": "no"}, "gate.denied"),
        ({"approved": "true"}, "gate.denied"),
        ({}, "gate.denied"),
        (None, "gate.denied"),
    ],
)
def test_anything_but_a_yes_is_a_no(
    reader: Actor, secret: Written, subscribed: Callable[..., Gate], output: Any, reason: str
) -> None:
    subscribed()
    answered(asked(reader, secret), output)

    with pytest.raises(Forbidden) as refusal:
        read(reader, secret)

    assert refusal.value.reason == reason


def test_a_subscriber_may_not_let_the_one_who_asked_approve(
    reader: Actor, secret: Written, subscribed: Callable[..., Gate]
) -> None:
    subscribed()
    answered(asked(reader, secret), {"approved": True, "approver": reader.name.upper()})

    with pytest.raises(Forbidden, match="The one who asked"):
        read(reader, secret)


def test_a_delivery_that_failed_or_expired_denies(
    reader: Actor, secret: Written, subscribed: Callable[..., Gate]
) -> None:
    subscribed()
    for state, reason in (("failed", "gate.failed"), ("expired", "gate.expired")):
        pending = asked(reader, secret)
        settling.fail(
            Invocation.objects.filter(pending=pending),
            timezone.now(),
            "The subscriber did not answer.",
            state=Invocation.State(state),
        )
        with pytest.raises(Forbidden) as refusal:
            read(reader, secret)
        assert refusal.value.reason == reason


def test_without_a_subscriber_or_with_a_filter_that_lets_it_pass_nobody_is_asked(
    reader: Actor, secret: Written, subscribed: Callable[..., Gate]
) -> None:
    make_gate()
    assert read(reader, secret).payload is not None

    make_subscription(
        trigger=TRIGGER, kind="REQUEST_RESPONSE", mode="ASYNC", filter='$[?($.name == "other")]'
    )
    assert read(reader, secret).payload is not None


def test_a_subscriber_that_the_portal_switched_off_lets_nothing_pass(
    reader: Actor, secret: Written
) -> None:
    make_gate()
    fields = {"trigger": TRIGGER, "kind": "REQUEST_RESPONSE", "mode": "ASYNC", "enabled": False}
    made = make_subscription(disabled_reason="gone", disabled_at=timezone.now(), **fields)

    with pytest.raises(Unavailable):
        read(reader, secret)

    made.disabled_reason = ""
    made.save()
    assert read(reader, secret).payload is not None


def test_who_answers_for_a_gate_is_the_business_of_who_may_change_gates(
    subscribed: Callable[..., Gate],
) -> None:
    subscribed()
    subscription = Subscription.objects.get()
    role = make_role(permissions=[*SubscriptionPermission])
    keeper = as_member(role)

    with pytest.raises(Forbidden):
        subscriptions.set_enabled(keeper, str(subscription.pk), enabled=False)
    with pytest.raises(Forbidden):
        subscriptions.delete_subscription(keeper, str(subscription.pk))

    subscription.refresh_from_db()
    assert subscription.enabled


def test_the_one_who_asked_does_not_complete_the_question(
    reader: Actor, secret: Written, subscribed: Callable[..., Gate]
) -> None:
    subscribed()
    pending = asked(reader, secret)
    assert pending.invocation is not None
    answer = {"approved": True, "comment": "", "approver": "somebody"}

    with pytest.raises(Forbidden) as own:
        completion.complete_invocation(
            again(reader), str(pending.invocation_id), str(pending.invocation.secret), answer
        )

    assert own.value.reason == "gate.own"
    pending.refresh_from_db()
    assert pending.state == "waiting"


def test_a_narrowed_credential_decides_nothing(
    reader: Actor, secret: Written, approvers: Role
) -> None:
    by_people(approvers)
    pending = asked(reader, secret)
    approver = User.objects.get(pk=as_member(approvers).user_id)
    narrowed = actor_of(approver, scopes=[SubscriptionPermission.VIEW.full_name])

    assert list(approvals.decidable(narrowed)) == []
    with pytest.raises(NotFound):
        approvals.decide(narrowed, pending.pk, approved=True)


def test_an_allowance_to_read_is_none_to_make_links(approvers: Role) -> None:
    role = make_role()
    owner = as_member(role)
    made = make_personal(owner)
    by_people(approvers)
    place = Ref.personal(owner.user_id, made.name)
    approvals.decide(as_member(approvers), asked(owner, made).pk, approved=True)

    with pytest.raises(Awaited):
        links.make_link(again(owner), place, Terms(views=100))

    (question,) = approvals.decidable(as_member(approvers))
    assert question.pk != asked_for(made)[0].pk
    assert read(owner, made).payload is not None


def asked_for(made: Written) -> list[Pending]:
    return list(Pending.objects.filter(object_id=str(made.id)).order_by("pk"))


def test_where_it_is_not_known_what_is_gated_everything_asks(
    reader: Actor, secret: Written, approvers: Role
) -> None:
    assert read(reader, secret).payload is not None
    by_people(approvers)
    IdentityEpoch.objects.update(value=F("value") + 1, gated=None)

    asked(reader, secret)


def test_all_gates_that_stand_are_asked_before_any_allowance_is_used(
    reader: Actor, secret: Written, approvers: Role
) -> None:
    others = make_role()
    by_people(approvers)
    by_people(others)
    first = asked(reader, secret)
    approvals.decide(as_member(approvers), first.pk, approved=True)

    asked(reader, secret)

    first.refresh_from_db()
    assert first.state == "allowed"
    (second,) = approvals.decidable(as_member(others))
    approvals.decide(as_member(others), second.pk, approved=True)
    assert read(reader, secret).payload is not None


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"trigger": "vault:secret-created"},
        {"operations": ("object.delete",)},
        {"approval": "nobody"},
        {"approval": "people"},
        {"usable_for": 0},
        {"response_deadline": "P1Y"},
    ],
)
def test_a_gate_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        make_gate(**wrong)
    assert not Gate.objects.exists()


def test_gates_are_made_by_who_may(approvers: Role) -> None:
    with pytest.raises(Forbidden):
        rules.add_gate(as_stranger(), GateFields(name="mine", trigger=TRIGGER))
    with pytest.raises(Forbidden):
        rules.list_gates(as_stranger())
