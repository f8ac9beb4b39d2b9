"""Who sees which entries, and in which order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import factories
from vaultportal import trail
from vaultportal.audit.models import AuditEntry
from vaultportal.audit.permissions import AuditPermission
from vaultportal.audit.selectors import Filter, get_entry, list_entries
from vaultportal.errors import NotFound
from vaultportal.identity.actor import Actor
from vaultportal.trail import Target

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor(db: None) -> Actor:
    """Holds the right to see all entries."""
    person = factories.make_person()
    factories.make_role(permissions=[AuditPermission.VIEW], members=[person])
    return factories.actor_of(person)


def act(actor: Actor, action: str, target: str, outcome: str = "success") -> None:
    with trail.unit():
        trail.record(actor, action, Target("thing", target), outcome=outcome)


def later_entry(actor: Actor, target: str, *, than: AuditEntry | None) -> AuditEntry:
    """An entry of a later millisecond than another's: times of entries are that coarse."""
    while than is not None and datetime.now(UTC) <= than.at + timedelta(milliseconds=1):
        pass
    act(actor, "thing.do", target)
    return AuditEntry.objects.get(target_id=target)


def targets(entries: list[AuditEntry]) -> list[str]:
    return [entry.target_id for entry in entries]


def test_an_auditor_sees_all_newest_first_page_by_page(auditor: Actor, actor: Actor) -> None:
    for number in range(5):
        act(actor, "thing.do", str(number))

    first = list_entries(auditor, limit=2)
    second = list_entries(auditor, limit=2, before=first[-1].id)

    assert targets(first) == ["4", "3"]
    assert targets(second) == ["2", "1"]


def test_everybody_sees_what_they_did_and_what_was_done_to_them(
    auditor: Actor, actor: Actor
) -> None:
    act(actor, "thing.do", "mine")
    act(auditor, "thing.do", "theirs")
    act(auditor, "user.disable", str(actor.user_id))

    assert targets(list_entries(actor)) == [str(actor.user_id), "mine"]
    theirs = AuditEntry.objects.get(target_id="theirs")
    with pytest.raises(NotFound):
        get_entry(actor, theirs.id)
    assert get_entry(auditor, theirs.id).document["action"] == "thing.do"


def test_a_narrowed_credential_sees_nothing(actor: Actor) -> None:
    act(actor, "thing.do", "mine")
    narrowed = actor.with_(
        credential=actor.credential.__class__("api_key", "1", frozenset({"secrets_app.*"}))
    )

    assert list_entries(narrowed) == []


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(action="thing.read"), ["b"]),
        (Filter(action="thing.*"), ["c", "b"]),
        (Filter(action="other.do"), ["a"]),
        (Filter(target_kind="thing", target_id="c"), ["c"]),
        (Filter(outcome="refused"), ["c"]),
        (Filter(actor_id=uuid4()), []),
    ],
)
def test_filters(auditor: Actor, actor: Actor, wanted: Filter, expected: list[str]) -> None:
    act(actor, "other.do", "a")
    act(actor, "thing.read", "b")
    act(actor, "thing.write", "c", outcome="refused")

    assert targets(list_entries(auditor, wanted)) == expected


def test_a_time_filter_takes_its_beginning_and_not_its_end(auditor: Actor, actor: Actor) -> None:
    a = later_entry(actor, "a", than=None)
    b = later_entry(actor, "b", than=a)
    c = later_entry(actor, "c", than=b)

    assert targets(list_entries(auditor, Filter(since=b.at))) == ["c", "b"]
    assert targets(list_entries(auditor, Filter(until=b.at))) == ["a"]
    day = timedelta(days=1)
    assert list_entries(auditor, Filter(since=a.at + day, until=c.at + 2 * day)) == []


def test_a_page_costs_one_statement_and_no_bodies(auditor: Actor, actor: Actor) -> None:
    act(actor, "thing.do", "a")

    with CaptureQueriesContext(connection) as captured:
        list_entries(auditor)

    assert len(captured) == 1
    assert '"body"' not in captured.captured_queries[0]["sql"]
