"""Entries on their way out, over real sockets: all of them, in order, whoever dies meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from uuid import UUID

import orjson
import pytest
from django.conf import LazySettings
from django.db import connection, transaction
from django.utils import timezone

from tests import factories
from tests.receiver import Received, Receiver, Reply
from tests.vaultportal.outbound.servers import make_certificate
from tests.vaultportal.shipping.conftest import due_again, everything, write
from tests.vaultportal.shipping.receivers import LogServer
from vaultportal.audit import checkpoints
from vaultportal.audit.models import LogTarget
from vaultportal.shipping import backlog, tasks, work
from vaultportal.shipping.services import targets
from vaultportal.shipping.services.targets import TargetFields

pytestmark = pytest.mark.usefixtures("open_rules")

Kind = LogTarget.Kind
TOKEN = "canary-5f1c02e9d7"


def made(address: str, kind: str = Kind.SYSLOG_TCP, **given: str) -> LogTarget:
    fields = TargetFields(factories.unique("logs"), kind, address, **given)
    return targets.create_target(factories.as_admin(), fields)


def in_order(places: list[tuple[int, int]]) -> bool:
    """Whether the numbers of each chain come one after the other."""
    return all(
        [seq for chain, seq in places if chain == shard]
        == list(range(1, 1 + sum(chain == shard for chain, _ in places)))
        for shard in range(16)
    )


@pytest.mark.django_db
def test_each_entry_arrives_once_in_the_order_of_its_chain() -> None:
    with LogServer().running() as server:
        target = made(server.address)
        write(60)

        assert not work.run(target.pk)
        assert not work.run(target.pk)  # nothing waits any more

    target.refresh_from_db()
    assert len(server.places) == len(everything()) == target.sent
    assert set(server.places) == everything()
    assert in_order(server.places)
    assert backlog.behind(target) == 0
    assert target.last_sent_at is not None
    assert target.claim is None


@pytest.mark.django_db
def test_a_new_target_may_begin_with_what_comes_from_now_on() -> None:
    write(5)
    before = everything()
    with LogServer().running() as server:
        fields = TargetFields("from now on", Kind.SYSLOG_TCP, server.address)
        target = targets.create_target(factories.as_admin(), fields, from_start=False)
        work.run(target.pk)

    assert set(server.places) == everything() - before


@pytest.mark.django_db
def test_what_a_receiver_had_not_read_when_it_died_comes_again() -> None:
    with LogServer(dies_after=9000).running() as server:
        target = made(server.address)
        write(40)

        assert not work.run(target.pk)
        target.refresh_from_db()
        assert target.error == "outbound.lost"
        assert target.failing_since is not None
        assert 0 < len(server.places) < len(everything())
        assert set(target.positions) == {0}
        assert not work.run(target.pk)  # it waits
        assert server.connections == 1

        due_again(target)
        assert not work.run(target.pk)

    target.refresh_from_db()
    assert set(server.places) == everything()
    assert LogTarget.objects.filter(failing_since=None, failures=0, error="outbound.lost").exists()


@pytest.mark.django_db
def test_where_a_worker_died_the_next_goes_on() -> None:
    with LogServer().running() as server:
        target = made(server.address)
        write(3)
        dead = backlog.claim(target.pk)
        assert dead is not None

        assert not work.run(target.pk)
        assert server.connections == 0
        due_again(target)
        assert not work.run(target.pk)
        # What the dead one would say when it comes back to life is not believed.
        assert not backlog.settle(dead, backlog.next_batch(dead))
        backlog.fail(dead, "late")

    target.refresh_from_db()
    assert len(server.places) == len(everything()) == target.sent
    assert target.error == ""


@pytest.mark.django_db(transaction=True)
def test_an_entry_that_is_committed_late_is_not_missed() -> None:
    with LogServer().running() as server, ThreadPoolExecutor(1) as other:
        target = made(server.address)
        with transaction.atomic():
            write(1)  # it has its place in a chain now, and nobody sees it
            other.submit(_write_and_ship, target.pk).result(timeout=60)
            early = set(server.places)
        assert early == everything() - {max(everything() - early)}
        work.run(target.pk)

    assert len(server.places) == len(everything())
    assert in_order(server.places)


def _write_and_ship(target_id: UUID) -> None:
    try:
        write(20)
        work.run(target_id)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_one_sends() -> None:
    together = Barrier(2)

    def ship(target_id: UUID) -> None:
        together.wait()
        try:
            work.run(target_id)
        finally:
            connection.close()

    with LogServer().running() as server, ThreadPoolExecutor(2) as pool:
        target = made(server.address)
        write(30)
        for done in [pool.submit(ship, target.pk) for _ in range(2)]:
            done.result(timeout=60)

    assert len(server.places) == len(everything())


@pytest.mark.django_db
def test_over_tls_with_an_authority_of_ones_own(tmp_path: Path) -> None:
    chain = make_certificate(tmp_path, "127.0.0.1")
    with LogServer(says_goodbye=True).running(chain) as server:
        ca = "Zoë, as openssl writes above it\n" + certificate_of(chain)
        target = made(server.address, Kind.SYSLOG_TLS, ca=ca)
        write(10)
        work.run(target.pk)
        rude = LogServer()
        with rude.running(chain):
            LogTarget.objects.update(address=rude.address, positions=[0] * 16)
            work.run(target.pk)

    target.refresh_from_db()
    assert (target.error, set(server.places)) == ("", everything())
    assert set(rude.places) == everything()


@pytest.mark.django_db
def test_a_certificate_of_somebody_else_is_refused(tmp_path: Path) -> None:
    trusted = make_certificate(tmp_path, "127.0.0.1")
    (tmp_path / "other").mkdir()
    strange = make_certificate(tmp_path / "other", "127.0.0.1")
    named = make_certificate(tmp_path, "logs.example.com")
    write(1)
    for chain, believed in ((strange, trusted), (named, named), (trusted, None)):
        with LogServer().running(chain) as server:
            ca = certificate_of(believed) if believed else ""
            target = made(server.address, Kind.SYSLOG_TLS, ca=ca)
            work.run(target.pk)
        target.refresh_from_db()
        assert (target.error, server.messages) == ("outbound.certificate", [])


def certificate_of(chain: Path) -> str:
    text = chain.read_text()
    return text[: text.index("-----BEGIN PRIVATE")]


@pytest.mark.django_db
def test_a_web_address_gets_lines_and_the_token_and_may_refuse(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(0)
    answers = [503, 204]

    def answer(_received: Received) -> Reply:
        return Reply(answers.pop(0), b"", {})

    with Receiver(answer).running() as receiver:
        target = made(receiver.url + "/in", Kind.HTTPS, credential=TOKEN)
        write(5)
        work.run(target.pk)
        target.refresh_from_db()
        assert target.error == "status.503"
        due_again(target)
        work.run(target.pk)

    first, second = receiver.requests
    assert first.body == second.body
    assert len(second.body.splitlines()) == len(everything())
    assert second.headers["authorization"] == f"Bearer {TOKEN}"
    assert second.headers["content-type"] == "application/x-ndjson"
    with connection.cursor() as cursor:
        cursor.execute("SELECT target::text FROM audit_logtarget target")
        kept = str(cursor.fetchall())
    assert TOKEN not in caplog.text + kept + repr(target)
    assert TOKEN.encode().hex() not in kept


@pytest.mark.django_db
def test_a_receiver_with_a_limit_gets_less_until_it_takes_it() -> None:
    most = 20

    def answer(received: Received) -> Reply:
        return Reply(413 if len(received.body.splitlines()) > most else 204, b"", {})

    with Receiver(answer).running() as receiver:
        target = made(receiver.url, Kind.HTTPS)
        write(100)
        assert not work.run(target.pk, seconds=60)

    sent = [each.body.splitlines() for each in receiver.requests]
    assert len(sent[0]) > most
    taken = [line for body in sent if len(body) <= most for line in body]
    assert len(set(taken)) == len(taken) == len(everything())
    target.refresh_from_db()
    assert (target.error, target.failures) == ("", 0)


@pytest.mark.django_db
def test_checkpoints_go_along_and_serve_as_the_outside_copy(tmp_path: Path) -> None:
    with LogServer().running() as server:
        target = made(server.address)
        for _ in range(3):
            write(2)
            checkpoints.take()
        work.run(target.pk)

    copy = tmp_path / "checkpoints"
    parts = [message[message.index(b"{") :] for message in server.messages]
    copy.write_bytes(b"".join(part + b"\n" for part in parts if b'{"checkpoint"' in part[:20]))
    assert len(copy.read_bytes().splitlines()) == 3
    assert list(checkpoints.breaks_against(copy)) == []
    target.refresh_from_db()
    assert target.checkpoint == 3


@pytest.mark.django_db
def test_nothing_goes_where_the_rules_have_been_closed(settings: LazySettings) -> None:
    with LogServer().running() as server:
        target = made(server.address)
        settings.TRIGGERS_EGRESS_ALLOW = []
        work.run(target.pk)
        target.refresh_from_db()
        assert target.error == "outbound.address"
        settings.TRIGGERS_ALLOW_HTTP = False
        due_again(target)
        work.run(target.pk)

    target.refresh_from_db()
    assert (target.error, server.connections) == ("outbound.plain", 0)


def damage(table: str) -> None:
    """The first row is no JSON any more, as a fault of a disk or somebody's hand would leave it."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(
            f"UPDATE {table} SET body = %s WHERE ctid = (SELECT min(ctid) FROM {table})",  # noqa: S608
            [b"\x00\xff"],
        )
        assert cursor.rowcount == 1
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@pytest.mark.django_db
def test_a_damaged_entry_does_not_hold_up_those_behind_it() -> None:
    write(20)
    with LogServer().running() as server:
        target = made(server.address)
        damage("audit_auditentry")
        assert not work.run(target.pk)

    target.refresh_from_db()
    assert (target.error, set(server.places)) == ("", everything())
    assert [each["unreadable"] for each in server.objects if "unreadable" in each] == ["AP8="]


