"""No secret is anywhere on the disk in a form that could be read."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
import redis
from psycopg import sql

from tests.canary import scan
from tests.canary.plant import Planter
from tests.portal import Portal, run_portal
from tests.processes import family
from tests.services import TestServices

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def test_planted_secrets_are_in_no_file_and_no_row(
    migrated: TestServices, worker_name: str, tmp_path: Path
) -> None:
    name = f"canary-{worker_name}"
    with run_portal(migrated, name, TMPDIR=str(tmp_path)) as portal:
        planter = Planter(portal)
        planter.plant()
        broker_marker = "broker" + planter.marker
        _flush_broker(portal, broker_marker)
        with psycopg.connect(portal.environment["DATABASE_URL"], autocommit=True) as session:
            _checkpoint(migrated, f"checkpoint_{worker_name}")
            marked_tables = {table for _, table in scan.in_tables(_only(planter.marker), session)}
            leaking_tables = scan.in_tables(planter.words, session)
            # Written to the log of changes at the end, for segments are reused under load.
            session.execute("SELECT pg_logical_emit_message(false, 'marker', %s)", [planter.marker])
        assert _core_limits(portal) == {"0"}

        written = _written(migrated, portal, tmp_path)
        marked = scan.in_files(_only(planter.marker), written)
        broker = scan.in_files(_only(broker_marker), written)
        leaking = scan.in_files(planter.words, written)
        kinds = {_kind(migrated, Path(path)) for _, path in marked | broker}

    # The scan finds what is kept in clear on purpose, in each kind of place.
    assert {"collections_app_object", "secrets_app_secret"} <= marked_tables
    assert {"table", "wal", "valkey"} <= kinds
    assert len(planter.words) >= 30
    assert leaking_tables == set()
    assert leaking == set()


def test_the_scan_knows_a_word_in_every_spelling(tmp_path: Path) -> None:
    words = {"it": "cnry0123456789abcdef"}
    for number, form in enumerate(scan.spellings(words["it"])):
        (tmp_path / str(number)).write_bytes(b"before" + form + b"after")

    assert len(scan.in_files(words, scan.files(tmp_path))) == len(scan.spellings(words["it"]))


def _only(word: str) -> dict[str, str]:
    return {"marker": word}


def _written(services: TestServices, portal: Portal, temporary: Path) -> list[Path]:
    """Database, log of its changes, broker, the portal's data folder and log, temporary files."""
    folders = [services.layout.data, portal.data_dir, temporary]
    return [*scan.files(*folders), portal.log_path]


def _kind(services: TestServices, path: Path) -> str:
    if path.is_relative_to(services.layout.postgres / "pg_wal"):
        return "wal"
    if path.is_relative_to(services.layout.postgres):
        return "table"
    return "valkey" if path.is_relative_to(services.layout.valkey) else "other"


def _checkpoint(services: TestServices, name: str) -> None:
    """Have all pages written: dropping a database does so, and asks for no right of its own."""
    services.copy_database(name)
    with services.connect("postgres") as session:
        session.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


def _flush_broker(portal: Portal, marker: str) -> None:
    """All that the broker holds goes to its files: the log of commands and a snapshot."""
    client = redis.Redis.from_url(portal.environment["REDIS_URL"])
    client.set(marker, marker)
    client.save()
    client.close()


def _core_limits(portal: Portal) -> set[str]:
    """The soft limits of core files of all its processes: a core would hold keys."""
    found = set()
    for pid in (*portal.pids, *family(portal.data_dir, portal.pids)):
        with suppress(OSError):  # gone meanwhile
            limits = Path(f"/proc/{pid}/limits").read_text()
            found.update(re.findall(r"Max core file size\s+(\S+)", limits))
    return found
