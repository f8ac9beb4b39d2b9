"""Gates before secrets, and who meets them."""

from __future__ import annotations

from typing import Any

import pytest

from secrets_app.records import OpenSecret, Written
from secrets_app.services import secrets
from tests.factories import actor_of, as_admin, unique
from tests.secrets_app.factories import ref
from triggers_app.gates import rules
from triggers_app.gates.rules import GateFields
from triggers_app.models import Gate, Pending
from vaultportal.errors import Pending as Awaited
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Role, User

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
