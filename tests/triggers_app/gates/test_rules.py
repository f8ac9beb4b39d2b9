"""Which gates stand before what, and who makes them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import F

from secrets_app.records import Written
from tests.factories import as_admin, as_member, as_stranger, make_role
from tests.secrets_app.factories import make_shared
from tests.triggers_app.gates.cast import TRIGGER, again, asked, by_people, make_gate, read
from triggers_app.gates import approvals, rules
from triggers_app.gates.rules import GateFields
from triggers_app.models import Gate
from vaultportal.errors import Forbidden, Invalid
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import IdentityEpoch, Role

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_gate_is_in_force_with_the_next_request_and_gone_with_it(
    reader: Actor, secret: Written, approvers: Role
) -> None:
    gate = by_people(approvers)
    asked(reader, secret)

    rules.delete_gate(as_admin(), gate.pk)

    assert again(reader).gated == frozenset()
    assert read(reader, secret).payload is not None


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
