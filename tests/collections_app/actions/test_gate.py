"""A gate before an action, in real transactions: nobody runs it before somebody has allowed it."""

from __future__ import annotations

import pytest

from collections_app.events import ACTION_APPROVAL
from collections_app.permissions import Capability
from collections_app.services.adding import add_object
from collections_app.services.invoking import invoke
from collections_app.services.options import WriteOptions
from tests.collections_app.actions.conftest import MAKE_ACTION
from tests.collections_app.actions.test_invoke import DEREF, MAKER, told
from tests.factories import actor_of, as_admin, as_member, make_person, make_policy, make_role
from triggers_app.gates import approvals, rules
from triggers_app.gates.rules import GateFields
from triggers_app.models import Pending
from vaultportal.errors import Pending as Awaited
from vaultportal.identity.actor import Actor

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_action_waits_for_its_gate(
    keeper: Actor, make_collection: MAKER, make_action: MAKE_ACTION
) -> None:
    schema = make_collection()
    made = add_object(keeper, schema.name, {"full_name": "Ida Roth"}, WriteOptions())
    name = make_action(DEREF)
    person, approvers = make_person(), make_role()
    make_role(permissions=[Capability.ACTION_INVOKER], policies=[make_policy()], members=[person])
    fields = GateFields(
        name="runs",
        trigger=ACTION_APPROVAL.id,
        approval="people",
        approvers=(approvers.uuid,),
    )
    rules.add_gate(as_admin(), fields)
    body = {"k": f"pvlt:read_object:{schema.name}:full_name:{made}:"}

    with pytest.raises(Awaited) as asked:
        invoke(actor_of(person), name, body)
    pending = Pending.objects.get(pk=str(asked.value.context["approval"]).rsplit("/", 1)[1])
    assert (pending.object_kind, pending.object_name) == ("action", name)
    assert told("action.invoke", name) == []
    approvals.decide(as_member(approvers), pending.pk, approved=True, comment="")

    assert invoke(actor_of(person), name, body) == {"k": "Ida Roth"}
    with pytest.raises(Awaited):
        invoke(actor_of(person), name, body)
    assert [each["outcome"] for each in told("action.invoke", name)] == ["success"]
