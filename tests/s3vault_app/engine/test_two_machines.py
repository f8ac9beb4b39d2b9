"""One call, two machines over SSH: a bucket that several clients read through both endpoints."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from s3vault_app.models import Endpoint, Job, JobStep, Machine, Vault
from tests.factories import make_person
from tests.s3vault_app.api.rig import administrator, order
from tests.s3vault_app.engine.lab import Lab, client, finish, pair_of, story
from tests.s3vault_app.engine.sshd import SshServer
from vaultportal.runtime import tls

pytestmark = pytest.mark.xdist_group("s3")
BODY = b"ledger " * 20_000


def test_a_vault_over_two_machines(
    lab: Lab, ssh_servers: tuple[SshServer, SshServer], tmp_path: Path
) -> None:
    store, gateway = (lab.remote(server) for server in ssh_servers)
    owner = make_person()
    admin = administrator()
    began = time.monotonic()
    status, told = admin(
        "POST",
        "V4/CVS3Store",
        order(
            plan={"planId": lab.plan.number, "planName": lab.plan.name},
            cvs3Endpoints=[{"clientId": store.number}, {"clientId": gateway.number}],
            owners=[{"userId": owner.number, "__type__": 13}],
        ),
    )
    assert status == 200, told
    job = finish(Job.objects.get(pk=told["addEndpointJob"]["jobId"]))
    seconds = time.monotonic() - began
    print(f"from call to Completed: {seconds:.1f} s", *_times(job), sep="\n  ")  # noqa: T201 the number is asked for
    vault = Vault.objects.get(number=told["response"]["entity"]["clientId"])

    assert vault.state == Vault.State.ACTIVE
    assert vault.verify_ok, story(job)
    assert [e.state for e in vault.endpoints.all()] == [Endpoint.State.ONLINE] * 2
    pair = pair_of(owner)
    client(store, pair).put_object(Bucket=vault.name, Key="a", Body=BODY)
    assert client(gateway, pair).get_object(Bucket=vault.name, Key="a")["Body"].read() == BODY
    _read_with_awscli(vault, gateway, pair.access_key, pair.secret_key, tmp_path)
    _read_with_rclone(vault, gateway, pair.access_key, pair.secret_key, tmp_path)

    again = _run_again(job, lab)
    assert not JobStep.objects.filter(job=again, changed=True).exists(), story(again)
    _delete(lab, vault, [store, gateway])


def _times(job: Job) -> list[str]:
    """How long each step took, for whoever wants it shorter."""
    steps = JobStep.objects.filter(job=job).select_related("machine").order_by("started_at")
    lines = []
    for step in steps:
        assert step.started_at
        assert step.finished_at
        seconds = (step.finished_at - step.started_at).total_seconds()
        lines.append(f"{step.machine or 'vault'} {step.name}: {seconds:.2f} s")
    return lines


def _run_again(job: Job, lab: Lab) -> Job:
    again = Job.objects.create(type=job.type, vault=job.vault, pool=job.pool)
    again.machines.set(job.machines.all())
    return finish(again)


def _delete(lab: Lab, vault: Vault, machines: list[Machine]) -> None:
    """Emptied by force, the bucket goes, and the engine with its last vault: nothing is left."""
    job = Job.objects.create(
        type=Job.Type.DELETE, vault=vault, pool=lab.pool, options={"force": True}
    )
    job.machines.set(machines)
    finish(job)
    vault.refresh_from_db()
    assert vault.state == Vault.State.DELETED
    for machine in machines:
        machine.refresh_from_db()
        assert machine.engine_state == Machine.EngineState.ABSENT
        assert not Path(machine.install_root).exists()


def _read_with_awscli(
    vault: Vault, machine: Machine, access_key: str, secret_key: str, folder: Path
) -> None:
    program = Path(sys.executable).with_name("aws")
    target = folder / "by-awscli"
    _command(
        [program, "--endpoint-url", machine.url, "s3", "cp", f"s3://{vault.name}/a", target],
        AWS_ACCESS_KEY_ID=access_key,
        AWS_SECRET_ACCESS_KEY=secret_key,
        AWS_DEFAULT_REGION="us-east-1",
        AWS_CA_BUNDLE=str(tls.authority_file()),
        HOME=str(folder),
    )
    assert target.read_bytes() == BODY


def _read_with_rclone(
    vault: Vault, machine: Machine, access_key: str, secret_key: str, folder: Path
) -> None:
    program = shutil.which("rclone")
    assert program, "Debian's package rclone is not installed."
    target = folder / "by-rclone"
    _command(
        [program, "--ca-cert", tls.authority_file(), "copyto", f"vault:{vault.name}/a", target],
        RCLONE_CONFIG_VAULT_TYPE="s3",
        RCLONE_CONFIG_VAULT_PROVIDER="Other",
        RCLONE_CONFIG_VAULT_ENDPOINT=machine.url,
        RCLONE_CONFIG_VAULT_ACCESS_KEY_ID=access_key,
        RCLONE_CONFIG_VAULT_SECRET_ACCESS_KEY=secret_key,
        RCLONE_CONFIG_VAULT_REGION="us-east-1",
        HOME=str(folder),
    )
    assert target.read_bytes() == BODY


def _command(arguments: list[object], **environment: str) -> None:
    done = subprocess.run(
        [str(each) for each in arguments],
        env={"PATH": os.environ["PATH"]} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
