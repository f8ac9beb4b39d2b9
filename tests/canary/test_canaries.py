"""No secret is anywhere on the disk in a form that could be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import redis

from tests.canary import scan
from tests.canary.plant import Planter
from tests.chaos.served import Served, served
from vaultportal.runtime.services import VALKEY_PASSWORD

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def test_planted_secrets_are_in_no_file_and_no_row() -> None:
    with served() as portal:
        portal.start()
        portal.await_ready()
        planter = Planter(portal, portal.bootstrap())
        planter.plant()
        broker_marker = "broker" + planter.marker
        _flush_broker(portal, broker_marker)
        with portal.connect() as session:
            session.execute("CHECKPOINT")
            marked_tables = {table for _, table in scan.in_tables(_only(planter.marker), session)}
            leaking_tables = scan.in_tables(planter.words, session)
        assert all(_core_limit(pid) == "0" for pid in portal.pids("manage.py"))

        marked = {path for _, path in scan.in_files(_only(planter.marker), _written(portal))}
        broker = {path for _, path in scan.in_files(_only(broker_marker), _written(portal))}
        leaking = scan.in_files(planter.words, _written(portal))
        kinds = {_kind(portal, Path(path)) for path in marked | broker}

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


def _written(portal: Served) -> list[Path]:
    """Data folder, temporary files, logs: all but the keys."""
    folders = [portal.layout.data, portal.temporary]
    if not portal.layout.sockets.is_relative_to(portal.layout.data):
        folders.append(portal.layout.sockets)
    return [*scan.files(*folders), portal.log_path]


def _kind(portal: Served, path: Path) -> str:
    if path.is_relative_to(portal.layout.postgres / "pg_wal"):
        return "wal"
    if path.is_relative_to(portal.layout.postgres):
        return "table"
    return "valkey" if path.is_relative_to(portal.layout.valkey) else "other"


def _flush_broker(portal: Served, marker: str) -> None:
    """All that the broker holds goes to its files: the log of commands and a snapshot."""
    password = (portal.layout.keys / VALKEY_PASSWORD).read_text().strip()
    socket = str(portal.layout.valkey_socket)
    client = redis.Redis(unix_socket_path=socket, password=password)
    client.set(marker, marker)
    client.save()
    client.close()


def _core_limit(pid: int) -> str:
    """The soft limit of core files: a core would hold keys."""
    text = Path(f"/proc/{pid}/limits").read_text()
    found = re.search(r"Max core file size\s+(\S+)", text)
    assert found is not None
    return found[1]
