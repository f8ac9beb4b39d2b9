"""Governing at the edges: live parts, ends of time, malformed words, rights of half a manager."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from secrets_app.models import Secret
from secrets_app.payload import Payload
from secrets_app.permissions import SecretPermission
from secrets_app.services import secrets
from tests import factories
from tests.vaultportal.ui.conftest import sign_in
from vaultportal import many
from vaultportal.audit import reads, tasks
from vaultportal.audit.models import AuditEntry, Export
from vaultportal.audit.selectors import ANYTHING, Filter, entries
from vaultportal.audit.services import counting, exporting
from vaultportal.directory import custody
from vaultportal.directory.models import Setting
from vaultportal.directory.permissions import PolicyPermission, RolePermission, UserPermission
from vaultportal.directory.services import memberships
from vaultportal.directory.services.memberships import Given
from vaultportal.errors import Conflict
from vaultportal.identity import access
from vaultportal.identity.models import Membership, Role, Session, User
from vaultportal.identity.models.role import ADMIN, EVERYONE
from vaultportal.identity.permissions import PermissionEnum
from vaultportal.ui import faults, overview

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
READ = """
INSERT INTO audit_auditentry (id, shard, seq, epoch, at, body, mac, actor_id, actor_name, action,
    target_kind, target_id, target_name, outcome, reason, request_id, address)
VALUES (gen_random_uuid(), 0, %s, 1, %s, '{}'::bytea, ''::bytea, %s, 'a', 'secret.read', 'secret',
    't', 'n', 'success', '', '', '')
