"""What the tables themselves hold to, whoever writes them."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from s3vault_app.builtin import ensure_builtin
from s3vault_app.models import KeyPair, Machine, StoragePlan, Vault
from tests.factories import make_person, unique

pytestmark = pytest.mark.django_db


def plan() -> StoragePlan:
    return StoragePlan.objects.select_related("pool").get(name="standard")


def make_vault(**fields: object) -> Vault:
    chosen = plan()
    valid = {"name": unique("v"), "plan": chosen, "pool": chosen.pool}
    return Vault.objects.create(**{**valid, **fields})


def test_a_new_portal_has_a_machine_and_a_plan_once() -> None:
    ensure_builtin()

    assert list(Machine.objects.values_list("name", "kind", "state")) == [
        ("localhost", "local", "ready")
    ]
    assert plan().pool.name == "local"


def test_vaults_and_machines_draw_their_numbers_from_one_sequence() -> None:
    first = make_vault()
    machine = Machine.objects.create(name=unique("m"), host="192.0.2.1")
    second = make_vault()

    assert first.number < machine.number < second.number


def test_a_name_is_free_again_when_its_vault_is_gone() -> None:
    vault = make_vault(name="ledger")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_vault(name="ledger")
    vault.state, vault.deleted_at = Vault.State.DELETED, vault.created_at
    vault.save()

    assert make_vault(name="ledger").number != vault.number


def test_a_user_has_one_active_pair_for_all_vaults_and_one_for_each() -> None:
    user, vault = make_person(), make_vault()
    for where in (None, vault):
        KeyPair.objects.create(user=user, vault=where, access_key_id=unique("A"), secret="s")
        with pytest.raises(IntegrityError), transaction.atomic():
            KeyPair.objects.create(user=user, vault=where, access_key_id=unique("A"), secret="s")

    assert KeyPair.objects.working().filter(user=user).count() == 2
