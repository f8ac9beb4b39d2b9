"""A gate before installs: the wizard says who is awaited, and keeps the order."""

from __future__ import annotations

import pytest

from s3vault_app.models import Vault
from tests.factories import as_member, unique
from tests.s3vault_app.api.test_gate import make_gate
from tests.s3vault_app.ui import rig
from triggers_app.gates import approvals
from triggers_app.models import Pending

pytestmark = pytest.mark.django_db(transaction=True)
NEW = "/storage/vaults/new/"


def test_an_order_waits_for_a_decision_and_then_goes_through() -> None:
    client, plan, name = rig.browser(rig.administrator()), rig.plan(), unique("vault")
    store = rig.endpoint_of(plan.pool)
    approvers = make_gate(store)
    client.post(NEW, {"name": name, "plan": plan.number})
    client.post(f"{NEW}endpoints/", {"machines": [store.number]})

    waits = client.post(f"{NEW}review/", {"go": "create"})

    pending = Pending.objects.get()
    page = waits.content.decode()
    assert waits.status_code == 202
    assert "Waiting for a decision" in page
    assert f"/access/requests/{pending.pk}/" in page
    assert not Vault.objects.filter(name=name).exists()

    approvals.decide(as_member(approvers), pending.pk, approved=True)
    made = client.post(f"{NEW}review/", {"go": "create"})
    assert made["Location"] == f"/storage/jobs/{Vault.objects.get(name=name).jobs.get().pk}/"
