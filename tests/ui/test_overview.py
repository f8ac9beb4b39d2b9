"""The overview: everybody's reads for auditors, one's own for all others; what stands out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from collections_app.models import Collection, ObjectExport
from tests.factories import actor_of, make_person, make_role, unique
from tests.s3vault_app.ui import rig
from triggers_app.models import ReplayJob
from vaultportal import trail
from vaultportal.audit.models import AuditEntry
from vaultportal.audit.permissions import AuditPermission
from vaultportal.crypto.models import KeyJob
from vaultportal.identity.models import User
from vaultportal.ops.models import Backup
from vaultportal.trail import Target
from vaultportal.ui import attention, overview, totals
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


def test_whatever_runs_is_listed_to_who_may_see_it(person: User) -> None:
    admin = rig.administrator()
    asked = {"asked_by": admin.pk, "asked_name": "ada"}
    job = rig.job(rig.vault(), percent=40)
    replay = ReplayJob.objects.create(author_id=admin.pk, total=8, done=2)
    KeyJob.objects.create(kind=KeyJob.Kind.DATA, done=7, **asked)
    Backup.objects.create(state=Backup.State.RUNNING, place="/backups", **asked)
    people = Collection.objects.create(name=unique("people"), type="PERSONS")
    export = ObjectExport.objects.create(collection=people, total=4, done=1, **asked)

    def listed(user: User) -> str:
        page = rig.browser(user).get("/").content.decode()
        return page.partition('id="home-running"')[2].partition("</section>")[0]

    told, others = listed(admin), listed(person)

    for url, percent in (
        (f"/storage/jobs/{job.pk}/", "40 %"),
        (f"/events/invocations/replays/{replay.pk}/", "25 %"),
        (f"/collections/{people.name}/exports/{export.pk}/", "25 %"),
        ("/settings/?tab=keys", ""),
        ("/settings/?tab=backup", ""),
    ):
        line = told.partition(f'href="{url}"')[2].partition("</li>")[0]
        assert line and percent in line, url
    assert "7 renewed" in told
    assert others == ""


def test_a_course_is_how_many_there_were_each_day() -> None:
    now = timezone.now()
    days = [timedelta(days=n) for n in range(50)]

    points = totals.course([(now - days[40], None), (now - days[9], now - days[4])])

    assert points == (1.0,) * 20 + (2.0,) * 5 + (1.0,) * 5


def test_the_overview_asks_a_fixed_number_of_questions(
    person: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    make_role(permissions=[AuditPermission.VIEW], members=[person])
    read(person, 30)
    client = client_of(person)
    client.get("/")

    with django_assert_max_num_queries(40):
        client.get("/?range=30d")
