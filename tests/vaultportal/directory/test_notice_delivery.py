"""Mails to people about their accounts: sent once, and what a failure does."""

from __future__ import annotations

import socket
import threading
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from tests.factories import as_admin
from tests.mail import SENDER, MailBox
from tests.vaultportal.directory.notice_kit import (
    Kind,
    deliver,
    make_due,
    person,
)
from tests.vaultportal.outbound.servers import raw_server
from vaultportal.directory import notices, tasks
from vaultportal.directory.mail_server import MailServer
from vaultportal.directory.models import Notice

pytestmark = pytest.mark.django_db


def test_a_server_that_is_down_is_tried_again_under_the_same_id(
    box: MailBox, settings: Settings
) -> None:
    notices.tell(as_admin(), person(), Kind.PASSWORD)
    settings.PORTAL_MAIL = box.server(port=1)
    deliver()

    row = Notice.objects.get()
    assert (row.state, row.failure, row.attempts) == ("waiting", "unreachable", 1)
    assert row.due_at is not None
    assert timedelta() < row.due_at - timezone.now() <= notices.PAUSES[0]
    assert notices.due() == []

    settings.PORTAL_MAIL = box.server()
    make_due(row)
    deliver()

    row.refresh_from_db()
    assert (row.state, row.attempts, len(box.letters)) == ("sent", 2, 1)
    assert box.letters[0].message["Message-ID"] == f"<{row.pk}@example.com>"


def test_pauses_grow_until_it_is_given_up(box: MailBox) -> None:
    notices.tell(as_admin(), person(), Kind.PASSWORD)
    row = Notice.objects.get()
    box.refusal = "451 4.3.0 later\r\n"
    for pause in notices.PAUSES:
        make_due(row)
        deliver()
        row.refresh_from_db()
        assert row.due_at is not None
        assert pause - timedelta(minutes=1) < row.due_at - timezone.now() <= pause
    make_due(row)
    deliver()

    row.refresh_from_db()
    assert (row.state, row.failure, row.said) == ("failed", "recipient", "451 4.3.0 later")
    assert row.attempts == len(notices.PAUSES) + 1


def test_a_mailbox_that_does_not_exist_is_not_tried_again(box: MailBox) -> None:
    notices.tell(as_admin(), person(), Kind.PASSWORD)
    box.refusal = "550 5.1.1 nobody \x1b[31mhere"
    deliver()

    row = Notice.objects.get()
    assert (row.state, row.said) == ("failed", "550 5.1.1 nobody [31mhere")


def test_a_worker_that_died_leaves_it_to_another_once_its_time_is_over(box: MailBox) -> None:
    notices.tell(as_admin(), person(), Kind.PASSWORD)
    row = Notice.objects.get()
    in_hand = timezone.now() + notices.LEASE
    Notice.objects.filter(pk=row.pk).update(attempts=1, due_at=in_hand)
    tasks.send_notice(str(row.pk))
    assert (notices.due(), box.letters) == ([], [])

    make_due(row)
    deliver()

    assert len(box.letters) == 1


def test_one_sends_at_a_time_and_goes_on_with_what_others_left(box: MailBox) -> None:
    for _ in range(3):
        notices.tell(as_admin(), person(), Kind.PASSWORD)
    first, second, _ = notices.due()
    parameters = connection.get_connection_params()
    own = {
        key: parameters[key]
        for key in ("dbname", "user", "password", "host", "port")
        if key in parameters
    }
    with psycopg.connect(**own) as other:
        other.execute("SELECT pg_advisory_lock(hashtext('directory.mail'))")
        tasks.send_notice(str(second))
        assert box.letters == []
        assert Notice.objects.filter(attempts=0).count() == 3
        # The end of a session gives its locks back a moment later.
        other.execute("SELECT pg_advisory_unlock(hashtext('directory.mail'))")

    tasks.send_notice(str(first))

    assert (len(box.letters), notices.due()) == (3, [])
    with psycopg.connect(**own) as other:
        free = other.execute("SELECT pg_try_advisory_lock(hashtext('directory.mail'))").fetchone()
    assert free == (True,)


def test_a_server_that_is_down_is_asked_once_in_a_turn(box: MailBox, settings: Settings) -> None:
    for _ in range(3):
        notices.tell(as_admin(), person(), Kind.PASSWORD)
    settings.PORTAL_MAIL = box.server(port=1)

    tasks.send_notice(str(notices.due()[0]))

    assert sorted(Notice.objects.values_list("attempts", flat=True)) == [0, 0, 1]


def test_a_server_that_dribbles_has_an_attempt_in_all(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()

    def dribble(connection: socket.socket) -> None:
        while not over.wait(0.05):
            connection.sendall(b"220-wait\r\n")

    monkeypatch.setattr(notices, "ATTEMPT_SECONDS", 0.3)
    with raw_server(dribble) as port:
        settings.PORTAL_MAIL = MailServer("127.0.0.1", port, SENDER, "none")
        notices.tell(as_admin(), person(), Kind.PASSWORD)
        deliver()
        over.set()

    row = Notice.objects.get()
    assert (row.state, row.failure, row.attempts) == ("waiting", "time", 1)
    assert timedelta(seconds=notices.ATTEMPT_SECONDS) < notices.LEASE


def test_a_message_for_what_is_gone_does_nothing(box: MailBox) -> None:
    user = person()
    notices.tell(as_admin(), user, Kind.PASSWORD)
    [notice_id] = notices.due()
    user.delete()

    for each in (notice_id, UUID(int=1)):
        tasks.send_notice(str(each))

    assert box.letters == []


def test_old_notices_are_deleted() -> None:
    made = [
        Notice.objects.create(user=person(), kind=Kind.PASSWORD, recipient="a@example.com")
        for _ in range(2)
    ]
    long_ago = timezone.now() - notices.KEPT
    Notice.objects.filter(pk=made[0].pk).update(created_at=long_ago)

    assert notices.sweep() == 1
    assert Notice.objects.get().pk == made[1].pk
