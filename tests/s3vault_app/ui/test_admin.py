"""Plans and machines in the administration, by the services of the API."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from s3vault_app.models import Machine, StoragePlan
from tests.factories import unique
from tests.s3vault_app.ui import rig
from vaultportal.audit.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def console() -> Client:
    """Staff with a second factor, a moment ago."""
    user = rig.administrator()
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    Authenticator.objects.create(user=user, type=Authenticator.Type.RECOVERY_CODES, data={})
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})
    return rig.browser(user)


def test_a_machine_is_registered_with_a_key_of_the_portals_own(console: Client) -> None:
    name = unique("db")
    form = {"name": name, "host": "192.0.2.9", "port": 22, "user": "vault", "ports": "{}"}

    answer = console.post("/admin/s3vault_app/machine/add/", form)

    assert answer.status_code == 302, answer.content.decode()
    machine = Machine.objects.get(name=name)
    assert machine.public_key.startswith("ssh-ed25519 ")
    assert machine.state == Machine.State.NEW
    assert AuditEntry.objects.filter(target_id=str(machine.pk), action="s3_machine.register")
    page = console.get(f"/admin/s3vault_app/machine/{machine.pk}/change/").content.decode()
    assert "PRIVATE KEY" not in page


def test_a_plan_is_made_by_its_service(console: Client) -> None:
    name, pool = unique("plan"), rig.pool()
    form = {"name": name, "pool": pool.pk, "lock_mode": "GOVERNANCE", "retention_days": 7}
    form |= {"versioning": "on", "quota_bytes": 0, "region": "us-east-1"}

    answer = console.post("/admin/s3vault_app/storageplan/add/", form)

    assert answer.status_code == 302, answer.content.decode()
    plan = StoragePlan.objects.get(name=name)
    assert AuditEntry.objects.filter(target_id=str(plan.pk), action="s3_plan.create")