@pytest.mark.django_db
def test_what_cannot_be_made_ready_is_seen_as_failing() -> None:
    target = made("127.0.0.1:6514")
    checkpoints.take()
    damage("audit_checkpoint")

    with pytest.raises(orjson.JSONDecodeError):
        work.run(target.pk)

    target.refresh_from_db()
    assert (target.error, target.claim, target.failures) == (work.INTERNAL, None, 1)
    assert target.failing_since is not None


@pytest.mark.django_db
def test_the_wait_doubles_up_to_five_minutes() -> None:
    target = made("127.0.0.1:6514")
    waits = []
    for _ in range(9):
        taken = backlog.claim(due_again(target).pk)
        assert taken is not None
        backlog.fail(taken, "outbound.connect")
        target.refresh_from_db()
        waits.append(round((target.next_at - timezone.now()).total_seconds()))

    assert waits == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    assert target.failing_since is not None


@pytest.mark.django_db
def test_only_who_has_something_to_get_and_is_free_is_rung_for() -> None:
    with LogServer().running() as server:
        target, off = made(server.address), made(server.address)
        targets.switch_target(factories.as_admin(), off.pk, on=False)
        assert backlog.due() == [target.pk]
        assert backlog.claim(off.pk) is None
        tasks.ship(str(target.pk))
        assert backlog.due() == []
        write(1)
        assert backlog.due() == [target.pk]
        backlog.claim(target.pk)
        assert backlog.due() == []
