"""Whatever is done to the trail behind the portal's back is reported."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier

import pytest
from django.db import DatabaseError, connection, transaction

from tests import factories
from tests.vaultportal.audit.conftest import Forge
from vaultportal import trail
from vaultportal.audit import verification
from vaultportal.audit.models import AuditEntry, AuditHead
from vaultportal.identity.actor import Actor
from vaultportal.trail import Target

pytestmark = pytest.mark.django_db


class Undo(Exception):
    """Leaves a savepoint without keeping what was done in it."""


@contextmanager
def undone() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
            raise Undo
    except Undo:
        return


def kinds() -> set[str]:
    return {found.kind for found in verification.verify() if found.fatal}


def longest() -> int:
    """The shard with most entries."""
    head = AuditHead.objects.order_by("-seq").first()
    assert head is not None
    assert head.seq >= 3
    return head.shard


def test_an_untouched_trail_is_whole(written: Actor) -> None:
    assert list(verification.verify()) == []
    assert verification.count() == AuditEntry.objects.count() == 40


def test_pages_are_read_to_the_end(written: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "PAGE", 2)
    walked: list[int] = []

    assert list(verification.verify(walked=walked.append)) == []
    assert sum(walked) == 40


@pytest.mark.django_db(transaction=True)
def test_eight_writers_at_once_leave_whole_chains() -> None:
    actor = factories.actor_of(factories.make_person())
    together = Barrier(8)

    def work(writer: int) -> None:
        together.wait()
        try:
            for number in range(40):
                with trail.unit():
                    for part in range(1 + number % 3):
                        target = Target("thing", f"{writer}-{number}-{part}")
                        trail.record(actor, "thing.do", target)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(work, writer) for writer in range(8)]:
            done.result()

    assert list(verification.verify()) == []
    assert AuditEntry.objects.count() == verification.count() == 8 * (14 + 13 * 2 + 13 * 3)


@pytest.mark.django_db(transaction=True)
def test_when_all_chains_are_taken_a_writer_waits_for_one() -> None:
    actor = factories.actor_of(factories.make_person())

    def write() -> None:
        try:
            with trail.unit():
                trail.record(actor, "thing.do", Target("thing", "1"))
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            list(AuditHead.objects.select_for_update())
            waiting = pool.submit(write)
            await_lock_wait()
            assert not waiting.done()
        waiting.result(timeout=30)

    assert AuditEntry.objects.count() == 1
    assert list(verification.verify()) == []


def await_lock_wait() -> None:
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with connection.cursor() as cursor:
        while True:
            cursor.execute(waits)
            if (cursor.fetchone() or (0,))[0]:
                return


def test_every_byte_of_a_body_counts(written: Actor, forge: Forge) -> None:
    entry = AuditEntry.objects.filter(shard=longest())[1]

    for place in range(len(entry.body)):
        with undone():
            body = bytearray(entry.body)
            body[place] ^= 1
            forge("UPDATE audit_auditentry SET body = %s WHERE id = %s", bytes(body), entry.id)
            assert "mac" in kinds(), place


def test_every_byte_of_a_mac_counts(written: Actor, forge: Forge) -> None:
    newest = AuditEntry.objects.filter(shard=longest())[0]

    for place in range(32):
        with undone():
            mac = bytearray(newest.mac)
            mac[place] ^= 128
            forge("UPDATE audit_auditentry SET mac = %s WHERE id = %s", bytes(mac), newest.id)
            assert kinds() == {"mac", "head"}, place


@pytest.mark.parametrize(
    ("change", "reported"),
    [
        ("epoch = 2", "key"),
        ("at = at + interval '1 microsecond'", "columns"),
        ("id = gen_random_uuid()", "columns"),
        ("actor_id = gen_random_uuid()", "columns"),
        ("actor_name = actor_name || ' '", "columns"),
        ("action = 'thing.undo'", "columns"),
        ("target_kind = 'thong'", "columns"),
        ("target_id = 'id-99'", "columns"),
        ("target_name = ''", "columns"),
        ("outcome = 'failure'", "columns"),
        ("reason = ''", "columns"),
        ("request_id = 'another'", "columns"),
        ("address = '203.0.113.9'", "columns"),
        ("seq = seq + 1000", "gap"),
        ("shard = 77", "shard"),
    ],
)
def test_every_column_counts(written: Actor, forge: Forge, change: str, reported: str) -> None:
    middle = AuditEntry.objects.filter(shard=longest())[1]

    statement = f"UPDATE audit_auditentry SET {change} WHERE id = %s"  # noqa: S608 our own words
    forge(statement, middle.id)

    assert reported in kinds()


def test_a_deleted_entry_is_reported(written: Actor, forge: Forge) -> None:
    shard = longest()
    middle = AuditEntry.objects.filter(shard=shard)[1]

    forge("DELETE FROM audit_auditentry WHERE id = %s", middle.id)

    first = next(verification.verify())
    assert (first.kind, first.shard, first.seq) == ("gap", shard, middle.seq)


def test_swapped_entries_are_reported(written: Actor, forge: Forge) -> None:
    newest, before = AuditEntry.objects.filter(shard=longest())[:2]
    seqs = (before.seq, newest.seq)

    forge("UPDATE audit_auditentry SET seq = -1 WHERE id = %s", newest.id)
    forge("UPDATE audit_auditentry SET seq = %s WHERE id = %s", seqs[1], before.id)
    forge("UPDATE audit_auditentry SET seq = %s WHERE id = %s", seqs[0], newest.id)

    assert "mac" in kinds()


def test_an_entry_moved_to_another_chain_is_reported(written: Actor, forge: Forge) -> None:
    shard = longest()
    other = AuditHead.objects.exclude(shard=shard).latest("seq")
    newest = AuditEntry.objects.filter(shard=shard)[0]

    forge(
        "UPDATE audit_auditentry SET shard = %s, seq = %s WHERE id = %s",
        *(other.shard, other.seq + 1, newest.id),
    )
    forge(
        "UPDATE audit_audithead SET seq = seq + 1, mac = %s WHERE shard = %s",
        newest.mac,
        other.shard,
    )

    assert {"mac", "gap"} <= kinds()


def test_an_inserted_entry_is_reported(written: Actor, forge: Forge) -> None:
    shard = longest()

    forge(
        "INSERT INTO audit_auditentry SELECT (jsonb_populate_record(entry, jsonb_build_object("
        "'id', gen_random_uuid(), 'seq', seq + 1))).* FROM audit_auditentry entry "
        "WHERE shard = %s ORDER BY seq DESC LIMIT 1",
        shard,
    )
    assert kinds() == {"head"}

    forge("UPDATE audit_audithead SET seq = seq + 1 WHERE shard = %s", shard)
    assert {"mac", "columns"} <= kinds()


def test_an_entry_made_under_a_foreign_key_is_reported(written: Actor, forge: Forge) -> None:
    newest = AuditEntry.objects.filter(shard=longest())[0]
    forged = bytes(newest.body).replace(b"success", b"failure")

    forge("UPDATE audit_auditentry SET body = %s WHERE id = %s", forged, newest.id)

    assert {"mac", "columns"} <= kinds()


def test_a_tail_cut_off_without_the_head_is_reported(written: Actor, forge: Forge) -> None:
    shard = longest()

    forge(
        "DELETE FROM audit_auditentry WHERE shard = %s "
        "AND seq > (SELECT seq - 2 FROM audit_audithead WHERE shard = %s)",
        *(shard, shard),
    )

    assert kinds() == {"gap"}


@pytest.mark.parametrize("change", ["seq = seq - 1", "mac = decode(repeat('00', 32), 'hex')"])
def test_a_moved_head_is_reported(written: Actor, forge: Forge, change: str) -> None:
    statement = f"UPDATE audit_audithead SET {change} WHERE shard = %s"  # noqa: S608 our own words
    forge(statement, longest())

    assert kinds() == {"head"}


def test_a_missing_head_is_reported(written: Actor, forge: Forge) -> None:
    forge("DELETE FROM audit_audithead WHERE shard = %s", longest())

    assert kinds() == {"head"}


def test_a_clock_that_ran_backwards_is_told_and_not_fatal(actor: Actor, forge: Forge) -> None:
    from_now = "UPDATE audit_auditentry SET at = at + interval '1 hour'"
    for _ in range(2):
        with trail.unit():
            trail.record(actor, "thing.do", Target("thing", "1"))
    older, _ = AuditEntry.objects.order_by("seq")

    forge(f"{from_now} WHERE id = %s", older.id)

    assert [found.kind for found in verification.verify() if not found.fatal] == ["clock"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditentry SET outcome = 'success'",
        "DELETE FROM audit_auditentry",
        "TRUNCATE audit_auditentry",
        "UPDATE audit_checkpoint SET signature = ''",
        "DELETE FROM audit_checkpoint",
        "TRUNCATE audit_checkpoint",
        "UPDATE audit_signingkey SET public = ''",
        "DELETE FROM audit_signingkey",
        "TRUNCATE audit_signingkey CASCADE",
        "DELETE FROM audit_audithead",
        "TRUNCATE audit_audithead",
    ],
)
def test_the_database_refuses_to_rewrite(written: Actor, statement: str) -> None:
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)

    assert list(verification.verify()) == []
