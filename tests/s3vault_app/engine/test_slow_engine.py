"""An engine that takes longer than a lease lasts: the job stays its worker's, and clears up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from s3vault_app.drivers import s3
from s3vault_app.drivers.base import Pair
from s3vault_app.engine import jobs
from s3vault_app.engine.board import Board, Stop, Stopped
from s3vault_app.engine.lease import Lease
from s3vault_app.engine.proof_user import ProofUser
from s3vault_app.engine.turns import HERE, alone, give_back
from s3vault_app.identities import PROOF_USER
from s3vault_app.models import EngineIdentity, Job, Machine, StoragePool
from tests.factories import make_person
from tests.s3vault_app.engine.gate import Gate, gate_before
from tests.s3vault_app.engine.lab import Lab, story
from tests.s3vault_app.engine.site import Site

pytestmark = pytest.mark.xdist_group("s3")
LEASE_SECONDS = 5.0
PATIENCE = 90.0


@pytest.fixture
def told(site: Site, ground: Path, transactional_db: None) -> Lab:
    """Rows that another thread sees, of the session's engine."""
    return site.rows(ground)


@pytest.fixture
def gate(told: Lab, site: Site) -> Iterator[Gate]:
    """The way to the store, which the pool takes from now on."""
    node = site.nodes[0]
    with gate_before(node.address, node.ports["s3"]) as made:
        url = f"https://{node.address}:{made.port}"
        Machine.objects.filter(pool=told.pool, role=Machine.Role.STORE).update(url=url)
        yield made


def test_an_engine_that_is_slow_at_a_proof_costs_nobody_the_job(
    told: Lab, gate: Gate, site: Site, settings: Any
) -> None:
    vault = told.installed().vault
    settings.S3VAULT_LEASE_SECONDS = LEASE_SECONDS
    for asked, state in (("", Job.State.COMPLETED), ("kill_asked_at", Job.State.KILLED)):
        job = Job.objects.create(type=Job.Type.VERIFY, vault=vault, pool=told.pool)
        gate.shut()
        with _worker(job):
            _until(EngineIdentity.objects.filter(name=PROOF_USER).exists, job)
            if asked:
                Job.objects.filter(pk=job.pk).update(**{asked: timezone.now()})
            _stays_held(job)
            gate.open()

        job.refresh_from_db()
        assert job.state == state, story(job)
        assert PROOF_USER not in _names(site), asked
        assert not EngineIdentity.objects.filter(name=PROOF_USER).exists()
        assert _is_free(told.pool)
    vault.refresh_from_db()
    assert vault.verify_ok


def test_a_job_waits_for_its_turn_and_keeps_its_lease(told: Lab, settings: Any) -> None:
    made = told.create(owners=(make_person(),))
    settings.S3VAULT_LEASE_SECONDS = LEASE_SECONDS

    with ExitStack() as turn:
        turn.enter_context(alone(told.pool))
        with _worker(made.job):
            _until(made.job.steps.filter(name="identities", state="running").exists, made.job)
            _stays_held(made.job)
            turn.close()

    made.job.refresh_from_db()
    assert made.job.state == Job.State.COMPLETED, story(made.job)


def test_a_user_that_may_be_anothers_by_now_is_left_alone(told: Lab, site: Site) -> None:
    found: list[Stop] = []
    board = Board(lambda: found[0] if found else None, 0.01)
    user = ProofUser(site.engine, told.pool, board)

    def prove() -> None:
        user.give(Pair("VPP" + "B" * 16, "s" * 40), {})
        found.append("lost")
        user.forget()

    [fault] = board.run([prove])

    assert isinstance(fault, Stopped)
    assert PROOF_USER in _names(site)
    assert _is_free(told.pool)
    ProofUser(site.engine, told.pool, HERE).forget()
    assert PROOF_USER not in _names(site)


def test_an_owner_that_breaks_leaves_no_turn_behind(told: Lab) -> None:
    has_it = threading.Event()

    def away() -> Stop | None:
        if has_it.is_set():
            raise ConnectionError("the database is away")
        return None

    board = Board(away, 0.01)

    def tell() -> None:
        with alone(told.pool, desk=board):
            has_it.set()
            board.ask(lambda: None)

    with pytest.raises(ConnectionError):
        board.run([tell])
    assert not _is_free(told.pool)
    give_back()
    assert _is_free(told.pool)


@contextmanager
def _worker(job: Job) -> Iterator[None]:
    """A worker with a connection of its own; it has ended when the block has."""

    def work() -> None:
        try:
            jobs.run(job.pk)
        finally:
            connection.close()

    running = threading.Thread(target=work)
    running.start()
    try:
        yield
    finally:
        running.join(PATIENCE)


def _stays_held(job: Job) -> None:
    """For longer than a lease lasts nobody else gets the job."""
    enough = timezone.now() + timedelta(seconds=1.3 * LEASE_SECONDS)

    def held_so_long() -> bool:
        assert Lease.take(job.pk) is None, "somebody else may have the job"
        job.refresh_from_db()
        return bool(job.heartbeat_at and job.heartbeat_at > enough)

    _until(held_so_long, job)


def _until(true: Callable[[], bool], job: Job) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, story(job)
        time.sleep(0.1)  # between two looks


def _is_free(pool: StoragePool) -> bool:
    """Whether somebody else could have the turn now."""
    found: list[bool] = []

    def look() -> None:
        try:
            with alone(pool, patient=False) as is_mine:
                found.append(is_mine)
        finally:
            connection.close()

    looking = threading.Thread(target=look)
    looking.start()
    looking.join(PATIENCE)
    return found == [True]


def _names(site: Site) -> set[str]:
    listed = s3.iam(site.doors[0], site.engine.admin).list_users()
    return {user["UserName"] for user in listed["Users"]}
