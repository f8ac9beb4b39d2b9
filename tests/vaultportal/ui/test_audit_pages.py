"""The audit explorer: who sees what, filters, pages, one entry, verification, export."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests import factories
from tests.vaultportal.ui.conftest import sign_in
from vaultportal import trail
from vaultportal.audit import tasks
from vaultportal.audit.models import AuditEntry, Export, ExportPart, Verification
from vaultportal.audit.services import exporting, verifying
from vaultportal.audit.services.state import state
from vaultportal.identity.models import Role, User
from vaultportal.identity.models.role import ADMIN
from vaultportal.trail import Target

pytestmark = pytest.mark.django_db


def happen(user: User, count: int = 3, action: str = "thing.read") -> None:
    actor = factories.actor_of(user, reason="Rotation", address="192.0.2.7")
    for number in range(count):
        with trail.unit():
            trail.record(actor, action, Target("thing", f"id-{number}", f"thing {number}"))


def text_of(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.content[:2000]
    return answer.content.decode()


def test_an_auditor_sees_what_everybody_did(admin: Client) -> None:
    happen(factories.make_person(username="ada"))

    shown = text_of(admin, "/audit/?action=thing.read")

    assert shown.count("thing 0") == 1
    assert "ada" in shown
    assert "Rotation" in shown
    assert "192.0.2.7" in shown


def test_others_see_what_they_did_themselves_and_cannot_verify(stranger: Client) -> None:
    happen(factories.make_person(username="somebody else"))

    shown = text_of(stranger, "/audit/")

    assert "thing 0" not in shown
    assert "Verify now" not in shown
    assert stranger.post("/audit/verify/").status_code == 403
    assert stranger.get("/audit/verify/").status_code == 403
    assert stranger.get("/audit/exports/").status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        "actor=grace",
        "action=thing.*",
        "target=thing+1",
        "target_kind=thing&target=id-1",
        "reason=Rotation&action=thing.read",
        "address=192.0.2.7",
        "outcome=success&action=thing.read",
    ],
)
def test_a_filter_finds(admin: Client, query: str) -> None:
    happen(factories.make_person(username="grace"))

    assert "thing 1" in text_of(admin, f"/audit/?{query}")


@pytest.mark.parametrize(
    "query",
    [
        "actor=nobody",
        "action=other.*",
        "outcome=refused&action=thing.read",
        "since=2999-01-01T00:00:00",
    ],
)
def test_a_filter_leaves_out(admin: Client, query: str) -> None:
    happen(factories.make_person(username="grace"))

    shown = text_of(admin, f"/audit/?{query}")

    assert "thing 1" not in shown
    assert "No entry matches" in shown


@pytest.mark.parametrize(
    "query",
    ["since=yesterday", "after=zzz", "outcome=perhaps", "target_kind=" + "x" * 400],
)
def test_what_makes_no_sense_is_passed_over(admin: Client, query: str) -> None:
    text_of(admin, f"/audit/?{query}")


def test_pages_go_on_where_the_last_ended(admin: Client) -> None:
    happen(factories.make_person(username="busy"), 60, "page.turn")

    first = admin.get("/audit/?action=page.turn")
    pages = first.context["pages"]
    second = admin.get("/audit/" + pages.after_url)

    assert len(pages.rows) == 50
    assert len(second.context["pages"].rows) == 10
    assert "bars" in first.context
    assert "bars" not in second.context


def test_a_page_costs_a_fixed_number_of_statements(
    admin: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    happen(factories.make_person(username="busy"), 20)
    admin.get("/audit/")

    # Four of them bound the time of the histogram.
    with django_assert_max_num_queries(13):
        admin.get("/audit/?action=thing.read")


def test_an_entry_has_its_digests_and_others_of_its_own_look_the_same_as_none(
    admin: Client, stranger: Client
) -> None:
    happen(factories.make_person(username="ada"))
    entry = AuditEntry.objects.filter(action="thing.read").latest("id")
    place = f"/audit/{entry.shard}-{entry.seq}/"

    shown = text_of(admin, place)

    assert bytes(entry.mac).hex() in shown
    assert "thing.read" in shown
    assert stranger.get(place).status_code == 404
    assert admin.get("/audit/1-99999999/").status_code == 404


def test_a_verification_ends_whole_and_the_badge_says_by_whom(
    admin: Client, administrator: User
) -> None:
    happen(administrator)
    assert state().state == "never"

    assert admin.post("/audit/verify/").status_code == 302
    run = Verification.objects.get()
    assert state().state == "running"
    tasks.verify(str(run.pk))

    found = state()
    assert (found.state, found.by, found.percent) == ("whole", administrator.username, None)
    assert found.entries >= 4
    assert "Chain verified" in text_of(admin, "/audit/")
    assert AuditEntry.objects.filter(action="audit.verify").count() == 1


def test_one_verification_runs_at_a_time(admin: Client) -> None:
    admin.post("/audit/verify/")
    admin.post("/audit/verify/")

    assert Verification.objects.count() == 1


def test_a_verification_goes_on_where_it_stopped(administrator: User) -> None:
    happen(administrator, 5)
    run = verifying.begin(administrator.pk, "ada")

    pieces = 1
    while verifying.go_on(run.pk, seconds=0):
        pieces += 1

    run.refresh_from_db()
    assert run.state == "whole"
    assert run.walked == AuditEntry.objects.count()
    assert run.heads == {}


def test_a_changed_entry_is_named_and_stays_the_verdict_while_another_reading_runs(
    admin: Client, administrator: User
) -> None:
    happen(administrator, 4)
    broken = AuditEntry.objects.filter(action="thing.read").earliest("id")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditentry DISABLE TRIGGER audit_append_only")
        cursor.execute(
            "UPDATE audit_auditentry SET target_name = 'another' WHERE id = %s", [broken.pk]
        )
    run = verifying.begin(administrator.pk, "ada")
    tasks.verify(str(run.pk))

    found = state()
    assert (found.state, found.shard, found.seq) == ("broken", broken.shard, broken.seq)

    verifying.begin(administrator.pk, "ada")
    assert state().is_broken
    shown = text_of(admin, "/audit/verify/")
    assert f"{broken.shard}-{broken.seq}" in shown
    assert "What this means and what to do" in shown


@pytest.mark.parametrize("form", ["ndjson", "csv"])
def test_an_export_is_written_downloaded_once_and_recorded(
    admin: Client, administrator: User, form: str
) -> None:
    happen(administrator, 3, "export.me")

    admin.post("/audit/exports/?action=export.me", {"format": form})
    row = Export.objects.get()
    tasks.export(str(row.pk))
    row.refresh_from_db()
    assert (row.state, row.rows) == ("ready", 3)
    assert b"export.me" not in bytes(ExportPart.objects.get().data)
    answer = admin.post(f"/audit/exports/{row.pk}/file/")

    assert answer.getvalue().count(b"export.me") == 3
    assert admin.post(f"/audit/exports/{row.pk}/file/").status_code == 404
    assert not ExportPart.objects.exists()
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"audit.export", "audit.download"} <= actions


def test_an_export_is_of_its_person_alone_and_asks_for_a_recent_proof(
    admin: Client, administrator: User
) -> None:
    old = sign_in(administrator, proved=False)
    assert old.post("/audit/exports/", {"format": "csv"}).status_code in (302, 401)
    assert not Export.objects.exists()

    admin.post("/audit/exports/", {"format": "csv"})
    row = Export.objects.get()
    tasks.export(str(row.pk))
    other = sign_in(factories.member_of(factories.make_person(), Role.objects.get(name=ADMIN)))
    assert other.post(f"/audit/exports/{row.pk}/file/").status_code in (403, 404)


def test_a_cell_is_no_formula(administrator: User) -> None:
    actor = factories.actor_of(administrator)
    with trail.unit():
        trail.record(actor, "formula.try", Target("thing", "1", "=1+1"))
    row = exporting.begin(administrator.pk, "ada", {"action": "formula.try"}, "csv")
    tasks.export(str(row.pk))
    row.refresh_from_db()

    assert b"'=1+1" in b"".join(exporting.content(row))


def test_what_is_over_is_forgotten(administrator: User) -> None:
    row = exporting.begin(administrator.pk, "ada", {}, "csv")
    Export.objects.filter(pk=row.pk).update(created_at=timezone.now() - timedelta(hours=25))

    exporting.sweep()

    assert not Export.objects.exists()
