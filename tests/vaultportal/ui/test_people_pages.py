"""People, roles and API clients: who may see them, what is done to them, what is shown first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from secrets_app.payload import Payload
from secrets_app.services import secrets
from tests import factories
from tests.vaultportal.ui.conftest import sign_in
from vaultportal.audit.models import AuditEntry
from vaultportal.directory.services import clients, keys
from vaultportal.identity.models import ApiClient, ApiKey, Membership, Role, Session, User

pytestmark = pytest.mark.django_db

PLACES = [
    "/access/people/",
    "/access/people/new/",
    "/access/roles/",
    "/access/roles/new/",
    "/access/clients/",
    "/access/clients/new/",
    "/settings/",
]


def text_of(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.content[:3000]
    return answer.content.decode()


def last(action: str) -> AuditEntry:
    return AuditEntry.objects.filter(action=action).latest("id")


@pytest.mark.parametrize("place", PLACES)
def test_managing_is_for_managers(admin: Client, stranger: Client, place: str) -> None:
    text_of(admin, place)
    assert stranger.get(place).status_code == 403


def test_the_list_tells_state_factor_roles_and_filters(admin: Client) -> None:
    role = factories.make_role(name=factories.unique("crm"))
    known = factories.member_of(factories.make_person(username="ada", full_name="Ada L"), role)
    Authenticator.objects.create(user_id=known.pk, type=Authenticator.Type.TOTP, data={})
    factories.make_person(username="gone", is_active=False)

    shown = text_of(admin, "/access/people/?q=ada")

    assert "Ada L" in shown
    assert role.name in shown
    assert "gone" not in text_of(admin, "/access/people/?state=active")
    assert "Ada L" in text_of(admin, "/access/people/?factor=with")
    assert "Ada L" not in text_of(admin, "/access/people/?factor=without")
    assert "Ada L" in text_of(admin, f"/access/people/?role={role.uuid}")
    assert "Nobody matches" in text_of(admin, "/access/people/?q=zzzzzz")


def test_the_list_costs_a_fixed_number_of_statements(
    admin: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(12):
        factories.make_person(username=factories.unique("many"))
    admin.get("/access/people/")

    with django_assert_max_num_queries(14):
        admin.get("/access/people/")


def test_many_are_disabled_at_once_but_never_oneself(admin: Client, administrator: User) -> None:
    people = [factories.make_person(username=factories.unique("one")) for _ in range(2)]
    chosen = [str(each.pk) for each in (*people, administrator)]

    admin.post("/access/people/", {"action": "disable", "selected": chosen})

    assert not User.objects.filter(pk__in=[each.pk for each in people], is_active=True).exists()
    administrator.refresh_from_db()
    assert administrator.is_active


def test_a_stranger_cannot_disable_many(stranger: Client) -> None:
    person = factories.make_person()

    answer = stranger.post("/access/people/", {"action": "disable", "selected": [str(person.pk)]})

    assert answer.status_code == 403
    person.refresh_from_db()
    assert person.is_active


def test_an_account_is_made_with_a_password_that_is_shown_once(admin: Client) -> None:
    role = factories.make_role(name=factories.unique("new"))

    answer = admin.post(
        "/access/people/new/",
        {"username": "newcomer", "email": "n@example.com", "roles": [str(role.uuid)]},
    )

    shown = answer.content.decode()
    person = User.objects.get(username="newcomer")
    password = answer.context["values"][1][1]
    assert password in shown
    assert person.check_password(password)
    assert Membership.objects.filter(user=person, group_id=role.pk).exists()
    assert password not in text_of(admin, f"/access/people/{person.pk}/")


def test_a_taken_name_is_said_beside_the_field(admin: Client) -> None:
    factories.make_person(username="taken")

    answer = admin.post("/access/people/new/", {"username": "Taken"})

    assert answer.status_code == 422
    assert "This is taken." in answer.content.decode()


def test_disabling_tells_what_nobody_else_can_open_and_ends_sessions(admin: Client) -> None:
    person = factories.make_person(username="leaver")
    actor = factories.actor_of(person)
    draft = secrets.Draft(name="mine/alone", payload=Payload.of({"k": "v"}), owner_id=person.pk)
    secrets.create_secret(actor, draft)
    theirs = sign_in(person)
    assert theirs.session[SESSION_KEY]

    asked = text_of(admin, f"/access/people/{person.pk}/disable/")
    admin.post(f"/access/people/{person.pk}/disable/")

    assert "that nobody else can open" in asked
    assert "1 session ends." in asked
    person.refresh_from_db()
    assert not person.is_active
    assert not Session.objects.filter(user=person).exists()


def test_a_second_factor_is_reset_when_the_name_is_typed(admin: Client) -> None:
    person = factories.make_person(username="lost-phone")
    Authenticator.objects.create(user_id=person.pk, type=Authenticator.Type.TOTP, data={})
    place = f"/access/people/{person.pk}/factor/"

    assert admin.post(place, {"word": "another"}).status_code == 422
    assert admin.post(place, {"word": "lost-phone"}).status_code == 302

    assert not Authenticator.objects.filter(user_id=person.pk).exists()
    assert last("user.reset_factors").target_id == str(person.pk)


def test_a_role_is_given_until_the_end_of_a_day_and_taken_away(admin: Client) -> None:
    person, role = factories.make_person(), factories.make_role(name=factories.unique("timed"))
    place = f"/access/people/{person.pk}/"
    day = timezone.localdate() + timedelta(days=3)

    admin.post(place, {"action": "give", "role": str(role.uuid), "until": day.isoformat()})

    membership = Membership.objects.get(user=person, group_id=role.pk)
    assert membership.valid_until is not None
    assert membership.valid_until.date() == day + timedelta(days=1)
    admin.post(place, {"action": "take", "role": str(role.uuid)})
    assert not Membership.objects.filter(user=person).exists()


@pytest.mark.parametrize("what", [{"action": "take", "role": "no"}, {"action": "revoke"}])
def test_a_malformed_id_is_nothing(admin: Client, what: dict[str, str]) -> None:
    person = factories.make_person()

    assert admin.post(f"/access/people/{person.pk}/", what).status_code == 404


def test_what_needs_a_recent_proof_asks_for_one(administrator: User) -> None:
    old, person = sign_in(administrator, proved=False), factories.make_person()

    answer = old.post(f"/access/people/{person.pk}/disable/")

    assert answer.status_code == 302
    assert "/me/prove/" in answer.headers["Location"]
    person.refresh_from_db()
    assert person.is_active


def test_a_role_is_reviewed_before_it_is_saved(admin: Client) -> None:
    sent: dict[str, Any] = {"name": "readers", "comment": "", "rights": ["identity.view_user"]}

    review = admin.post("/access/roles/new/", sent)

    assert not Role.objects.filter(name="readers").exists()
    assert "Right: identity.view_user" in review.content.decode()
    admin.post("/access/roles/new/", {**sent, "sure": "1", "stamp": ""})
    role = Role.objects.get(name="readers")
    edit = f"/access/roles/{role.uuid}/edit/"
    changed = {"name": "readers", "rights": ["identity.view_role"]}
    lines = admin.post(edit, changed).context["diff"].lines
    assert ("old", "Right: identity.view_user") in lines
    assert ("new", "Right: identity.view_role") in lines
    admin.post(edit, {**changed, "sure": "1", "stamp": role.updated_at.isoformat()})
    assert [each.codename for each in role.permissions.all()] == ["view_role"]
    assert last("role.change").target_name == "readers"


def test_a_role_that_changed_meanwhile_is_compared_again(admin: Client) -> None:
    role = factories.make_role(name=factories.unique("moved"))

    answer = admin.post(
        f"/access/roles/{role.uuid}/edit/",
        {"name": "other", "sure": "1", "stamp": "2020-01-01T00:00:00+00:00"},
    )

    assert answer.status_code == 409
    role.refresh_from_db()
    assert role.name != "other"


def test_a_right_that_reads_what_is_kept_is_not_offered(admin: Client) -> None:
    shown = text_of(admin, "/access/roles/new/")

    assert "secrets_app.view_secret" in shown
    assert "secrets_app.read_secret" not in shown


def test_a_role_is_retired_by_typing_its_name(admin: Client) -> None:
    role = factories.make_role(name=factories.unique("old"))

    admin.post(f"/access/roles/{role.uuid}/retire/", {"word": role.name})

    role.refresh_from_db()
    assert role.deleted_at is not None
    assert admin.get(f"/access/roles/{role.uuid}/").status_code == 404


def test_a_client_is_made_with_an_end_and_its_secret_is_shown_once(admin: Client) -> None:
    day = timezone.localdate() + timedelta(days=30)

    answer = admin.post("/access/clients/new/", {"name": "crm-export", "expires": day.isoformat()})

    client_id, secret = answer.context["values"][0][1], answer.context["values"][1][1]
    assert clients.verified(client_id, secret) is not None
    row = ApiClient.objects.get(pk=client_id)
    assert row.last_used_at is not None
    assert row.expires_at is not None
    place = f"/access/clients/{client_id}/"
    assert secret not in text_of(admin, place)
    rotated = admin.post(f"{place}rotate/").context["values"][1][1]
    assert clients.verified(client_id, secret) is None
    assert clients.verified(client_id, rotated) is not None


def test_a_client_that_has_ended_opens_nothing_and_an_idle_one_is_marked(admin: Client) -> None:
    made = clients.create_client(factories.as_admin(), factories.unique("tired"))
    secret = made.secret
    long_ago = timezone.now() - timedelta(days=40)
    User.objects.filter(pk=made.pk).update(created_at=long_ago)
    assert "Unused for 30 days" in text_of(admin, f"/access/clients/{made.pk}/")

    ApiClient.objects.filter(pk=made.pk).update(expires_at=timezone.now())

    assert clients.verified(str(made.pk), secret) is None
    assert "Expired" in text_of(admin, f"/access/clients/?q={made.user.full_name}")


def test_a_client_gets_a_key_that_is_narrowed(admin: Client) -> None:
    made = clients.create_client(factories.as_admin(), factories.unique("keyed"))
    sent = {
        "action": "issue",
        "label": "export",
        "lifetime": "30",
        "reach": "some",
        "scopes": ["secrets_app.read_secret", "no.such"],
    }

    answer = admin.post(f"/access/clients/{made.pk}/", sent)

    key = ApiKey.objects.get(user_id=made.pk)
    assert key.scopes == ["secrets_app.read_secret"]
    assert answer.context["values"][0][1].startswith("vpk_")
    admin.post(f"/access/clients/{made.pk}/", {"action": "revoke", "key": str(key.pk)})
    key.refresh_from_db()
    assert key.revoked_at is not None


def test_a_client_is_deleted_by_typing_its_name(admin: Client) -> None:
    made = clients.create_client(factories.as_admin(), factories.unique("bye"))

    admin.post(f"/access/clients/{made.pk}/delete/", {"word": made.user.full_name})

    assert not User.objects.filter(pk=made.pk).exists()


def test_an_own_key_is_shown_once_and_revoked(stranger: Client) -> None:
    answer = stranger.post("/me/keys/new/", {"label": "laptop", "lifetime": "90", "reach": "all"})

    text = answer.context["values"][0][1]
    key = ApiKey.objects.get(label="laptop")
    assert key.scopes is None
    assert key.expires_at is not None
    shown = text_of(stranger, "/me/keys/")
    assert text not in shown
    assert key.prefix in shown
    stranger.post("/me/keys/", {"action": "revoke", "key": str(key.pk)})
    key.refresh_from_db()
    assert key.revoked_at is not None


def test_a_key_of_another_is_nothing_here_even_for_an_administrator(admin: Client) -> None:
    other = factories.make_person()
    issued = keys.issue_key(factories.actor_of(other), other.pk, label="theirs")

    assert admin.post("/me/keys/", {"key": str(issued.id)}).status_code == 404
    assert ApiKey.objects.get(pk=issued.id).revoked_at is None


def test_a_key_asks_for_a_recent_proof() -> None:
    person = factories.make_person(username=factories.unique("old"))

    answer = sign_in(person, proved=False).get("/me/keys/new/")

    assert answer.status_code == 302
    assert "/me/prove/" in answer.headers["Location"]
