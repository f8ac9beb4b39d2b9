"""Who gets a token, who does not, and what is kept of it."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from django.core.checks import run_checks
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone
from oauth2_provider.models import AccessToken, RefreshToken

from tests.factories import as_admin, make_person, make_role
from vaultportal.audit.models import AuditEntry
from vaultportal.directory.oauth import applications, sessions, tokens
from vaultportal.directory.origin import Origin
from vaultportal.directory.services import clients
from vaultportal.directory.services.clients import OpenClient
from vaultportal.errors import Unauthenticated, VaultError
from vaultportal.identity import authentication
from vaultportal.identity.actor import Actor

pytestmark = pytest.mark.django_db

HERE = Origin(address="192.0.2.7", request_id="r-1")


@pytest.fixture
def machine() -> OpenClient:
    made = clients.create_client(as_admin(), "machine", [make_role().uuid])
    return clients.open_client(as_admin(), made.pk)


def password_form(machine: OpenClient, **changes: str) -> dict[str, str]:
    return {
        "grant_type": "password",
        "client_id": machine.oauth_client_id,
        "client_secret": machine.oauth_client_secret,
        "username": str(machine.id),
        "password": machine.secret,
    } | changes


def own_form(machine: OpenClient, **changes: str) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": str(machine.id),
        "client_secret": machine.secret,
    } | changes


def actor_with(token: str) -> Actor:
    request = RequestFactory().get("/", headers={"Authorization": f"Bearer {token}"})
    return authentication.authenticate(request)


def refused(form: dict[str, str], origin: Origin = HERE) -> str:
    with pytest.raises(VaultError) as refusal:
        tokens.issue(form, origin)
    return refusal.value.reason


def test_the_password_grant_gives_an_api_client_a_token(machine: OpenClient) -> None:
    issued = tokens.issue(password_form(machine), HERE)

    actor = actor_with(issued.access_token)
    assert actor.user_id == machine.id
    assert actor.credential.client_id == "privx-external"
    assert actor.credential.scopes is None
    assert issued.expires_in == 900
    assert issued.scope == "privx-user"
    assert issued.refresh_token
    assert issued.access_token not in repr(issued)
    entry = AuditEntry.objects.get(action="token.issue")
    assert (entry.actor_id, entry.address) == (machine.id, "192.0.2.7")


def test_a_persons_password_never_passes_the_password_grant(machine: OpenClient) -> None:
    person = make_person(password="four quite long words")
    form = password_form(machine, password="four quite long words")

    for name in (person.username, str(person.pk)):
        assert refused(form | {"username": name}) == "invalid_grant"
    assert not AccessToken.objects.exists()


def test_client_credentials_give_an_api_client_a_token(machine: OpenClient) -> None:
    issued = tokens.issue(own_form(machine), HERE)

    assert actor_with(issued.access_token).user_id == machine.id
    assert issued.refresh_token == ""


def test_a_new_token_leaves_the_earlier_ones(machine: OpenClient) -> None:
    first = tokens.issue(password_form(machine), HERE)
    second = tokens.issue(password_form(machine), HERE)

    assert actor_with(first.access_token).user_id == machine.id
    assert actor_with(second.access_token).user_id == machine.id


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"password": "wrong"}, "invalid_grant"),
        ({"username": "nobody"}, "invalid_grant"),
        ({"username": ""}, "invalid_request"),
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_secret": ""}, "invalid_client"),
        ({"client_id": "unknown"}, "invalid_client"),
        ({"client_id": ""}, "invalid_client"),
        ({"client_id": "privx-ui", "client_secret": ""}, "unauthorized_client"),
        ({"client_id": "api-clients", "client_secret": ""}, "invalid_client"),
        ({"grant_type": "implicit"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "invalid_request"),
        ({"scope": "no.such_right"}, "invalid_scope"),
    ],
)
def test_what_is_refused(machine: OpenClient, changes: dict[str, str], reason: str) -> None:
    form = {name: value for name, value in password_form(machine, **changes).items() if value}

    assert refused(form) == reason
    assert not AccessToken.objects.exists()
    assert not RefreshToken.objects.exists()
    assert not AuditEntry.objects.filter(action="token.issue").exists()


def test_client_credentials_of_a_fixed_program_are_no_principal() -> None:
    applications.ensure()
    secret = applications.external_secret()
    form = {"grant_type": "client_credentials", "client_id": "privx-external"}

    assert refused(form | {"client_secret": secret}) == "invalid_client"


def test_a_refusal_is_told_to_the_audit_without_the_name(machine: OpenClient) -> None:
    refused(password_form(machine, username="my password by mistake"))

    entry = AuditEntry.objects.get(action="token.refuse")
    assert entry.outcome == "refused"
    assert entry.address == "192.0.2.7"
    assert b"by mistake" not in bytes(entry.body)


def test_a_scope_narrows_the_token(machine: OpenClient) -> None:
    issued = tokens.issue(password_form(machine, scope="secrets_app.view_secret"), HERE)

    scopes = actor_with(issued.access_token).credential.scopes
    assert scopes == frozenset({"secrets_app.view_secret"})


def test_tokens_lie_in_the_database_as_digests(machine: OpenClient) -> None:
    issued = tokens.issue(password_form(machine), HERE)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_jsonb(a)::text || to_jsonb(r)::text"
            " FROM oauth2_provider_accesstoken a, oauth2_provider_refreshtoken r"
        )
        (dump,) = cursor.fetchone()
    assert issued.access_token not in dump
    assert issued.refresh_token not in dump


def renewal(machine: OpenClient, token: str) -> dict[str, str]:
    return {
        "grant_type": "refresh_token",
        "refresh_token": token,
        "client_id": machine.oauth_client_id,
        "client_secret": machine.oauth_client_secret,
    }


def test_a_refresh_token_rotates(machine: OpenClient) -> None:
    first = tokens.issue(password_form(machine), HERE)

    second = tokens.issue(renewal(machine, first.refresh_token), HERE)

    assert second.refresh_token not in ("", first.refresh_token)
    assert actor_with(second.access_token).user_id == machine.id


def test_a_refresh_token_that_comes_twice_ends_its_whole_family(machine: OpenClient) -> None:
    first = tokens.issue(password_form(machine), HERE)
    second = tokens.issue(renewal(machine, first.refresh_token), HERE)

    assert refused(renewal(machine, first.refresh_token)) == "invalid_grant"

    assert refused(renewal(machine, second.refresh_token)) == "invalid_grant"
    with pytest.raises(Unauthenticated):
        actor_with(second.access_token)


def test_a_refresh_token_of_a_disabled_client_is_worth_nothing(machine: OpenClient) -> None:
    first = tokens.issue(password_form(machine), HERE)
    clients.set_keyed_user_active(as_admin(), machine.id, active=False)

    assert refused(renewal(machine, first.refresh_token)) == "invalid_grant"


def test_an_expired_token_is_none(machine: OpenClient) -> None:
    issued = tokens.issue(password_form(machine), HERE)
    AccessToken.objects.update(expires=timezone.now() - timedelta(seconds=1))

    with pytest.raises(Unauthenticated):
        actor_with(issued.access_token)


def test_logging_out_ends_the_token_and_its_renewal(machine: OpenClient) -> None:
    issued = tokens.issue(password_form(machine), HERE)
    other = tokens.issue(password_form(machine), HERE)

    sessions.log_out(actor_with(issued.access_token))

    with pytest.raises(Unauthenticated):
        actor_with(issued.access_token)
    assert refused(renewal(machine, issued.refresh_token)) == "invalid_grant"
    assert actor_with(other.access_token).user_id == machine.id


def test_basic_credentials_count_as_parameters() -> None:
    encoded = base64.b64encode(b"privx%2Dexternal:se%3Acret").decode()

    found = tokens.form([("grant_type", "password")], f"Basic {encoded}")

    assert found["client_id"] == "privx-external"
    assert found["client_secret"] == "se:cret"


@pytest.mark.parametrize(
    ("pairs", "header", "reason"),
    [
        ([("username", "a"), ("username", "b")], "", "invalid_request"),
        ([("username", "a\x00")], "", "invalid_request"),
        ([("username", "a" * 5000)], "", "invalid_request"),
        ([("client_id", "other")], "Basic YTpi", "invalid_request"),
        ([], "Basic ???", "invalid_client"),
        ([], "Basic YQ==", "invalid_client"),
    ],
)
def test_a_form_that_cannot_be_meant(
    pairs: list[tuple[str, str]], header: str, reason: str
) -> None:
    with pytest.raises(VaultError) as refusal:
        tokens.form(pairs, header)

    assert refusal.value.reason == reason


def test_parameters_of_oauthlibs_own_cannot_be_smuggled_in() -> None:
    assert tokens.form([("user", "1"), ("principal", "2"), ("grant_type", "x")]) == {
        "grant_type": "x"
    }


def test_the_profile_of_rfc_9700_is_on() -> None:
    found = run_checks(tags=["security"], include_deployment_checks=True)

    assert [check for check in found if (check.id or "").startswith("oauth2_provider")] == []


def test_a_token_costs_a_fixed_number_of_statements(
    machine: OpenClient, django_assert_max_num_queries: object
) -> None:
    tokens.issue(password_form(machine), HERE)

    # One of them reads the settings, which a process does at most once a second.
    with django_assert_max_num_queries(14):  # type: ignore[operator]  # the fixture's type is not exported
        tokens.issue(password_form(machine), HERE)
