"""Two endpoints of one vault that are removed at once: one of them stays."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from s3vault_app.models import Endpoint, Machine, Vault
from s3vault_app.services import changes
from tests.factories import actor_of, as_admin, as_stranger, make_person
from tests.s3vault_app.ui import rig
from vaultportal.errors import Conflict, Forbidden, NotFound

PATIENCE = 60.0


def _vault() -> tuple[Vault, list[Machine]]:
    on = rig.plan()
    machines = [rig.endpoint_of(on.pool), rig.endpoint_of(on.pool, role="gateway")]
    return rig.vault(on, *machines), machines


@pytest.mark.django_db(transaction=True)
def test_of_two_removals_at_once_the_later_sees_the_other() -> None:
    vault, machines = _vault()
    admin = as_admin()

    def remove(machine: Machine) -> str:
        try:
            changes.remove_endpoint(admin, vault.number, machine.number)
        except Conflict as refusal:
            return refusal.message
        finally:
            connection.close()
        return "removed"

    with ThreadPoolExecutor(2) as threads:
        with transaction.atomic():
            Vault.objects.select_for_update().get(pk=vault.pk)
            told = [threads.submit(remove, machine) for machine in machines]
            _await_waiting(2)
        results = sorted(each.result(timeout=30) for each in told)

    assert [each.split(".")[0] for each in results] == [
        "It is the only endpoint of the vault",
        "removed",
    ]
    states = vault.endpoints.order_by("state").values_list("state", flat=True)
    assert list(states) == [Endpoint.State.ONLINE, Endpoint.State.REMOVING]


@pytest.mark.django_db
def test_what_was_removed_is_not_removed_again() -> None:
    vault, machines = _vault()
    changes.remove_endpoint(as_admin(), vault.number, machines[1].number)

    for number in (machines[1].number, 2**31 - 1):
        with pytest.raises(NotFound):
            changes.remove_endpoint(as_admin(), vault.number, number)
    assert vault.jobs.count() == 1


@pytest.mark.django_db
def test_who_may_not_change_a_vault_removes_nothing() -> None:
    vault, machines = _vault()
    user = rig.give(make_person(), vault)

    for actor, refusal in ((as_stranger(), NotFound), (actor_of(user), Forbidden)):
        with pytest.raises(refusal):
            changes.remove_endpoint(actor, vault.number, machines[1].number)
    assert not vault.jobs.exists()


def _await_waiting(count: int) -> None:
    """So many sessions of this database wait for a lock."""
    waits = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    deadline = time.monotonic() + PATIENCE
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            # Else a transaction goes on seeing what its first look found.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(waits)
            if (cursor.fetchone() or (0,))[0] >= count:
                return
    raise AssertionError(f"{count} sessions do not wait")
