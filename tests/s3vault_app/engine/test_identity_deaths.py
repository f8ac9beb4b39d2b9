"""Whoever tells an engine of people dies at any point of it: no pair lives that no row knows."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from botocore.exceptions import ClientError  # type: ignore[import-untyped]  # it has none
from django.db import connection
from django.utils import timezone

from s3vault_app.drivers import s3
from s3vault_app.drivers.base import Engine, Pair, Right
from s3vault_app.engine import keys
from s3vault_app.engine.proof_user import ProofUser
from s3vault_app.engine.turns import HERE, alone
from s3vault_app.identities import PROOF_USER
from s3vault_app.models import EngineIdentity, Job, StoragePool, Vault, VaultUserGrant
from s3vault_app.permissions import VaultPermission
from s3vault_app.services import keys as key_services
from tests.factories import as_admin, make_person
from tests.s3vault_app.engine import children
from tests.s3vault_app.engine.lab import Lab, pair_of
from tests.s3vault_app.engine.site import Site
from vaultportal.identity import access
from vaultportal.identity.models import User

pytestmark = pytest.mark.xdist_group("s3")
MOST_REQUESTS = 30


@pytest.fixture
def told(site: Site, ground: Path, transactional_db: None) -> Lab:
    """Rows that another process sees, of the session's engine."""
    return site.rows(ground)


@pytest.fixture
def vault(told: Lab) -> Vault:
    """It stands, with nobody in it."""
    return told.installed().vault


def test_a_death_while_telling_leaves_no_pair_that_no_row_knows(vault: Vault, site: Site) -> None:
    for request in range(1, MOST_REQUESTS):
        owner = _owner(vault)
        if not _dies(request, partial(keys.sync, [owner.pk])):
            break
        [row] = EngineIdentity.objects.filter(user=owner)
        assert row.state == EngineIdentity.State.PENDING
        pair = pair_of(owner)
        if request % 2:
            VaultUserGrant.objects.filter(user=owner).delete()
        assert keys.sync() == 0

        assert _gets_in(site, vault, pair) == [not request % 2] * 2, request
        assert (row.name in _names(site)) is not request % 2
    assert request > 4
    assert not EngineIdentity.objects.exclude(state=EngineIdentity.State.APPLIED).exists()


def test_a_death_while_withdrawing_is_made_good_whatever_is_wanted_then(
    vault: Vault, site: Site
) -> None:
    owner = _owner(vault)
    pair = pair_of(owner)
    for request in range(1, MOST_REQUESTS):
        keys.sync()
        assert _gets_in(site, vault, pair) == [True, True]
        VaultUserGrant.objects.filter(user=owner).delete()
        if not _dies(request, keys.sync):
            break
        if request % 2:
            keys.sync()
            assert _gets_in(site, vault, pair) == [False, False]
            assert not EngineIdentity.objects.filter(user=owner).exists()
        access.grant(as_admin(), owner, VaultPermission.USE, vault)
    assert request > 3
    assert _gets_in(site, vault, pair) == [False, False]
    assert not EngineIdentity.objects.filter(user=owner).exists()


def test_the_user_of_a_proof_that_died_is_withdrawn(told: Lab, vault: Vault, site: Site) -> None:
    pair = Pair("VPP" + "A" * 16, "s" * 40)
    rights: dict[str, Right] = {vault.name: "backup"}
    for request in range(1, MOST_REQUESTS):
        if not _dies(request, partial(_prove, site.engine, told.pool, pair, rights)):
            break
        job = Job.objects.create(type=Job.Type.VERIFY, vault=vault, pool=told.pool)
        Job.objects.filter(pk=job.pk).update(
            state=Job.State.RUNNING, lease_until=timezone.now() + timedelta(minutes=1)
        )
        keys.sync()
        assert EngineIdentity.objects.filter(name=PROOF_USER).exists(), "a job may be at its proof"

        job.delete()
        keys.sync()

        assert not EngineIdentity.objects.filter(name=PROOF_USER).exists()
        assert PROOF_USER not in _names(site)
        assert _gets_in(site, vault, pair) == [False, False]
    assert request > 4
    ProofUser(site.engine, told.pool, HERE).forget()


def test_who_tells_an_engine_at_the_same_time_loses_nothing(vault: Vault, site: Site) -> None:
    """The engine itself loses one of two changes of its identities that are made at once."""
    owners = [_owner(vault) for _ in range(9)]
    turns = [[user.pk for user in owners[start::3]] for start in range(3)]

    workers = [children.begin(partial(keys.sync, each)) for each in turns]

    assert [children.end_of(worker) for worker in workers] == [0, 0, 0]
    for owner in owners:
        assert _gets_in(site, vault, pair_of(owner)) == [True, True]


def test_who_is_not_patient_leaves_it_to_the_next(told: Lab, vault: Vault, site: Site) -> None:
    owner, held, over = _owner(vault), threading.Event(), threading.Event()

    def hold() -> None:
        with alone(told.pool):
            held.set()
            over.wait(60)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(60)
    assert keys.sync([owner.pk], patient=False) == 1
    assert not EngineIdentity.objects.filter(user=owner).exists()
    over.set()
    holder.join()

    assert keys.sync([owner.pk], patient=False) == 0
    assert _gets_in(site, vault, pair_of(owner)) == [True, True]


def _owner(vault: Vault) -> User:
    """Somebody with the vault's data and a pair, of whom the engine has not heard."""
    owner = make_person()
    access.grant(as_admin(), owner, VaultPermission.USE, vault)
    key_services.ensure_pairs([owner.pk])
    return owner


def _gets_in(site: Site, vault: Vault, pair: Pair) -> list[bool]:
    """Whether the pair opens the vault, at each endpoint."""
    found = []
    for door in site.doors:
        try:
            s3.s3(door, pair, attempts=1).list_objects_v2(Bucket=vault.name)
        except ClientError as fault:
            assert s3.status_of(fault) == 403
            found.append(False)
        else:
            found.append(True)
    return found


def _names(site: Site) -> set[str]:
    listed = s3.iam(site.doors[0], site.engine.admin).list_users()
    return {user["UserName"] for user in listed["Users"]}


def _dies(request: int, act: Callable[[], object]) -> bool:
    """Do it in a process that is killed before its n-th request to the engine; whether it was."""
    ended = children.end_of(children.begin(partial(_until_killed, request, act)))
    assert ended in (0, -signal.SIGKILL)
    return ended != 0


def _until_killed(request: int, act: Callable[[], object]) -> None:
    seen = 0

    def look(event: str, arguments: object) -> None:
        nonlocal seen
        if event == "http.client.send":
            seen += 1
            if seen == request:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)
    act()


def _prove(engine: Engine, pool: StoragePool, pair: Pair, rights: dict[str, Right]) -> None:
    ProofUser(engine, pool, HERE).give(pair, rights)
