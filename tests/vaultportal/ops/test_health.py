"""Alive, ready, counted: and what each says when a part is broken."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from celery import current_app
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import factories
from vaultportal.crypto import keyring
from vaultportal.identity import usage
from vaultportal.ops import metrics, readiness
from vaultportal.ops.permissions import OpsPermission
from vaultportal.runtime.paths import BASE_DIR
from vaultportal.sandbox.api import Availability

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer from a test before."""
    monkeypatch.setattr("vaultportal.ops.views.readiness", readiness.Readiness())


def test_alive_touches_nothing(client: Client) -> None:
    usage.write()  # what earlier requests left to be noted after the next one
    with CaptureQueriesContext(connection) as captured:
        answer = client.get("/healthz")

    assert answer.json() == {"status": "alive"}
    assert len(captured) == 0


def test_ready_names_its_parts(client: Client) -> None:
    answer = client.get("/readyz")

    assert answer.status_code == 200
    parts = ("database", "migrations", "keys", "broker")
    checks = dict.fromkeys(parts, "ok")
    assert answer.json() == {"status": "ready", "checks": checks, "actions": "locked"}


@pytest.mark.parametrize(
    ("ready", "locked", "disabled", "expected"),
    [
        (True, True, False, "locked"),
        (True, False, False, "unlocked"),
        (False, False, False, "off"),
        (True, True, True, "off"),
    ],
)
def test_ready_tells_whether_actions_run(
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    *,
    ready: bool,
    locked: bool,
    disabled: bool,
    expected: str,
) -> None:
    # Which locks this machine has is out of our reach here; the sandbox's own tests try them.
    found = Availability(ready=ready, locked=locked, locks=(), reasons=())
    monkeypatch.setattr("vaultportal.sandbox.api.available", lambda: found)
    settings.PVAULT_FEATURES_DISABLE_JAVASCRIPT = disabled

    assert readiness.actions() == expected


def test_a_missing_migration_is_not_ready(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'audit'")

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"]["migrations"] == "failed"
    assert answer.json()["checks"]["database"] == "ok"


def test_a_missing_broker_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(current_app.conf, "broker_url", "redis://127.0.0.1:1/0")
    monkeypatch.setitem(current_app.conf, "broker_write_url", "redis://127.0.0.1:1/0")

    checks = client.get("/readyz").json()["checks"]

    assert checks == {"database": "ok", "migrations": "ok", "keys": "ok", "broker": "failed"}


def ask_in_a_process_with(**variables: str) -> dict[str, bool]:
    """The answers in a process that is started with these variables."""
    code = (
        "import django, json; django.setup()\n"
        "from vaultportal.ops.readiness import readiness\n"
        "print(json.dumps(readiness.answers()))"
    )
    environment = os.environ | {"PORTAL_LOG_LEVEL": "error"} | variables
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=BASE_DIR,
        env=environment,
        capture_output=True,
        timeout=60,
        check=True,
    )
    answers: dict[str, bool] = orjson.loads(done.stdout)
    return answers


def test_a_missing_database_is_not_ready() -> None:
    answers = ask_in_a_process_with(DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")

    assert answers == {"database": False, "migrations": False, "keys": False, "broker": True}


@pytest.mark.django_db(transaction=True)
def test_a_missing_root_key_is_not_ready(tmp_path: Path) -> None:
    keyring.check()  # this database has a root key now
    settings = connection.settings_dict
    keys = Path(os.environ["PORTAL_KEY_DIR"])
    other = tmp_path / "keys"
    other.mkdir(mode=0o700)
    for file in keys.iterdir():
        if "password" in file.name:
            (other / file.name).write_bytes(file.read_bytes())
            (other / file.name).chmod(0o600)

    login = f"{settings['USER']}:{settings['PASSWORD']}"
    url = f"postgresql://{login}@/{settings['NAME']}?host={settings['HOST']}"
    answers = ask_in_a_process_with(DATABASE_URL=url, PORTAL_KEY_DIR=str(other))

    assert (answers["database"], answers["keys"]) == (True, False)


def test_the_metrics_need_a_right(client: Client) -> None:
    person = factories.make_person()
    token, _ = factories.make_api_key(person)
    bearer = {"Authorization": f"Bearer {token}"}

    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert client.get("/metrics", headers=bearer).status_code == 403

    factories.make_role(permissions=[OpsPermission.METRICS], members=[person])
    assert client.get("/metrics", headers=bearer).status_code == 200


def test_a_signed_in_person_may_have_the_right_too(client: Client) -> None:
    client.force_login(factories.make_person(is_superuser=True))

    assert client.get("/metrics").status_code == 200


def test_requests_are_counted_by_route_method_and_class_of_status(client: Client) -> None:
    before = metrics.render().decode()
    client.get("/api/v1/say/anything")
    client.get("/api/v1/say/else")
    client.post("/api/v1/nowhere")
    after = metrics.render().decode()

    def count(text: str, labels: str) -> float:
        start = f"vaultportal_request_seconds_count{{{labels}}} "
        found = [line for line in text.splitlines() if line.startswith(start)]
        return float(found[0].removeprefix(start)) if found else 0.0

    said = 'method="GET",route="say",status="2xx"'
    assert count(after, said) - count(before, said) == 2
    lost = 'method="POST",route="unrouted",status="4xx"'
    assert count(after, lost) - count(before, lost) == 1
    assert "vaultportal_events_undispatched" in after
    assert "anything" not in after


def test_processes_are_added_up_and_the_dead_are_dropped_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code = (
        "import django; django.setup()\n"
        "from vaultportal.ops.metrics import meter\n"
        "meter.observe('counted-in-a-child', 'GET', 200, 0.1)"
    )
    for _ in range(2):
        subprocess.run([sys.executable, "-c", code], cwd=BASE_DIR, check=True, timeout=60)

    counted = (
        'vaultportal_request_seconds_count{method="GET",route="counted-in-a-child",status="2xx"}'
    )
    assert f"{counted} 2.0" in metrics.render().decode()

    monkeypatch.setattr(metrics, "MAX_FILES", 1)
    metrics.Meter().observe("first", "GET", 200, 0.1)
    assert f"{counted} 2.0" not in metrics.render().decode()
