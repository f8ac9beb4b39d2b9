"""Units of work: all or nothing, in one statement or two."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from vaultportal import trail
from vaultportal.audit import chain, verification
from vaultportal.audit.models import AuditEntry
from vaultportal.events.models import Event
from vaultportal.events.shared import ACCESS_DENIED
from vaultportal.events.signals import emitted
from vaultportal.identity.actor import Actor
from vaultportal.trail import Target

pytestmark = pytest.mark.django_db

FRAME = ("SAVEPOINT", "RELEASE SAVEPOINT", "BEGIN", "COMMIT")


def act(actor: Actor, name: str = "first") -> None:
    trail.record(actor, "thing.do", Target("thing", name, name, 3), colour="blue")
    trail.emit(ACCESS_DENIED, actor, id=name, name=name, operation="thing.do")


def statements(captured: CaptureQueriesContext) -> list[str]:
    texts = [query["sql"] for query in captured.captured_queries]
    return [text for text in texts if not text.startswith(FRAME)]


def test_a_unit_writes_its_entry_and_its_event(actor: Actor) -> None:
    with trail.unit():
        act(actor)

    entry, event = AuditEntry.objects.get(), Event.objects.get()
    assert (entry.actor_id, entry.action, entry.target_id) == (actor.user_id, "thing.do", "first")
    assert (entry.request_id, entry.address) == ("request-0001", "192.0.2.7")
    assert entry.document["detail"] == {"colour": "blue"}
    assert entry.document["target"]["version"] == 3
    assert (event.type, event.actor_id) == ("vault:access-denied", actor.user_id)
    assert event.payload["operation"] == "thing.do"
    assert event.dispatched_at is None


def test_it_is_a_decorator_too(actor: Actor) -> None:
    @trail.unit()
    def twice(name: str) -> str:
        act(actor, name)
        return name

    assert [twice("a"), twice("b")] == ["a", "b"]
    assert AuditEntry.objects.count() == 2


@pytest.mark.parametrize("number", [1, 3, 200])
def test_two_statements_whatever_the_number(actor: Actor, number: int) -> None:
    with trail.unit():
        act(actor)  # the audit key is made and opened here

    with CaptureQueriesContext(connection) as captured, trail.unit():
        for place in range(number):
            act(actor, f"thing {place}")

    assert len(statements(captured)) == 2
    assert AuditEntry.objects.count() == Event.objects.count() == number + 1
    assert list(verification.verify()) == []


def test_one_statement_for_events_alone_and_none_for_nothing(actor: Actor) -> None:
    with CaptureQueriesContext(connection) as captured, trail.unit():
        trail.emit(ACCESS_DENIED, actor, id="1", name="one")
    assert len(statements(captured)) == 1

    with CaptureQueriesContext(connection) as captured, trail.unit():
        pass
    assert statements(captured) == []


def test_a_failed_unit_leaves_nothing(actor: Actor) -> None:
    with pytest.raises(LookupError), trail.unit():
        act(actor)
        raise LookupError

    assert not AuditEntry.objects.exists()
    assert not Event.objects.exists()


def test_nested_units_are_one(actor: Actor) -> None:
    with CaptureQueriesContext(connection) as captured, trail.unit():
        act(actor, "outer")
        with trail.unit():
            act(actor, "inner")
        with trail.read_unit():
            act(actor, "read")
        assert statements(captured) == []

    assert set(AuditEntry.objects.values_list("target_id", flat=True)) == {"outer", "inner", "read"}
    assert AuditEntry.objects.values("shard").distinct().count() == 1


def test_a_failure_inside_cannot_be_swallowed(actor: Actor) -> None:
    with pytest.raises(RuntimeError, match="swallowed"), trail.unit():
        act(actor, "outer")
        with pytest.raises(LookupError), trail.unit():
            act(actor, "inner")
            raise LookupError

    assert not AuditEntry.objects.exists()


def test_a_failure_behind_a_savepoint_takes_its_own_part_only(actor: Actor) -> None:
    with trail.unit():
        act(actor, "outer")
        with pytest.raises(LookupError), transaction.atomic(), trail.unit():
            act(actor, "inner")
            raise LookupError

    assert list(AuditEntry.objects.values_list("target_id", flat=True)) == ["outer"]
    assert [event.payload["id"] for event in Event.objects.all()] == ["outer"]


def test_events_go_with_the_transaction_around(actor: Actor) -> None:
    with pytest.raises(LookupError), transaction.atomic():
        with trail.unit():
            act(actor)
        raise LookupError

    assert not AuditEntry.objects.exists()
    assert not Event.objects.exists()


def test_nothing_is_recorded_or_emitted_outside_a_unit(actor: Actor) -> None:
    with pytest.raises(RuntimeError):
        trail.record(actor, "thing.do")
    with pytest.raises(RuntimeError):
        trail.emit(ACCESS_DENIED, actor, id="1", name="one")


def refuse_entries() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditentry ADD CONSTRAINT closed CHECK (false) NOT VALID")


def test_what_cannot_be_accounted_for_does_not_happen(actor: Actor) -> None:
    refuse_entries()

    with pytest.raises(IntegrityError), trail.unit():
        act(actor)

    assert not Event.objects.exists()


def test_what_cannot_be_accounted_for_is_not_read(actor: Actor) -> None:
    refuse_entries()

    @trail.read_unit()
    def read() -> str:
        trail.record(actor, "thing.read", Target("thing", "1"))
        return "plaintext"

    with pytest.raises(DatabaseError):
        read()


def test_without_its_head_a_chain_takes_nothing(actor: Actor) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_audithead DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM audit_audithead")

    with pytest.raises(Exception, match="not available"), trail.unit():
        act(actor)


@pytest.mark.parametrize(
    "detail",
    [
        {"value": {"nested": "dictionary"}},
        {"value": 1.5},
        {"value": b"bytes"},
        {"value": ["text", ["nested list"]]},
        {"Value": "the name is no lower-case word"},
        {"value": list(range(101))},
        {f"value{number}": number for number in range(33)},
    ],
)
def test_details_are_an_allow_list(actor: Actor, detail: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)), trail.unit():
        trail.record(actor, "thing.do", **detail)


def test_text_is_cut_and_made_storable(actor: Actor) -> None:
    strange = "a\x00b\ud800" + "x" * 5000

    with trail.unit():
        trail.record(actor, "thing.do", Target("thing", strange, strange), note=strange)

    entry = AuditEntry.objects.get()
    assert len(entry.target_name) == 255
    assert entry.target_id.startswith("a\ufffdb?x")
    assert len(entry.document["detail"]["note"]) == 1000
    assert list(verification.verify()) == []


def test_terms_are_told_apart_and_not_told(actor: Actor) -> None:
    with trail.unit():
        trail.record(actor, "thing.search", term=trail.term("jane@example.org"))

    kept = AuditEntry.objects.get().document["detail"]["term"]
    assert kept == trail.term("jane@example.org") != trail.term("john@example.org")
    assert "jane" not in kept


@pytest.mark.django_db(transaction=True)
def test_the_hint_comes_after_the_commit_and_may_fail(actor: Actor) -> None:
    heard: list[dict[str, Any]] = []

    def broken(**hint: Any) -> None:
        heard.append(hint | {"committed": not connection.in_atomic_block})
        raise ConnectionError("the broker is down")

    emitted.connect(broken)
    try:
        with trail.unit():
            act(actor)
            assert heard == []
    finally:
        emitted.disconnect(broken)

    assert [(hint["types"], hint["committed"]) for hint in heard] == [
        (frozenset({"vault:access-denied"}), True)
    ]
    assert heard[0]["ids"] == [str(Event.objects.get().pk)]


@pytest.mark.django_db(transaction=True)
def test_a_strict_read_refuses_to_be_part_of_somebody_elses_transaction(actor: Actor) -> None:
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic(), trail.read_unit():
        act(actor)

    assert not AuditEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestTheRememberedChain:
    """A thread that knows where its chain ends appends in one statement."""

    def test_a_unit_follows_the_one_before(self, actor: Actor) -> None:
        with trail.unit():
            act(actor)

        with CaptureQueriesContext(connection) as captured, trail.unit():
            act(actor, "second")

        assert len(statements(captured)) == 1
        assert AuditEntry.objects.count() == Event.objects.count() == 2
        assert AuditEntry.objects.values_list("shard").distinct().count() == 1
        assert list(verification.verify()) == []

    def test_a_read_needs_no_transaction_around_it(self, actor: Actor) -> None:
        with trail.unit():
            act(actor)

        with CaptureQueriesContext(connection) as captured, trail.read_unit():
            act(actor, "second")

        assert len(captured) == 1
        assert list(verification.verify()) == []

    def test_a_chain_that_somebody_moved_is_left(self, actor: Actor) -> None:
        with trail.unit():
            act(actor)
        stale = chain.remembered()
        assert stale is not None
        with trail.unit():
            act(actor, "second")
        chain.remember(stale)

        with trail.read_unit():
            act(actor, "third")

        assert AuditEntry.objects.count() == Event.objects.count() == 3
        assert list(verification.verify()) == []

    def test_a_chain_that_is_written_to_is_not_waited_for(self, actor: Actor) -> None:
        with trail.unit():
            act(actor)
        head = chain.remembered()
        assert head is not None
        with (
            transaction.atomic(),
            connection.cursor() as cursor,
            ThreadPoolExecutor(1, initializer=chain.remember, initargs=(head,)) as other,
        ):
            cursor.execute(
                "SELECT 1 FROM audit_audithead WHERE shard = %s FOR UPDATE", [head.shard]
            )
            other.submit(self._elsewhere, actor).result(timeout=60)

        assert AuditEntry.objects.get(target_id="elsewhere").shard != head.shard
        assert list(verification.verify()) == []

    def test_what_is_rolled_back_was_never_the_end_of_a_chain(self, actor: Actor) -> None:
        with trail.unit():
            act(actor)
        with pytest.raises(LookupError), transaction.atomic():
            with trail.unit():
                act(actor, "undone")
            raise LookupError

        with CaptureQueriesContext(connection) as captured, trail.unit():
            act(actor, "second")

        assert len(statements(captured)) == 1
        assert sorted(AuditEntry.objects.values_list("target_id", flat=True)) == ["first", "second"]
        assert list(verification.verify()) == []

    @staticmethod
    def _elsewhere(actor: Actor) -> None:
        try:
            with trail.unit():
                act(actor, "elsewhere")
        finally:
            connection.close()
