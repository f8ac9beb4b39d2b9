"""What is written on machines, as text: each trap of the engine is closed there."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import tarfile
import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest

from s3vault_app.drivers import policies
from s3vault_app.drivers.base import Right
from s3vault_app.drivers.hosts.base import Script, VerbFailed, answer
from s3vault_app.drivers.seaweedfs import files, secrets
from s3vault_app.drivers.seaweedfs.installer import SCRIPT, Facts, judge
from s3vault_app.drivers.seaweedfs.layout import DEFAULT_PORTS, Node
from s3vault_app.drivers.seaweedfs.package import package
from s3vault_app.engine.log import MASK, Log
from s3vault_app.models import Job


def node(**changes: Any) -> Node:
    """A store at the usual place."""
    known: dict[str, Any] = {
        "name": "ep1",
        "pool": "7",
        "address": "192.0.2.1",
        "ports": DEFAULT_PORTS,
        "is_store": True,
        "root": "/srv/s3vault",
        "data_root": "/srv/data",
    }
    return Node(**known | changes)


RIGHTS: tuple[Right, ...] = get_args(Right)
STORE = node()
GATEWAY = node(name="ep2", address="192.0.2.2", is_store=False)


@pytest.fixture(scope="module")
def material() -> files.Material:
    return files.Material(secrets.fresh("192.0.2.1"), "chain", "key")


@pytest.mark.parametrize(
    ("each", "prefix"), [(STORE, "-s3."), (GATEWAY, "-")], ids=["store", "gateway"]
)
def test_the_gateway_has_no_door_that_is_open_by_default(each: Node, prefix: str) -> None:
    command = files.command(each, STORE)

    for flag in (
        "allowDeleteBucketNotEmpty=false",
        "autoCreateBucket=false",
        "iam.readOnly=false",
        "port.iceberg=0",
        "port.lance=0",
        "localSocket=/srv/s3vault/engine/run/s3.sock",
    ):
        assert f"{prefix}{flag}" in command


def test_the_store_has_room_for_buckets_and_tells_nobody() -> None:
    command = files.command(STORE, STORE)

    assert {"-volume.max=1000", "-master.telemetry=false", "-master.electionTimeout=1s"} <= set(
        command
    )


def test_every_connection_inside_the_engine_takes_a_certificate(material: files.Material) -> None:
    contents = files.files(STORE, STORE, material)
    security = tomllib.loads(contents["etc/security.toml"].decode())

    for role in ("master", "volume", "filer"):
        assert security["https"][role].keys() == {"cert", "key", "ca"}
    assert security["https"]["client"]["enabled"] is True
    assert set(security["grpc"]) == {"ca", "master", "volume", "filer", "s3", "client"}
    assert len(bytes.fromhex(security["s3"]["sse"]["key"])) == 32
    assert all(len(security["jwt"][part]["key"]) > 32 for part in ("signing", "filer_signing"))
    master = tomllib.loads(contents["etc/master.toml"].decode())
    assert master["master"]["volume_growth"] == {"copy_1": 1, "copy_2": 1, "copy_3": 1}


def test_a_gateway_always_knows_somebody(material: files.Material) -> None:
    contents = files.files(GATEWAY, STORE, material)
    [known] = json.loads(contents["etc/s3.json"])["identities"]

    assert known["credentials"][0]["secretKey"] == material.secrets["admin"][1]
    assert "etc/master.toml" not in contents


def test_no_secret_is_an_argument_or_readable_by_others(material: files.Material) -> None:
    contents = files.files(STORE, STORE, material)
    line = contents["weed.sh"].decode()
    values = [text for value in material.secrets.values() for text in _texts(value)]

    assert not [value for value in values if value in line and value != "192.0.2.1"]
    with tarfile.open(fileobj=io.BytesIO(files.archive(contents))) as tar:
        assert {member.mode for member in tar.getmembers()} == {0o600}


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [str(each) for each in value]


def test_a_new_certificate_takes_no_restart_and_anything_else_does(
    material: files.Material,
) -> None:
    contents = files.files(STORE, STORE, material)
    renewed = contents | {"etc/endpoint.pem": b"new"}
    rekeyed = contents | {"etc/s3.json": b"{}"}

    assert files.stamp(renewed) == files.stamp(contents) != files.stamp(rekeyed)


def test_a_moved_store_keeps_its_keys() -> None:
    known = secrets.fresh("192.0.2.1")
    moved = secrets.moved(known, "s3.example.org")

    assert secrets.moved(known, "192.0.2.1") is known
    assert {name for name in known if known[name] != moved[name]} == {
        "node",
        "node_key",
        "node_address",
    }


def test_a_policy_has_no_action_that_the_engine_refuses() -> None:
    refused = {
        "ListMultipartUploadParts",
        "ListBucketMultipartUploads",
        "GetObjectAttributes",
        "RestoreObject",
        "GetLifecycleConfiguration",
        "HeadBucket",
    }
    for right in RIGHTS:
        text = policies.document("ledger", right)
        actions = set(re.findall(r"s3:(\w+)", text))
        assert not actions & refused
    plain = policies.document("ledger", "use")
    assert "Version" not in re.findall(r"s3:(\w+)", plain)
    assert not re.search(r"DeleteBucket|Retention|LegalHold|BypassGovernance|ObjectVersion", plain)


def test_the_script_is_sound_for_posix_shells() -> None:
    for name in ("machine.sh", "supervisor.sh"):
        path = Path(files.__file__).with_name(name)
        subprocess.run(["sh", "-n", path], check=True)


def test_values_of_a_command_are_quoted() -> None:
    line = Script("echo $PLACE").command("look", {"PLACE": "a b'; touch /tmp/never #"})
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True)

    assert done.stdout == "a b'; touch /tmp/never #\n"


def test_what_a_script_says_is_what_a_person_reads() -> None:
    with pytest.raises(VerbFailed, match=r"^The disk is full\.$"):
        answer("ship", 1, b"", b"noise\nThe disk is full.\n")
    assert answer("have", 0, b"have=no\noffset=12\n", b"") == {"have": "no", "offset": "12"}


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_the_unit_is_one_that_systemd_takes(tmp_path: Path, material: files.Material) -> None:
    unit = tmp_path / "s3vault-7.service"
    unit.write_bytes(files.files(STORE, STORE, material)["etc/unit"])

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False
    )

    about_ours = [line for line in done.stderr.splitlines() if unit.name in line]
    assert not [line for line in about_ours if "Unknown" in line or "Failed to parse" in line]


def facts(**changes: Any) -> Facts:
    """A machine that is fit."""
    known: dict[str, Any] = {
        "root": "/srv/s3vault",
        "data_root": "/srv/data",
        "pool": "",
        "running": False,
        "has_program": False,
        "system": "Debian",
        "processor": package().processor,
        "manager": "loop",
        "free_kb": 10**7,
        "total_kb": 10**8,
        "root_free_kb": 10**7,
        "memory_kb": 10**7,
        "skew": 0,
        "listening": (),
    }
    return Facts(**known | changes)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"processor": "riscv64"}, "The processor is riscv64"),
        ({"pool": "8"}, "another storage pool"),
        ({"skew": 4000}, "The clock is 4000 seconds off."),
        ({"root_free_kb": 1024}, "The disk of the install folder has 1 MiB free"),
        ({"free_kb": 1024}, "The disk of the data folder has 1 MiB free"),
        ({"running": True, "root_free_kb": 1024}, "The disk of the install folder has 1 MiB free"),
        ({"memory_kb": 1024}, "The memory has 1 MiB free"),
        ({"listening": (("0.0.0.0", 9443),)}, "Ports in use: 9443."),  # noqa: S104 compared
        ({"listening": (("192.0.2.1", 28888),)}, "Ports in use: 28888."),
    ],
)
def test_a_machine_that_is_not_fit_says_why(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(VerbFailed, match=re.escape(sentence)):
        judge(facts(**changes), STORE, package())


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"listening": (("192.0.2.9", 9443),)},
        {"running": True, "pool": "7", "listening": (("192.0.2.1", 9443),)},
        {"has_program": True, "root_free_kb": 1024},
    ],
    ids=["empty", "port of another address", "ours", "has the program"],
)
def test_a_fit_machine_is_taken(changes: dict[str, Any]) -> None:
    judge(facts(**changes), STORE, package())


def test_the_log_masks_secrets_and_what_looks_like_one() -> None:
    log = Log(Job(), ["s3cret-value"])

    assert log.masked("login s3cret-value refused") == f"login {MASK} refused"
    assert log.masked("key " + "A1" * 20) == f"key {MASK}"
    assert log.masked("/srv/s3vault/engine/data/of/a/rather/long/path") != MASK


def test_the_script_takes_no_secret_as_a_value() -> None:
    """Variables of the script's command line can be read by everybody on the machine."""
    named = set(re.findall(r"\$\{?([A-Z]+)", SCRIPT.program))

    assert named <= {
        "ROOT", "HOME", "R", "DATA", "BIN", "BINARY", "UNIT", "POOL", "WAIT", "DIGEST", "TOKEN",
        "OFFSET", "PACKED", "STAMP", "PURGE", "PRETTY", "NODE",
        "RUN",
    }  # fmt: skip
