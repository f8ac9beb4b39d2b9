"""The team's own code from TypeScript to the answer, over HTTP; and hostile code beside it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import orjson
import psycopg
import pytest

from tests.collections_app.actions.conftest import QUEUED
from tests.collections_app.api.conftest import Vault
from tests.portal import Portal
from tests.receiver import Receiver

ROOT = Path(__file__).resolve().parents[2]
SOURCES = Path(__file__).parent / "bundles"
TSC = ROOT / "node_modules" / ".bin" / "tsc"
SETTING = "actions.http_destinations"
PEOPLE = [
    {"name": "full_name", "data_type_name": "NAME", "is_nullable": True},
    {"name": "mail", "data_type_name": "EMAIL", "is_nullable": True},
]
HOSTILE_CALLS = 3

pytestmark = pytest.mark.xdist_group("actions")  # one compilation for all of them


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The JavaScript that the real compiler makes of the bundle."""
    assert TSC.exists(), "The compiler is missing: npm ci --ignore-scripts --no-audit --no-fund"
    folder = tmp_path_factory.mktemp("compiled")
    options = [
        "--strict",
        "--target",
        "es2015",
        "--module",
        "commonjs",
        "--lib",
        "es2022",
        "--noEmitOnError",
    ]
    sources = [str(SOURCES / name) for name in ("vault.d.ts", "shapes.ts")]
    subprocess.run([str(TSC), *options, "--outDir", str(folder), *sources], check=True, timeout=60)
    return (folder / "shapes.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def vault(portal: Portal) -> Iterator[Vault]:
    """The vault as Admin sees it."""
    with httpx.Client(base_url=portal.url, timeout=60) as client:
        yield Vault(client, portal.credentials["piiano"]["api_key"])


@pytest.fixture(scope="module")
def bundle(vault: Vault, compiled: str) -> str:
    """The stored bundle's name."""
    name = f"b{uuid4().hex[:12]}"
    code = b64encode(compiled.encode()).decode()
    made = vault.ok("POST", "ctl/bundles", json={"name": name, "code": code})
    assert made["code"] == code
    return name


@pytest.fixture
def receiver(portal: Portal, vault: Vault) -> Iterator[Receiver]:
    """A mailer that the operator lets actions send to, from now until the end of the test."""
    statement = (
        "INSERT INTO directory_setting (name, value, updated_at) VALUES (%s, %s, now())"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
    )
    mailer = Receiver(lambda _: QUEUED)
    with mailer.running() as found, psycopg.connect(portal.environment["DATABASE_URL"]) as database:
        database.execute(statement, [SETTING, orjson.dumps([found.url]).decode()])
        database.commit()
        _await_allowed(vault, found)
        yield found
        database.execute("DELETE FROM directory_setting WHERE name = %s", [SETTING])


def _await_allowed(vault: Vault, receiver: Receiver) -> None:
    """Processes read settings once a second."""
    request = {"request": {"url": receiver.url, "method": "GET"}}
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if vault.call("POST", "data/actions/http_call", json=request).status_code == 200:
            receiver.requests.clear()
            return
        time.sleep(0.1)  # between two looks
    raise AssertionError("The setting is not in force.")


def add_action(vault: Vault, bundle: str, function: str) -> str:
    """An action of the bundle that runs as the administrators' role."""
    name = f"{function}_{uuid4().hex[:8]}"
    body = {"name": name, "function": f"{bundle}.{function}", "role": "VaultAdminRole"}
    assert vault.ok("POST", "ctl/actions", json=body)["name"] == name
    return name


def test_a_data_type_with_three_transformers(vault: Vault, bundle: str) -> None:
    kind = f"BADGE_{uuid4().hex[:8]}"
    transformers = [f"{bundle}.{each}" for each in ("last2", "withName", "forWhom")]
    made = vault.ok(
        "POST",
        "ctl/types",
        json={
            "name": kind,
            "base_type_name": "STRING",
            "validator": f"{bundle}.isBadge",
            "normalizer": f"{bundle}.upper",
            "transformers": transformers,
        },
    )
    assert made["transformers"] == [*sorted(transformers), "mask", "token"]
    properties = [*PEOPLE, {"name": "badge", "data_type_name": kind, "is_index": True}]
    collection = vault.collection(properties)

    person = vault.add(collection, {"full_name": "Ida Roth", "badge": "ab-12"})
    refused = vault.refused(
        400, "POST", f"data/collections/{collection}/objects", json={"badge": "none"}
    )

    props = "badge,badge.last2,badge.withName,badge.forWhom,badge.mask"
    answer = vault.ok(
        "GET",
        f"data/collections/{collection}/objects/{person}",
        params={"props": props, "reason": "Marketing"},
        headers={"X-Trans-Param": "wide"},
    )
    assert answer == {
        "badge": "AB12",
        "badge.last2": "…12",
        "badge.withName": "AB12 Ida Roth",
        "badge.forWhom": {"user": "Admin", "reason": "Marketing", "prop": "badge", "param": "wide"},
        "badge.mask": "****",
    }
    found = vault.ok(
        "POST",
        f"data/collections/{collection}/query/objects",
        params={"props": "id"},
        json={"match": {"badge": "Ab12"}},
    )
    assert found["results"] == [{"id": person}]
    assert refused["error_code"] == "PV3002"
    assert vault.refused(409, "DELETE", f"ctl/types/{kind}")["error_code"] == "PV9002"
    vault.ok("DELETE", f"ctl/collections/{collection}")
    vault.ok("DELETE", f"ctl/types/{kind}")


def test_an_action_calls_back_over_http(
    portal: Portal, vault: Vault, bundle: str, receiver: Receiver
) -> None:
    collection = vault.collection(PEOPLE)
    person = vault.add(collection, {"mail": "ida.roth@clinic.example"})
    name = add_action(vault, bundle, "notify")
    body = {"to": f"pvlt:read_object:{collection}:mail:{person}:", "mailer": receiver.url}

    answer = vault.ok("POST", f"data/actions/{name}", json=body, params={"reason": "Notifications"})

    assert answer == {"status": 202, "queued": True}
    (sent,) = receiver.requests
    assert (sent.method, sent.path) == ("POST", "/send")
    assert orjson.loads(sent.body) == {"to": "ida.roth@clinic.example", "reason": "Notifications"}
    log = portal.log()
    assert f"{bundle}.notify says: sent a mail to <text of 23>" in log
    assert "ida.roth@clinic.example" not in log
    missing = {**body, "to": f"pvlt:read_object:{collection}:mail:{uuid4()}:"}
    refused = vault.refused(404, "POST", f"data/actions/{name}", json=missing)
    assert refused["error_code"] == "PV3005"
    elsewhere = {**body, "mailer": "https://elsewhere.example"}
    refused = vault.refused(403, "POST", f"data/actions/{name}", json=elsewhere)
    assert refused["error_code"] == "PV9014"
    assert vault.refused(409, "DELETE", f"ctl/bundles/{bundle}")["error_code"] == "PV9002"
    vault.ok("DELETE", f"ctl/actions/{name}")


def test_an_action_decrypts(vault: Vault, bundle: str) -> None:
    collection = vault.collection(PEOPLE)
    items = [
        {"object": {"fields": {"mail": f"{who}@{where}"}}}
        for who, where in (("ida", "b.example"), ("jon", "a.example"), ("uma", "b.example"))
    ]
    sealed = vault.ok("POST", f"data/collections/{collection}/encrypt/objects", json=items)
    name = add_action(vault, bundle, "domains")
    body = {"collection": collection, "sealed": [each["ciphertext"] for each in sealed]}

    assert vault.ok("POST", f"data/actions/{name}", json=body) == ["a.example", "b.example"]
    vault.ok("DELETE", f"ctl/actions/{name}")


def test_neighbours_of_hostile_code_go_on(vault: Vault, bundle: str) -> None:
    collection = vault.collection(PEOPLE)
    items = [{"object": {"fields": {"mail": "ida@a.example"}}}]
    sealed = vault.ok("POST", f"data/collections/{collection}/encrypt/objects", json=items)
    body = {"collection": collection, "sealed": [sealed[0]["ciphertext"]]}
    hostile, honest = (add_action(vault, bundle, each) for each in ("wait", "domains"))

    def loop(_number: int) -> Any:
        with httpx.Client(base_url=str(vault.client.base_url), timeout=60) as client:
            return Vault(client, vault.key).refused(503, "POST", f"data/actions/{hostile}")

    with ThreadPoolExecutor(HOSTILE_CALLS) as pool:
        loops = [pool.submit(loop, number) for number in range(HOSTILE_CALLS)]
        answers = 0
        while not all(each.done() for each in loops) or not answers:
            assert vault.ok("POST", f"data/actions/{honest}", json=body) == ["a.example"]
            answers += 1

    assert {each.result()["error_code"] for each in loops} == {"PV1009"}
    assert {each.result()["context"]["function"] for each in loops} == {f"{bundle}.wait"}
    assert vault.ok("GET", "data/info/health") == {"status": "pass"}
    assert vault.ok("POST", f"data/actions/{honest}", json=body) == ["a.example"]


def test_the_commands_of_the_first_action_run_as_they_stand(
    portal: Portal, compiled: str, tmp_path: Path
) -> None:
    page = (ROOT / "docs" / "write-your-first-action.md").read_text(encoding="utf-8")
    commands = "\n".join(re.findall(r"```sh\n(.*?)```", page, re.DOTALL))
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "VAULT": portal.url,
        "KEY": portal.credentials["piiano"]["api_key"],
        "TSC": str(TSC),
    }

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count('{"greeting":"Hello Ida"}') == 2, "the draft, then the action"
    assert '"room.floor":"floor 2"' in done.stdout
