"""What goes wrong on machines, one at a time: the job gets there, or says what a person must do."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.utils import timezone

from s3vault_app.drivers import s3
from s3vault_app.drivers.base import Door, Pair
from s3vault_app.drivers.hosts.local import LocalHost
from s3vault_app.drivers.s3_iam import IamEngine
from s3vault_app.drivers.seaweedfs.engine import SeaweedEngine
from s3vault_app.drivers.seaweedfs.installer import Installer
from s3vault_app.drivers.seaweedfs.package import package
from s3vault_app.engine import jobs, places, planning, verify
from s3vault_app.engine.machines import INSTALL
from s3vault_app.models import Endpoint, Job, JobStep, Machine, Vault
from s3vault_app.services import jobs as job_services
from tests.s3vault_app.engine.lab import Lab, finish, free_ports, story
from tests.s3vault_app.engine.sshd import SshServer
from vaultportal.events.models import Event

pytestmark = pytest.mark.xdist_group("s3")
PATIENCE = 90.0


def until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)  # between two looks


def test_a_taken_port_is_named_and_nothing_is_written(lab: Lab) -> None:
    machine = lab.local()
    with closing(socket.create_server(("127.0.0.1", machine.ports["volume"]))):
        made = lab.create(machine)
        jobs.run(made.job.pk)

        assert f"Ports in use: {machine.ports['volume']}." in story(made.job)
        machine.refresh_from_db()
        plan = planning.preview(lab.plan, [machine])
    assert "Ports in use" in plan.machines[0].problem
    assert not Path(machine.install_root).exists()
    made.vault.refresh_from_db()
    machine.refresh_from_db()
    assert made.vault.state == Vault.State.FAILED
    assert machine.engine_state == Machine.EngineState.FAILED


def test_a_changed_host_key_ends_everything(
    lab: Lab, ssh_servers: tuple[SshServer, SshServer]
) -> None:
    machine = lab.remote(ssh_servers[0], host_key=ssh_servers[1].host_key)
    made = lab.create(machine)

    jobs.run(made.job.pk)

    assert "another host key" in story(made.job)
    machine.refresh_from_db()
    assert machine.state == Machine.State.KEY_CHANGED
    assert not Path(machine.install_root).exists()


def test_a_refused_login_is_said(lab: Lab, ssh_servers: tuple[SshServer, SshServer]) -> None:
    machine = lab.remote(ssh_servers[0], private_key=ssh_servers[1].private_key)
    made = lab.create(machine)

    jobs.run(made.job.pk)

    made.job.refresh_from_db()
    assert made.job.reason == f"{machine.name}: The machine refuses the login."


@pytest.fixture
def small_disk(ground: Path) -> Iterator[Path]:
    """A disk that the engine does not fit on."""
    place = ground / "small"
    place.mkdir(exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=32m", "none", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting takes rights that this account has not")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_full_disk_is_seen_before_anything_is_sent(lab: Lab, small_disk: Path) -> None:
    machine = lab.local(install_root=str(small_disk / "root"))
    made = lab.create(machine)

    jobs.run(made.job.pk)

    assert "The disk of the install folder has 32 MiB free" in story(made.job)


def test_a_disk_that_fills_up_meanwhile_leaves_no_program(small_disk: Path) -> None:
    """What preflight saw may be gone when the program arrives."""
    installer = Installer(LocalHost(), "1", str(small_disk / "root"), node="n")
    with pytest.raises(Exception, match="disk is full"):
        installer.ship(package(), lambda share: None)
    names = [path.name for path in (small_disk / "root" / "bin").iterdir()]
    assert all(".part-" in name for name in names)


def test_a_cut_connection_is_taken_up_where_it_was(
    lab: Lab, ssh_servers: tuple[SshServer, SshServer]
) -> None:
    server = ssh_servers[0]
    machine = lab.remote(server)
    made = lab.create(machine)
    cuts: list[int] = []

    def cut() -> None:
        parts = Path(machine.install_root) / "bin"
        until(lambda: any(parts.glob("*.part-*")), "nothing was sent")
        cuts.append(server.cut())

    saboteur = threading.Thread(target=cut)
    saboteur.start()
    finish(made.job)
    saboteur.join()

    assert cuts[0] > 0
    assert JobStep.objects.get(job=made.job, name="ship").state == JobStep.State.OK


def test_one_machine_that_fails_is_repeated_alone(lab: Lab) -> None:
    store, gateway = lab.local(), lab.local("127.0.0.2")
    with closing(socket.create_server(("127.0.0.2", gateway.ports["s3"]))):
        made = lab.create(store, gateway)
        jobs.run(made.job.pk)
    made.job.refresh_from_db()
    made.vault.refresh_from_db()
    assert made.job.state == Job.State.PARTIAL, story(made.job)
    assert made.vault.state == Vault.State.DEGRADED
    states = dict(made.vault.endpoints.values_list("machine", "state"))
    assert states == {store.pk: Endpoint.State.ONLINE, gateway.pk: Endpoint.State.FAILED}

    again = finish(job_services.resubmit(lab.admin, made.job.pk, [gateway.number]))

    touched = JobStep.objects.filter(job=again, name__in=INSTALL)
    assert {step.machine_id for step in touched} == {gateway.pk}
    made.vault.refresh_from_db()
    assert made.vault.state == Vault.State.ACTIVE
    _stop_and_start(gateway, lab)
    _kill_the_engine(store)


def _stop_and_start(gateway: Machine, lab: Lab) -> None:
    door = places.door_of(gateway)
    engine = SeaweedEngine([door], _admin(lab))
    for kind, answers in ((Job.Type.DISABLE, False), (Job.Type.ENABLE, True)):
        job = Job.objects.create(type=kind, pool=lab.pool)
        job.machines.set([gateway])
        finish(job)
        assert engine.probe(door).ok is answers


def _admin(lab: Lab) -> Pair:
    lab.pool.refresh_from_db()
    return Pair(*(lab.pool.secrets or {})["admin"])


def _kill_the_engine(store: Machine) -> None:
    """Its supervisor brings it back, and there is one of it."""
    store.refresh_from_db()
    note = Path(store.install_root) / "engine" / "run" / "weed.pid"
    killed = int(note.read_text())
    os.kill(killed, signal.SIGKILL)
    until(lambda: note.read_text().strip() not in ("", str(killed)), "it did not come back")
    pool = store.pool
    assert pool is not None
    door = places.door_of(store)
    engine = SeaweedEngine([door], Pair(*(pool.secrets or {})["admin"]))
    until(lambda: engine.probe(door).ok, "it came back and does not answer")


def test_a_paused_job_goes_on_and_a_killed_one_takes_back_what_it_did(lab: Lab) -> None:
    machine = lab.local()
    made = lab.create(machine)
    Job.objects.filter(pk=made.job.pk).update(pause_asked_at=timezone.now())
    jobs.run(made.job.pk)
    made.job.refresh_from_db()
    assert made.job.state == Job.State.SUSPENDED

    Job.objects.filter(pk=made.job.pk).update(state=Job.State.WAITING)
    finish(made.job)

    job = Job.objects.create(
        type=Job.Type.CREATE,
        vault=made.vault,
        pool=lab.pool,
        kill_asked_at=timezone.now(),
    )
    job.machines.set([machine])
    for name, data in (("preflight", {"fresh": True}), ("ship", {}), ("bucket", {"made": True})):
        JobStep.objects.create(
            job=job,
            machine=None if name == "bucket" else machine,
            name=name,
            changed=True,
            data=data,
            state=JobStep.State.OK,
        )
    jobs.run(job.pk)

    job.refresh_from_db()
    assert job.state == Job.State.KILLED, story(job)
    assert not Path(machine.install_root).exists()
    machine.refresh_from_db()
    assert (machine.pool, machine.engine_state) == (None, Machine.EngineState.ABSENT)


@pytest.mark.parametrize("asked", ["kill_asked_at", "pause_asked_at"])
def test_a_stop_before_the_first_step_is_heard_before_it(lab: Lab, asked: str) -> None:
    machine = lab.local()
    made = lab.create(machine)
    Job.objects.filter(pk=made.job.pk).update(**{asked: timezone.now()})

    jobs.run(made.job.pk)

    made.job.refresh_from_db()
    assert made.job.state in (Job.State.KILLED, Job.State.SUSPENDED), story(made.job)
    assert {step.attempt for step in made.job.steps.all()} == {0}
    assert not Path(machine.install_root).exists()
    told = Event.objects.filter(
        type="vault:endpoint-install-finished", payload__id=str(made.job.pk)
    )
    if asked == "pause_asked_at":
        assert not told.exists()
        return
    payload = told.get().payload
    assert payload["name"] == made.vault.name
    assert payload["job"]["status"] == "Killed"
    assert payload["endpoints"] == [{"name": machine.name, "url": "", "status": "ABSENT"}]


def test_a_gateway_that_knows_nobody_fails_the_proof(ground: Path) -> None:
    """Without any identity an engine takes unsigned requests: the first of all traps."""
    ports, folder = free_ports("127.0.0.1"), ground / "open"
    folder.mkdir()
    (folder / "data").mkdir()
    program = package().program
    engine = subprocess.Popen(
        [
            program,
            f"-logdir={folder}",
            "server",
            f"-dir={folder}/data",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            "-master.electionTimeout=1s",
            "-master.telemetry=false",
            f"-master.port={ports['master']}",
            f"-volume.port={ports['volume']}",
            "-filer",
            f"-filer.port={ports['filer']}",
            f"-filer.localSocket={folder}/filer.sock",
            "-s3",
            f"-s3.port={ports['s3']}",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            f"-s3.localSocket={folder}/s3.sock",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
    )
    try:
        door = Door("open", f"http://127.0.0.1:{ports['s3']}")
        open_engine = IamEngine([door], Pair("any", "any-secret"))
        until(lambda: _takes(door), "it did not come up")
        doors = [(part, "127.0.0.1", ports[part]) for part in ("filer", "master")]
        subject = verify.Subject("open-bucket", "", "none", encrypts=False, back_doors=doors)
        failed = {
            each.name for each in verify.prove(open_engine, subject, lambda: None) if not each.ok
        }
    finally:
        engine.kill()
        engine.wait()

    assert {"unsigned read", "unsigned write"} <= failed
    assert {"back door: filer", "back door: master"} <= failed


def _takes(door: Door) -> bool:
    try:
        s3.s3(door, None, attempts=1).create_bucket(Bucket="open-bucket")
    except Exception:  # it does not listen yet, or has no volume yet
        return False
    return True
