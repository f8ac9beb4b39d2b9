"""A gate before endpoints are installed."""

from __future__ import annotations

import pytest

from s3vault_app.models import Job, Machine, Vault
from tests.factories import as_admin, as_member, make_role, unique
from tests.s3vault_app.api.rig import administrator, machine, order
from triggers_app.gates import approvals, rules
from triggers_app.gates.rules import GateFields
from triggers_app.models import Pending
from vaultportal.identity.models import Role

pytestmark = pytest.mark.django_db(transaction=True)


def make_gate(gated: Machine) -> Role:
    """A gate before installs on one machine; the role that decides."""
    approvers = make_role()
    rules.add_gate(
        as_admin(),
        GateFields(
            name=unique("gate"),
            trigger="vault:endpoint-install-approval",
            objects=(("machine", str(gated.number)),),
            approval="people",
            approvers=(approvers.uuid,),
        ),
    )
    return approvers


def test_machines_are_touched_only_when_somebody_allows_it() -> None:
    admin, gated, free = administrator(), machine(), machine()
    approvers = make_gate(gated)
    body = order(cvs3Endpoints=[{"clientId": gated.number}])

    status, answer = admin("POST", "V4/CVS3Store", body)

    assert (status, answer["errorCode"]) == (403, 5)
    assert not Vault.objects.exists()
    assert not Job.objects.exists()
    assert admin("POST", "V4/CVS3Store", order(cvs3Endpoints=[{"clientId": free.number}]))[0] == 200
    pending = Pending.objects.get()
    assert pending.operation == "endpoint.install"
    approvals.decide(as_member(approvers), pending.pk, approved=True)
    assert admin("POST", "V4/CVS3Store", body)[0] == 200
    assert Vault.objects.filter(name=body["bucket"]["clientName"]).exists()


def test_a_machine_that_nobody_names_is_gated_all_the_same() -> None:
    admin = administrator()
    make_gate(Machine.objects.get(name="localhost"))

    assert admin("POST", "V4/CVS3Store", order())[0] == 403
    assert not Job.objects.exists()


def test_a_machine_that_joins_later_is_gated_too() -> None:
    admin, first, joining = administrator(), machine(), machine()
    made = admin("POST", "V4/CVS3Store", order(cvs3Endpoints=[{"clientId": first.number}]))[1]
    number = made["response"]["entity"]["clientId"]
    make_gate(joining)
    both = {"cvs3Endpoints": [{"clientId": first.number}, {"clientId": joining.number}]}

    assert admin("PUT", f"V4/CVS3Store/{number}", both)[0] == 403

    assert Vault.objects.get(number=number).endpoints.count() == 1
