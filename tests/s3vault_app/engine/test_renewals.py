"""A new certificate for an endpoint that runs: written, not written, and written by a repeat."""

from __future__ import annotations

import socket
import ssl
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from cryptography import x509
from django.utils import timezone

from s3vault_app import tasks
from s3vault_app.drivers.seaweedfs import secrets
from s3vault_app.engine import certificates, jobs, places
from s3vault_app.models import Endpoint, Job, Machine
from tests.s3vault_app.engine.lab import Lab, finish, free_ports, machines_of, story

pytestmark = pytest.mark.xdist_group("s3")
OLDER = "4.40"


def test_a_renewal_changes_the_certificate_and_nothing_that_runs(shared: Lab) -> None:
    gateway = machines_of(shared)[1]
    line = Path(gateway.install_root) / "engine" / "weed.sh"
    older = line.read_text().replace("/bin/weed-", "/bin/./weed-")
    running = line.read_text()
    Machine.objects.filter(pk=gateway.pk).update(
        certificate="", certificate_key=None, engine_version=OLDER
    )
    line.write_text(older)  # as a portal of before had written it
    try:
        job = Job.objects.create(type=Job.Type.RENEW, pool=shared.pool)
        job.machines.set([gateway])
        finish(job)
        kept = line.read_text()
    finally:
        line.write_text(running)

    gateway.refresh_from_db()
    shown = x509.load_pem_x509_certificate(gateway.certificate.encode())
    assert (kept, gateway.engine_version) == (older, OLDER)
    assert [step.name for step in job.steps.order_by("position")] == ["configure", "health"]
    assert gateway.certificate_expires_at == shown.not_valid_after_utc
    written = Path(gateway.install_root) / "engine" / "etc" / "endpoint.pem"
    assert written.read_text() == gateway.certificate
    assert _served(gateway)


@pytest.fixture
def serving(lab: Lab) -> Machine:
    """A store that serves, as far as rows say, with a certificate that ends soon."""
    lab.pool.secrets = secrets.fresh("127.0.0.1")
    lab.pool.save()
    machine = lab.local()
    lab.machines.clear()  # nothing will be installed
    _change(
        machine,
        pool=lab.pool,
        role=Machine.Role.STORE,
        engine_state=Machine.EngineState.ONLINE,
        certificate="of before",
        certificate_expires_at=timezone.now() + timedelta(days=3),
    )
    return machine


@pytest.mark.parametrize("fault", ["away", "refuses"])
def test_a_renewal_that_fails_is_tried_again_and_changes_nothing(
    serving: Machine, fault: str, tmp_path: Path
) -> None:
    ended = serving.certificate_expires_at
    if fault == "away":
        closed = free_ports("127.0.0.1")["s3"]
        shown = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
        login = {"user": "nobody", "password": "none", "host_key": shown.strip()}
        _change(serving, kind=Machine.Kind.SSH, port=closed, **login)
    else:
        _change(serving, install_root=str(tmp_path / "taken" / "root"))
        (tmp_path / "taken").write_text("a file, where a folder has to be")

    for _ in range(2):
        tasks.renew_certificates()
        job = serving.jobs.latest("pk")
        jobs.run(job.pk)
        job.refresh_from_db()
        assert (job.type, job.state) == (Job.Type.RENEW, Job.State.PARTIAL), story(job)
        serving.refresh_from_db()
        assert serving.certificate_expires_at == ended
        assert certificates.due() == [serving]
        assert (serving.engine_state, serving.failure) == (Machine.EngineState.ONLINE, "")
        assert serving.pool
        assert [door.name for door in places.doors_of(serving.pool)] == [serving.name]
    assert serving.jobs.count() == 2


def test_the_repeat_finds_an_engine_that_was_given_up(shared: Lab) -> None:
    vault = shared.installed().vault
    store = machines_of(shared)[0]
    _change(
        store,
        engine_state=Machine.EngineState.FAILED,
        engine_version=OLDER,
        failure="The machine did not answer.",
        certificate_expires_at=timezone.now() + timedelta(days=3),
    )
    door = Endpoint.objects.get(vault=vault, machine=store)
    door.state, door.failure = Endpoint.State.FAILED, "gone"
    door.save()
    assert store.pool
    assert store.name not in [each.name for each in places.doors_of(store.pool)]

    tasks.renew_certificates()
    finish(store.jobs.latest("pk"))

    store.refresh_from_db()
    door.refresh_from_db()
    assert (store.engine_state, store.failure) == (Machine.EngineState.ONLINE, "")
    assert store.engine_version == OLDER
    assert (door.state, door.url, door.failure) == (Endpoint.State.ONLINE, store.url, "")
    assert store.name in [each.name for each in places.doors_of(store.pool)]
    assert store not in certificates.due()


def _change(machine: Machine, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(machine, name, value)
    machine.save()


def _served(machine: Machine) -> bytes:
    """The endpoint goes on answering; when it reads the new one is its own affair."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((machine.host, machine.ports["s3"]), timeout=30) as line,
        context.wrap_socket(line) as secured,
    ):
        return secured.getpeercert(binary_form=True) or b""
