"""What an allowance is bound to: nothing else opens by it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from secrets_app.payload import Payload
from secrets_app.records import Ref, Written
from secrets_app.services import links, secrets, versions
from secrets_app.services.links import Terms
from tests.factories import as_admin, as_member, make_role
from tests.secrets_app.factories import make_personal, make_shared, ref
from tests.triggers_app.gates.cast import again, asked, by_people, read
from triggers_app.gates import approvals
from triggers_app.models import Pending
from vaultportal.audit.models import AuditEntry
from vaultportal.errors import Forbidden
from vaultportal.errors import Pending as Awaited
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Role

pytestmark = pytest.mark.django_db(transaction=True)


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
