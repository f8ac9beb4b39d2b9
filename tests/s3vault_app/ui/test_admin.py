"""Plans and machines in the administration, by the services of the API."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone

from s3vault_app.models import Machine, StoragePlan, Vault, VaultRoleGrant, VaultUserGrant
from s3vault_app.permissions import VaultPermission
from s3vault_app.services import changes
from tests.factories import as_admin, as_stranger, make_person, make_role, unique
from tests.s3vault_app.ui import rig
from vaultportal.audit.models import AuditEntry
from vaultportal.errors import NotFound
from vaultportal.identity import access

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


def rights(table: type[VaultUserGrant | VaultRoleGrant], vault: Vault) -> list[str]:
    held = table.objects.filter(content_object=vault).order_by("permission__codename")
    return list(held.values_list("permission__codename", flat=True))


def test_who_may_back_up_is_given_the_use_too_and_keeps_the_other_right(console: Client) -> None:
    vault, person = rig.vault(), make_person()
    access.grant(as_admin(), person, VaultPermission.BACKUP, vault)
    form = {"thing": vault.name, "person": person.username, "right": "use_vault"}

    answer = console.post("/admin/s3vault_app/vaultusergrant/add/", form)

    assert answer.status_code == 302, answer.content.decode()
    assert rights(VaultUserGrant, vault) == ["backup_vault", "use_vault"]
    grant = VaultUserGrant.objects.get(content_object=vault, permission__codename="use_vault")
    console.post(f"/admin/s3vault_app/vaultusergrant/{grant.pk}/delete/", {"post": "yes"})
    assert rights(VaultUserGrant, vault) == ["backup_vault"]


def test_a_retired_role_keeps_nobody_from_sharing(console: Client) -> None:
    vault, old, new = rig.vault(), make_role(), make_role()
    access.grant(as_admin(), old, VaultPermission.USE, vault)
    old.deleted_at = timezone.now()
    old.save(update_fields=["deleted_at"])
    form = {"thing": vault.name, "role": new.pk, "right": "use_vault"}

    answer = console.post("/admin/s3vault_app/vaultrolegrant/add/", form)

    assert answer.status_code == 302, answer.content.decode()
    of_old = VaultRoleGrant.objects.get(content_object=vault, group_id=old.pk)
    console.post(f"/admin/s3vault_app/vaultrolegrant/{of_old.pk}/delete/", {"post": "yes"})
    assert [each.group_id for each in VaultRoleGrant.objects.filter(content_object=vault)] == [
        new.pk
    ]


def test_one_that_is_given_meanwhile_stays_and_one_that_is_taken_stays_away() -> None:
    """What is taken or given names one holder: nothing else of the list is written."""
    vault, first, second = rig.vault(), make_person(), make_person()
    changes.give_use(as_admin(), vault.number, first)
    seen_before = VaultUserGrant.objects.get(content_object=vault, user=first)
    changes.take_use(as_admin(), vault.number, first)

    changes.give_use(as_admin(), vault.number, second)

    assert not VaultUserGrant.objects.filter(pk=seen_before.pk).exists()
    assert list(VaultUserGrant.objects.filter(content_object=vault).values_list("user")) == [
        (second.pk,)
    ]
    with pytest.raises(NotFound):
        changes.take_use(as_admin(), vault.number, first)
    with pytest.raises(NotFound):
        changes.give_use(as_stranger(), vault.number, first)
    detail = AuditEntry.objects.filter(target_id=str(vault.pk)).latest("id").document["detail"]
    assert detail == {"added_owners": [second.number]}
