"""Bodies that nobody should send, and a count of all that they could leave behind."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from tests.portal import Portal

# The scheduler of a running portal writes these by itself; a refusal is counted in the others.
NOT_OF_CALLERS = {
    "audit_audithead",
    "audit_checkpoint",
    "audit_signingkey",
    "django_celery_beat_periodictask",
    "directory_guesscounter",
}
COUNTED_APART = {"audit_auditentry", "events_event"}
# What the portal itself does meanwhile, such as expiring what others left, has the actor of zeros.
SUCCESSES = """
    SELECT count(*) FROM audit_auditentry WHERE outcome = 'success'
    AND actor_id <> '00000000-0000-0000-0000-000000000000'"""
EVENTS = """
    SELECT count(*) FROM events_event WHERE type <> 'vault:access-denied'
    AND actor_id <> '00000000-0000-0000-0000-000000000000'"""


def bodies(inner: bytes, canary: bytes) -> dict[str, bytes]:
    """Requests whose JSON is not to be had, by what is wrong with them.

    inner: members of the right object, without the braces.
    """
    text = b'"' + canary + b'"'
    return {
        "nothing": b"",
        "cut short": b'{"note": ' + text,
        "text after the end": b"{" + inner + b"} " + text,
        "a bare word": canary,
        "no UTF-8": b"{" + inner + b', "note": "\xff\xfe"}',
        "UTF-16": ("{" + inner.decode() + "}").encode("utf-16"),
        "a byte order mark": b"\xef\xbb\xbf{" + inner + b"}",
        "NaN": b"{" + inner + b', "note": NaN}',
        "Infinity": b"{" + inner + b', "note": -Infinity}',
        "a lone surrogate": b"{" + inner + b', "note": "\\ud800"}',
        "a key twice": b"{" + inner + b', "note": 1, "note": ' + text + b"}",
        "101 deep": b"{" + inner + b', "note": ' + b"[" * 101 + b"]" * 101 + b"}",
        "100,000 deep": b'{"note": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        "objects 100,000 deep": b'{"a":' * 100_000 + text + b"}" * 100_000,
        "a number of 5,000 digits": b"{" + inner + b', "note": ' + b"9" * 5000 + b"}",
        "an array": b"[" + text + b"]",
        "a string": text,
        "null": b"null",
    }


def connect(portal: Portal) -> psycopg.Connection[tuple[Any, ...]]:
    """A session of the portal's database outside Django, in autocommit."""
    return psycopg.connect(portal.environment["DATABASE_URL"], autocommit=True)


def traces(portal: Portal) -> Mapping[str, int]:
    """Rows by table, events, and audit entries of success; refusals are left out."""
    with connect(portal) as session:
        tables = session.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        ).fetchall()
        wanted = {name for (name,) in tables} - NOT_OF_CALLERS - COUNTED_APART
        counts = {
            name: _count(session, sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name)))
            for name in sorted(wanted)
        }
        counts["successes"] = _count(session, sql.SQL(SUCCESSES))
        counts["events"] = _count(session, sql.SQL(EVENTS))
        return counts


def _count(session: psycopg.Connection[tuple[Any, ...]], query: sql.SQL | sql.Composed) -> int:
    row = session.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def send_raw(portal: Portal, head: str, body: bytes) -> bytes:
    """Send bytes as they are, end our side, and give back what comes, if anything."""
    place = urlsplit(portal.url)
    with socket.create_connection((place.hostname, place.port), timeout=20) as link:
        link.sendall(head.replace("\n", "\r\n").encode() + body)
        link.shutdown(socket.SHUT_WR)
        received = b""
        while part := _receive(link):
            received += part
        return received


def _receive(link: socket.socket) -> bytes:
    try:
        return link.recv(65536)
    except ConnectionResetError:
        return b""
