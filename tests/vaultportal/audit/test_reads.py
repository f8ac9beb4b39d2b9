"""Reads over time, of plaintext and without; many entries are counted out of the indexes alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection

from vaultportal import trail
from vaultportal.audit import reads
from vaultportal.audit.reads import Span
from vaultportal.identity.actor import Actor
from vaultportal.trail import Target

pytestmark = pytest.mark.django_db
THING = Target("thing", "1")

# Copies of one entry, an hour's worth a minute apart; the chain is of no matter here.
_MANY = """
INSERT INTO audit_auditentry (id, shard, seq, epoch, at, body, mac, actor_id, actor_name, action,
    target_kind, target_id, target_name, outcome, reason, request_id, address)
SELECT gen_random_uuid(), 0, 1000000 + n, 1, %s::timestamptz - n * interval '1 minute',
    '{}'::bytea, ''::bytea, %s, 'a', 'secret.read', 'secret', 't', 'n', 'success', 'Rotation',
    '', ''
FROM generate_series(1, %s) AS n
"""


def last_day() -> Span:
    until = datetime.now(UTC) + timedelta(minutes=1)
    return Span(until - timedelta(hours=24), timedelta(hours=1), 24)


def test_what_was_read_counts_as_plaintext_unless_only_masks_were(actor: Actor) -> None:
    masked = actor.with_(custom_audit="masked", reason="Maintenance")
    with trail.unit():
        trail.record(actor.with_(reason="Rotation"), "secret.read", THING)
        trail.record(actor, "object.read", THING, properties=["email.mask", "ssn"])
        trail.record(actor, "object.read", THING, properties=["email.mask", "ssn.mask"])
        trail.record(masked, "object.read", THING, properties=["email"])
        trail.record(actor, "secret.read", THING, outcome="refused")
        trail.record(actor, "secret.update", THING)

    plain = reads.count_reads(last_day(), plain=True)
    covered = reads.count_reads(last_day(), plain=False)

    assert (sum(plain.slots), plain.reasons) == (2, {"Rotation": 1, "AppFunctionality": 1})
    assert (sum(covered.slots), covered.reasons) == (2, {"Maintenance": 1, "AppFunctionality": 1})
    assert plain.slots[-1] == 2


def test_one_sees_what_oneself_read(actor: Actor) -> None:
    with trail.unit():
        trail.record(actor, "secret.read", THING)
        trail.record(actor.with_(user_id=uuid4()), "secret.read", THING)

    own = reads.count_reads(last_day(), plain=True, actor_id=actor.user_id)

    assert sum(own.slots) == 1


def test_many_are_counted_by_the_index_into_their_slots() -> None:
    span = last_day()
    with connection.cursor() as cursor:
        cursor.execute(_MANY, [span.until, uuid4(), 60 * 24 * 2])
        cursor.execute("ANALYZE audit_auditentry")
        # Which index serves is asked, not whether one pays at this size.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(
            "EXPLAIN SELECT reason, count(*) FROM audit_auditentry "  # noqa: S608 a constant
            f"WHERE at >= %s AND {reads.PLAIN} GROUP BY reason",
            [span.since],
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())

    found = reads.count_reads(span, plain=True)

    assert "Index Only Scan using audit_entry_plain_reads" in plan
    assert set(found.slots) == {60}
