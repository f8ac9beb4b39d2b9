"""Reads with AUDIT_READS=spool: accounted for before plaintext leaves, chained soon, once."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from tests.vaultportal.trail.children import reader
from vaultportal import trail
from vaultportal.audit import verification
from vaultportal.audit.models import AuditEntry
from vaultportal.errors import Unavailable
from vaultportal.events.models import Event
from vaultportal.events.shared import ACCESS_DENIED
from vaultportal.events.signals import emitted
from vaultportal.identity.actor import Actor
from vaultportal.trail import Target, orphans, spool

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def folder(db: None, tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """Where spools are kept in this test; what is left is shipped before the database goes."""
    settings.AUDIT_READS = "spool"
    settings.PORTAL_DATA_DIR = tmp_path
    yield tmp_path / "spool"
    spool._spool.close()


def read(actor: Actor, name: str) -> None:
    with trail.read_unit():
        trail.record(actor, "thing.read", Target("thing", name))
        trail.emit(ACCESS_DENIED, actor, id=name, name=name)


def names() -> list[str]:
    return sorted(AuditEntry.objects.values_list("target_id", flat=True))


def test_a_read_is_chained_soon_and_runs_no_statement(actor: Actor, folder: Path) -> None:
    shipped = threading.Event()

    def hear(**hint: object) -> None:
        shipped.set()

    emitted.connect(hear)
    try:
        with CaptureQueriesContext(connection) as captured:
            read(actor, "first")
        assert shipped.wait(10)
    finally:
        emitted.disconnect(hear)

    assert captured.captured_queries == []
    entry = AuditEntry.objects.get()
    assert (entry.target_id, entry.document["spooled"]) == ("first", True)
    assert Event.objects.get().payload["id"] == "first"
    assert list(verification.verify()) == []


def test_the_folder_and_its_files_are_closed_to_others(actor: Actor, folder: Path) -> None:
    read(actor, "first")

    (file,) = folder.iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_unit_inside_a_read_commits_by_itself(actor: Actor, folder: Path) -> None:
    with trail.read_unit():
        with trail.unit():
            trail.record(actor, "thing.change", Target("thing", "inner"))
        assert names() == ["inner"]


def test_a_failed_read_is_not_spooled(actor: Actor, folder: Path) -> None:
    with pytest.raises(LookupError), trail.read_unit():
        trail.record(actor, "thing.read")
        raise LookupError

    assert not folder.exists()


def test_what_a_killed_process_spooled_is_shipped_once(folder: Path, tmp_path: Path) -> None:
    with reader(tmp_path, reads=5) as said:
        assert said == ["plaintext"] * 5
        assert orphans.sweep() == 0  # its writer lives
        (file,) = folder.glob("*.jsonl")
        shutil.copy(file, tmp_path / "copy")

    assert orphans.sweep() == 1
    assert AuditEntry.objects.count() == Event.objects.count() == 5
    assert list(folder.iterdir()) == []

    # As if the sweep had died between its commit and the removal of the file.
    shutil.copy(tmp_path / "copy", file)
    assert orphans.sweep() == 1
    assert AuditEntry.objects.count() == Event.objects.count() == 5
    assert list(verification.verify()) == []


def test_a_full_disk_refuses_the_read_and_keeps_the_lines(folder: Path, tmp_path: Path) -> None:
    with reader(tmp_path, reads=4, room=2000) as said:
        assert said == ["plaintext"] * 2 + ["audit.unwritable"] * 2

    orphans.sweep()
    assert AuditEntry.objects.count() == 2


def test_a_folder_that_is_in_the_way_refuses_the_read(
    actor: Actor, folder: Path, tmp_path: Path
) -> None:
    folder.write_text("a file")

    with pytest.raises(Unavailable):
        read(actor, "first")


def test_an_unfinished_line_is_dropped_and_a_damaged_one_is_kept(
    folder: Path, tmp_path: Path
) -> None:
    with reader(tmp_path, reads=3):
        (file,) = folder.glob("*.jsonl")
    first, second, third = file.read_bytes().splitlines(keepends=True)

    file.write_bytes(first + second[:-1])
    orphans.sweep()
    assert AuditEntry.objects.count() == 1
    assert list(folder.iterdir()) == []

    file.write_bytes(b'{"entries":[{"id":"nonsense"}],"events":[]}\n' + third + b"\x00\x00\n")
    orphans.sweep()
    assert [path.suffix for path in folder.iterdir()] == [".damaged"]
    told = AuditEntry.objects.get(action="audit.spool_damaged")
    assert told.document["detail"] == {"file": file.stem, "lines": 2}
    assert AuditEntry.objects.filter(action="thing.read").count() == 2


def test_many_lines_are_shipped_in_order(folder: Path, tmp_path: Path) -> None:
    with reader(tmp_path, reads=1):
        (file,) = folder.glob("*.jsonl")
    line = orjson.loads(file.read_bytes())
    with file.open("wb") as out:
        for number in range(1200):
            line["entries"][0]["id"] = f"00000000-0000-7000-8000-{number:012d}"
            line["events"] = []
            out.write(orjson.dumps(line) + b"\n")

    orphans.sweep()

    assert AuditEntry.objects.count() == 1200
    assert list(verification.verify()) == []


def test_a_child_leaves_the_file_to_its_parent(actor: Actor, folder: Path) -> None:
    read(actor, "parent")
    writer = spool._spool
    pid = os.fork()
    if pid == 0:
        writer.leave_to_parent()
        os._exit(0 if writer._fd == -1 else 1)
    assert os.waitpid(pid, 0)[1] == 0

    assert orphans.sweep() == 0  # the parent's lock holds


def test_a_clean_end_ships_what_is_left(actor: Actor, folder: Path) -> None:
    read(actor, "first")
    read(actor, "second")

    spool._spool.close()

    assert names() == ["first", "second"]
    assert list(folder.iterdir()) == []
    read(actor, "third")  # whoever goes on reading begins a new file
    assert len(list(folder.iterdir())) == 1
