"""The overview: everybody's reads for auditors, one's own for all others; what stands out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.factories import actor_of, make_person, make_role, unique
from vaultportal import trail
from vaultportal.audit.models import AuditEntry
from vaultportal.audit.permissions import AuditPermission
from vaultportal.identity.models import User
from vaultportal.trail import Target
from vaultportal.ui import attention, overview
from vaultportal.ui.attention import Need, Source

pytestmark = pytest.mark.django_db

PASSWORD = "correct-horse-battery-9"


@pytest.fixture
def person() -> User:
    return make_person(username=unique("person"), password=PASSWORD)


def client_of(person: User) -> Client:
    client = Client()
    client.post(reverse("account_login"), {"login": person.username, "password": PASSWORD})
    return client


def read(person: User, times: int, reason: str = "Rotation") -> None:
    """Reads by the person, just now."""
    with trail.unit():
        for _ in range(times):
            actor = actor_of(person).with_(reason=reason)
            trail.record(actor, "secret.read", Target("secret", "1", "psp-live"))


@pytest.mark.parametrize("name", ["24h", "7d", "30d", "nonsense"])
def test_the_slots_end_with_the_present_one(name: str) -> None:
    now = datetime(2026, 11, 22, 17, 20, tzinfo=UTC)
    chosen = overview.range_of(name)

    span = overview.span_of(chosen, now)

    assert len(span.times) == chosen.slots
    assert span.times[-1] <= now < span.until
    assert span.step * span.slots == timedelta(hours=24) or chosen.name != "24h"


def test_an_auditor_sees_what_everybody_read_and_why(person: User) -> None:
    read(make_person(username=unique("other")), 3, "IncidentResponse")
    make_role(permissions=[AuditPermission.VIEW], members=[person])

    page = client_of(person).get("/?range=7d").content.decode()

    assert "Reads of sensitive data" in page
    assert "/audit/?reason=IncidentResponse" in page
    assert "There is nothing earlier to compare with." in page


def test_everybody_else_sees_their_own_slice(person: User) -> None:
    read(make_person(username=unique("other")), 3, "IncidentResponse")
    read(person, 2, "Rotation")

    seen = overview.of(actor_of(person), overview.RANGES[0])
    page = client_of(person).get("/").content.decode()

    assert [(why.title, why.count, why.url) for why in seen.why] == [("Rotation", 2, "")]
    assert "What you read" in page
    assert "/audit/?" not in page


def test_what_stands_out_is_said_and_leads_to_its_entries(person: User) -> None:
    make_role(permissions=[AuditPermission.VIEW], members=[person])
    read(person, 20)
    copy_of(AuditEntry.objects.order_by("-id")[0], timezone.now() - timedelta(days=3))

    seen = overview.of(actor_of(person), overview.RANGES[0])

    assert "times as often as usual" in seen.plot.sentence
    assert seen.plot.url.startswith("/audit/?since=")


def copy_of(entry: AuditEntry, at: datetime) -> None:
    """The same reading at another time; the chain is of no matter here."""
    entry.pk, entry.seq, entry.at = None, entry.seq + 10_000_000, at
    AuditEntry.objects.bulk_create([entry])


def test_the_worst_need_stands_first(person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def find(state: str) -> Source:
        return Source(1, lambda actor: [Need(state, f"{state} news", "/me/", "Look")])

    monkeypatch.setattr(attention, "_sources", [find("warn"), find("bad")])
    page = client_of(person).get("/").content.decode()

    assert page.index("bad news") < page.index("warn news")


def test_the_overview_asks_a_fixed_number_of_questions(
    person: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    make_role(permissions=[AuditPermission.VIEW], members=[person])
    read(person, 30)
    client = client_of(person)
    client.get("/")

    with django_assert_max_num_queries(40):
        client.get("/?range=30d")