"""


def half_manager(*permissions: PermissionEnum) -> Client:
    """The browser of somebody who may do no more than this."""
    person = factories.make_person(username=factories.unique("half"))
    factories.make_role(permissions=list(permissions), members=[person])
    return sign_in(person)


def test_a_part_that_asks_for_itself_is_no_use_of_the_session() -> None:
    person = factories.make_person(username=factories.unique("idle"))
    browser, rows = sign_in(person), Session.objects.filter(user=person)
    before = timezone.now() - timedelta(minutes=30)
    rows.update(last_seen_at=before)

    assert browser.get("/palette/jobs/", headers={"X-Live": "1"}).status_code == 200
    assert rows.get().last_seen_at == before

    browser.get("/palette/jobs/")
    assert rows.get().last_seen_at > before


@pytest.mark.parametrize(("minutes", "status"), [("0", 302), ("1", 422), ("4", 422), ("5", 302)])
def test_an_idle_limit_is_none_or_five_minutes(admin: Client, minutes: str, status: int) -> None:
    sent = {"login.throttle": "on", "session.minutes": "480", "session.idle_minutes": minutes}

    assert admin.post("/settings/?tab=sign-in", sent).status_code == status


@pytest.mark.parametrize(
    ("name", "now"),
    [
        ("24h", datetime(2026, 10, 25, 12, 30, tzinfo=BERLIN)),
        ("24h", datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=BERLIN)),
        ("24h", datetime(2026, 3, 29, 12, 30, tzinfo=BERLIN)),
        ("7d", datetime(2026, 10, 25, 23, 59, tzinfo=BERLIN)),
        ("30d", datetime(2026, 10, 25, 23, 59, tzinfo=BERLIN)),
        ("30d", datetime(2026, 11, 9, 23, 59, tzinfo=BERLIN)),
        ("30d", datetime(2026, 4, 9, 23, 59, tzinfo=BERLIN)),
    ],
)
def test_reads_fall_into_their_bars_across_the_change_of_the_clock(
    name: str, now: datetime
) -> None:
    span = overview.span_of(overview.range_of(name), now)
    edges = [edge.astimezone(UTC) for edge in span.edges]
    assert edges == sorted(set(edges))
    assert edges[-2] <= now.astimezone(UTC) < edges[-1]
    with connection.cursor() as cursor:
        for place, edge in enumerate(edges[:-1]):
            last = edges[place + 1] - timedelta(seconds=1)
            cursor.execute(READ, [1_000_000 + 2 * place, edge, uuid4()])
            cursor.execute(READ, [1_000_001 + 2 * place, last, uuid4()])

    assert reads.count_reads(span, plain=True).slots == (2,) * span.slots


def test_the_last_administrator_cannot_be_given_an_end() -> None:
    role = Role.objects.get(name=ADMIN)
    first = factories.member_of(factories.make_person(), role)
    User.objects.filter(is_superuser=True).update(is_active=False)
    Membership.objects.filter(group_id=role.pk).exclude(user=first).delete()
    actor, soon = factories.actor_of(first), timezone.now() + timedelta(days=1)

    with pytest.raises(Conflict):
        memberships.add_role(actor, first.pk, Given(role.uuid, valid_until=soon))

    assert Membership.objects.get(user=first, group_id=role.pk).valid_until is None
    second = factories.make_person()
    memberships.add_role(actor, second.pk, Given(role.uuid, valid_until=soon))
    with pytest.raises(Conflict):
        memberships.remove_role(actor, first.pk, role.uuid)
    memberships.add_role(actor, second.pk, Given(role.uuid))
    memberships.add_role(actor, first.pk, Given(role.uuid, valid_until=soon))


@pytest.mark.parametrize(
    "query", ["until=9999-12-31T23:59:59", "since=0001-01-01T00:00", "since=9999-12-31T23:59:59"]
)
@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Tokyo"])
def test_the_ends_of_time_are_times(
    admin: Client, administrator: User, query: str, zone: str
) -> None:
    User.objects.filter(pk=administrator.pk).update(time_zone=zone)

    assert admin.get(f"/audit/?{query}").status_code == 200
    assert admin.post(f"/audit/exports/?{query}", {"format": "csv"}).status_code == 302

    row = Export.objects.get()
    tasks.export(str(row.pk))
    row.refresh_from_db()
    assert row.state == "ready"


@pytest.mark.parametrize(
    "end", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
)
def test_a_filter_takes_any_time(administrator: User, end: datetime) -> None:
    wanted = Filter(since=end, until=end)

    assert list(entries(factories.actor_of(administrator), wanted)) == []


def test_the_last_day_has_an_end() -> None:
    with timezone.override("America/New_York"):
        end = faults.end_of(date.max)

    assert end is not None
    assert end.astimezone(UTC).year == 9999


def test_an_export_that_cannot_be_written_has_failed(admin: Client, administrator: User) -> None:
    row = exporting.begin(administrator.pk, "ada", {"no": "such"}, "csv")

    with pytest.raises(TypeError):
        tasks.export(str(row.pk))

    row.refresh_from_db()
    assert row.state == "failed"
    assert exporting.lost() == []
    assert "Failed" in admin.get("/audit/exports/").content.decode()


def test_no_page_takes_a_nul_and_an_api_answers_for_itself(admin: Client) -> None:
    for path in ("/palette/?q=a%00b", "/access/people/?q=%00", "/audit/?actor=%00"):
        assert admin.get(path).status_code == 400
    assert admin.post("/access/people/new/", {"username": "a\0b"}).status_code == 400
    answer = admin.get("/role-store/api/v1/roles?sortkey=%00")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.status_code == 401


def test_an_account_whose_roles_are_refused_is_not_made(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = factories.make_role(name=factories.unique("gone"))
    chosen = [(str(uuid4()), "gone meanwhile")]
    monkeypatch.setattr("vaultportal.ui.views.people.person.role_choices", lambda actor: chosen)

    sent = {"username": "halfway", "roles": [chosen[0][0]]}
    answer = admin.post("/access/people/new/", sent)

    assert answer.status_code == 422
    assert not User.objects.filter(username="halfway").exists()
    assert role.name not in answer.content.decode()


def test_roles_are_offered_to_who_may_give_them(admin: Client) -> None:
    role = factories.make_role(name=factories.unique("offered"))
    half = half_manager(UserPermission.VIEW, UserPermission.ADD)

    assert role.name in admin.get("/access/people/new/").content.decode()
    assert role.name not in half.get("/access/people/new/").content.decode()
    half.post("/access/people/new/", {"username": "plain", "roles": [str(role.uuid)]})

    assert not Membership.objects.filter(user__username="plain").exists()
    assert User.objects.filter(username="plain").exists()


def test_of_more_than_are_done_at_once_the_rest_is_told(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many, "MOST", 2)
    for _ in range(3):
        factories.make_person(username=factories.unique("crowd"))

    every = {"action": "disable", "all_matching": "1"}
    first = admin.post("/access/people/?q=crowd", every)
    rest = admin.post("/access/people/?q=crowd", every, follow=True)

    assert "These were the first 2. More match" in first.content.decode()
    assert "Disable: done for 1." in rest.content.decode()
    assert not User.objects.filter(username__startswith="crowd", is_active=True).exists()


def test_what_a_role_opens_counts_while_somebody_else_holds_it() -> None:
    admin, owner = factories.as_admin(), factories.make_person()
    draft = secrets.Draft(
        name=factories.unique("held"), payload=Payload.of({"k": "v"}), owner_id=owner.pk
    )
    secret = Secret.objects.get(pk=secrets.create_secret(factories.actor_of(owner), draft).id)
    role = factories.make_role(name=factories.unique("was"))
    access.grant(admin, role, SecretPermission.READ, secret)
    factories.member_of(
        factories.make_person(), role, valid_until=timezone.now() - timedelta(days=1)
    )
    assert [held.count for held in custody.only_theirs(admin, owner)] == [1]

    access.grant(admin, Role.objects.get(name=EVERYONE), SecretPermission.READ, secret)
    assert custody.only_theirs(admin, owner) == []


def test_settings_are_saved_together_or_not_at_all(admin: Client) -> None:
    sent = {"login.throttle": "on", "session.idle_minutes": "15", "session.minutes": "soon"}

    assert admin.post("/settings/?tab=sign-in", sent).status_code == 422

    assert not Setting.objects.exists()


def test_a_role_keeps_policies_that_its_editor_may_not_change() -> None:
    policy = factories.make_policy(name=factories.unique("kept"))
    role = factories.make_role(name=factories.unique("voted"))
    role.policies.add(policy)
    place = f"/access/roles/{role.uuid}/edit/"
    half = half_manager(RolePermission.VIEW, RolePermission.CHANGE)

    stamp = role.updated_at.isoformat()
    answer = half.post(place, {"name": role.name, "comment": "x", "sure": "1", "stamp": stamp})

    assert answer.status_code == 302
    assert list(role.policies.all()) == [policy]
    blind = half_manager(RolePermission.VIEW, RolePermission.CHANGE, PolicyPermission.CHANGE)
    assert blind.get(place).status_code == 200


def test_a_name_that_nobody_has_finds_nothing(admin: Client) -> None:
    answer = admin.get("/audit/?actor=nobody-at-all")

    assert answer.status_code == 200
    assert not answer.context["pages"].rows


def test_a_histogram_that_takes_too_long_is_left_out(
    administrator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = factories.actor_of(administrator)
    slow = entries(actor, ANYTHING).extra(where=["pg_sleep(1) IS NOT NULL"])
    with connection.cursor() as cursor:
        cursor.execute(READ, [1_000_000, timezone.now(), uuid4()])
    monkeypatch.setattr(counting, "MOST_MS", 20)

    assert counting.histogram(slow, None, None) is None

    assert AuditEntry.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)
