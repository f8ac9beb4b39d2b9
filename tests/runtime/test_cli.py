"""What a person at the terminal is told when the set-up is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vaultportal.runtime.paths import BASE_DIR


def manage(place: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=BASE_DIR,
        env=os.environ | {"PORTAL_DATA_DIR": str(place / "data")} | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.usefixtures("empty_environment")
@pytest.mark.parametrize(
    ("arguments", "variables", "word"),
    [
        (["migrate"], {"DATABASE_URL": "sqlite:///x"}, "PostgreSQL 15 to 18"),
        (["migrate"], {"REDIS_URL": "amqp://x"}, "REDIS_URL must begin with"),
        (["serve", "--port", "eighty"], {}, "PORTAL_PORT must be a whole number."),
        (["serve", "--port", "70000"], {}, "PORTAL_PORT must be from 1 to 65535."),
        (["serve"], {"PORTAL_TLS": "maybe"}, "PORTAL_TLS must be one of"),
        (["web"], {"PORTAL_DATA_DIR": "/dev/null/data"}, "cannot be made"),
        (
            ["check"],
            {"PORTAL_SECRET_KEY_FILE": "/nowhere"},
            "PORTAL_SECRET_KEY_FILE cannot be read",
        ),
    ],
)
def test_a_wrong_value_stops_the_start_with_a_sentence(
    place: Path, arguments: list[str], variables: dict[str, str], word: str
) -> None:
    done = manage(place, *arguments, **variables)

    assert done.returncode == 1
    assert word in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("empty_environment")
def test_a_database_where_the_portal_never_ran_is_told_as_that(place: Path) -> None:
    done = manage(place, "verify_audit", REDIS_URL="redis://127.0.0.1:1/0")

    assert done.returncode == 1
    assert "The database is empty or older than this program: relation" in done.stderr
    assert "`manage.py migrate`" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("empty_environment")
def test_help_leaves_nothing_behind(place: Path) -> None:
    done = manage(place, "serve", "--help")

    assert done.returncode == 0
    assert "--no-worker" in done.stdout
    assert list(place.iterdir()) == []
