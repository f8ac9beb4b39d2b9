"""Jobs that cannot get in by SSH: what runs on the machine has not failed by that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import asyncssh
import pytest

from s3vault_app.drivers.seaweedfs import secrets
from s3vault_app.engine import jobs, places
from s3vault_app.models import Endpoint, Job, JobStep, Machine
from s3vault_app.services import endpoints
from tests.s3vault_app.engine.lab import Lab, free_ports, machines_of, story

pytestmark = pytest.mark.xdist_group("s3")
AWAY = "The machine cannot be reached"


def change(machine: Machine, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(machine, name, value)
    machine.save()


def send_away(machine: Machine) -> None:
    """Nobody listens where its SSH server should."""
    shown = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    login = {"user": "nobody", "password": "none", "host_key": shown}
    change(machine, kind=Machine.Kind.SSH, port=free_ports(machine.host)["s3"], **login)


def ran(job: Job) -> Job:
    jobs.run(job.pk)
    job.refresh_from_db()
    assert AWAY in job.reason, story(job)
    return job


def test_an_engine_that_answers_has_not_failed(shared: Lab) -> None:
    vault = shared.installed().vault
    gateway = machines_of(shared)[1]
    send_away(gateway)
    door = Endpoint.objects.get(vault=vault, machine=gateway)
    asks: list[Callable[[], Job]] = [
        lambda: endpoints.install(shared.admin, gateway.number),
        lambda: endpoints.set_enabled(shared.admin, gateway.number, enabled=False),
        lambda: endpoints.uninstall(shared.admin, gateway.number),
    ]

    for ask in asks:
        job = ran(ask())
        gateway.refresh_from_db()
        door.refresh_from_db()
        assert (gateway.engine_state, gateway.enabled) == ("online", True), job.type
        assert AWAY in gateway.failure
        assert (door.state, door.failure) == (Endpoint.State.ONLINE, "")
        assert gateway.name in [each.name for each in places.doors_of(shared.pool)]


@pytest.fixture
def standing(lab: Lab) -> Machine:
    """A store as rows have it; nothing answers, by SSH or S3."""
    lab.pool.secrets = secrets.fresh("127.0.0.1")
    lab.pool.save()
    machine = lab.local()
    lab.machines.clear()  # nothing will be installed
    url = f"https://127.0.0.1:{machine.ports['s3']}"
    change(machine, pool=lab.pool, role=Machine.Role.STORE, url=url)
    send_away(machine)
    return machine


@pytest.mark.parametrize(
    ("state", "wish"), [("online", False), ("offline", False), ("disabled", True)]
)
def test_what_nothing_was_done_to_is_as_it_was(
    lab: Lab,
    standing: Machine,
    state: str,
    wish: bool,  # noqa: FBT001 a case
) -> None:
    change(standing, engine_state=state, enabled=not wish)

    ran(endpoints.set_enabled(lab.admin, standing.number, enabled=wish))

    standing.refresh_from_db()
    assert (standing.engine_state, standing.enabled) == (state, not wish)
    assert AWAY in standing.failure


@pytest.mark.parametrize("state", ["online", "installing"])
def test_what_was_touched_and_does_not_answer_has_failed(
    lab: Lab, standing: Machine, state: str
) -> None:
    change(standing, engine_state=state)
    job = endpoints.set_enabled(lab.admin, standing.number, enabled=True)
    if state == "online":  # a worker died while it started the engine
        JobStep.objects.create(job=job, machine=standing, name="start", state="running")

    ran(job)

    standing.refresh_from_db()
    assert (standing.engine_state, standing.enabled) == ("failed", True)
    assert AWAY in standing.failure
