"""People decide: who is asked, what is allowed, and that it counts once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from secrets_app.records import Written
from secrets_app.services import secrets
from tests.factories import actor_of, as_admin, as_member, as_stranger
from tests.secrets_app.factories import DATA, ref
from tests.triggers_app.gates.cast import again, asked, by_people, read
from triggers_app.gates import approvals, decisions
from triggers_app.models import Pending
from triggers_app.permissions import SubscriptionPermission
from vaultportal.audit.models import AuditEntry
from vaultportal.errors import Conflict, Forbidden, NotFound, VaultError
from vaultportal.events.models import Event
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Role, User

pytestmark = pytest.mark.django_db(transaction=True)


def test_without_a_gate_nobody_is_asked(reader: Actor, secret: Written) -> None:
    assert again(reader).gated == frozenset()
    assert read(reader, secret).payload is not None
    assert not Pending.objects.exists()


def test_what_is_allowed_is_allowed_once(reader: Actor, secret: Written, approvers: Role) -> None:
    by_people(approvers)
    pending = asked(reader, secret)
    assert pending.state == "waiting"
    assert str(pending.details["version"]) == "1"
    assert DATA["password"] not in str(pending.details)

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
