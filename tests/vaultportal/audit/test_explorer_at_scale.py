"""The explorer over a long trail: every filter goes along an index, whatever the length."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection

from tests import factories
from vaultportal.audit.selectors import Filter, entries
from vaultportal.audit.services import counting
from vaultportal.identity.actor import Actor

pytestmark = pytest.mark.django_db

ROWS = 30_000
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
# Not a true chain: only the columns that are searched matter here.
FILL = """
INSERT INTO audit_auditentry (id, shard, seq, epoch, at, body, mac, actor_id, actor_name, action,
    target_kind, target_id, target_name, outcome, reason, request_id, address)
SELECT (lpad(to_hex(((extract(epoch FROM at) * 1000))::bigint), 12, '0') || '7000'
        || '8000' || lpad(to_hex(n), 12, '0'))::uuid,
    n %% 16, 1000000 + n, 1, at, '{}', '', md5((n %% 500)::text)::uuid, 'somebody',
    'thing.' || n %% 300, 'thing', 'id-' || n %% 5000, 'name-' || n %% 5000,
    CASE WHEN n %% 400 = 0 THEN 'refused' ELSE 'success' END,
    CASE WHEN n %% 3 = 0 THEN 'Reason' || n %% 100 ELSE '' END, 'r', '192.0.2.' || n %% 250
FROM (SELECT n, %s::timestamptz + n * interval '1 minute' AS at
      FROM generate_series(1, %s) AS n) AS made
"""


@pytest.fixture(scope="module")
def filters() -> dict[str, Filter]:
    somebody = UUID("c4ca4238-a0b9-2382-0dcc-509a6f75849b")  # md5 of "1"
    return {
        "actor": Filter(actor_id=somebody),
        "action": Filter(action="thing.7"),
        "target": Filter(target_id="id-77"),
        "name": Filter(target_name="name-77"),
        "reason": Filter(reason="Reason7"),
        "outcome": Filter(outcome="refused"),
        "address": Filter(address="192.0.2.7"),
        "time": Filter(since=BEGIN + timedelta(days=2), until=BEGIN + timedelta(days=3)),
        "nothing": Filter(),
    }


def fill(rows: int) -> Actor:
    """Somebody who may see a trail of ``rows`` entries."""
    with connection.cursor() as cursor:
        cursor.execute(FILL, [BEGIN, rows])
        cursor.execute("ANALYZE audit_auditentry")
    return factories.as_admin()


def test_no_filter_reads_the_whole_trail_for_a_page(filters: dict[str, Filter]) -> None:
    auditor = fill(ROWS)
    plans = {name: entries(auditor, wanted)[:51].explain() for name, wanted in filters.items()}

    assert {name: plan for name, plan in plans.items() if "Seq Scan" in plan} == {}
    found = {name: len(entries(auditor, wanted)[:51]) for name, wanted in filters.items()}
    assert 0 not in found.values(), found


def test_the_histogram_counts_what_matches_in_equal_stretches() -> None:
    auditor = fill(4500)
    since, until = BEGIN, BEGIN + timedelta(minutes=4000)
    wanted = Filter(since=since, until=until)

    found = counting.histogram(entries(auditor, wanted), since, until)

    assert found is not None
    assert (found.total, found.step, found.is_cut) == (3999, timedelta(minutes=100), False)
    assert set(found.counts[1:]) == {100}
    assert counting.histogram(entries(auditor, Filter(action="no.such")), None, None) is None
