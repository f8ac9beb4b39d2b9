"""Where a program may come from, and a secret that overlaps with the one before it."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client as Browser
from django.utils import timezone

from tests import factories
from tests.vaultportal.identity.bearers import bearing
from vaultportal.audit.models import AuditEntry
from vaultportal.directory.oauth import applications, tokens
from vaultportal.directory.origin import Origin
from vaultportal.directory.services import clients
from vaultportal.errors import Forbidden, Invalid, NotFound, Unauthenticated, VaultError
from vaultportal.identity.authentication import Authenticator
from vaultportal.identity.models import ApiClient, User

pytestmark = pytest.mark.django_db
INSIDE, OUTSIDE = "10.1.2.3", "192.0.2.7"


@pytest.fixture
def client() -> ApiClient:
    return clients.create_client(factories.as_admin(), factories.unique("program"))


def restrict(client: ApiClient, *networks: str) -> None:
    clients.set_client_networks(factories.as_admin(), client.pk, networks)


def may_come(token: str, address: str) -> bool:
    try:
        Authenticator().authenticate(bearing(token, REMOTE_ADDR=address))
    except Unauthenticated as refusal:
        assert refusal.reason == "address"
        return False
    return True


def test_a_key_works_from_where_it_may_come_alone(client: ApiClient) -> None:
    token, _row = factories.make_api_key(client.user)
    assert may_come(token, OUTSIDE)

    restrict(client, "10.1.0.0/16", "2001:db8::/32")

    assert may_come(token, INSIDE)
    assert may_come(token, f"::ffff:{INSIDE}")
    assert may_come(token, "2001:db8::7")
    for address in (OUTSIDE, "2001:db9::7", "", "nonsense"):
        assert not may_come(token, address)
    restrict(client)
    assert may_come(token, OUTSIDE)


def test_what_a_caller_says_of_itself_counts_for_nothing(client: ApiClient) -> None:
    token, _row = factories.make_api_key(client.user)
    restrict(client, INSIDE)
    request = bearing(token, REMOTE_ADDR=OUTSIDE, HTTP_X_FORWARDED_FOR=INSIDE)

    with pytest.raises(Unauthenticated):
        Authenticator().authenticate(request)


@pytest.mark.django_db(transaction=True)
def test_a_process_that_knows_the_key_hears_of_it_at_once() -> None:
    user = factories.make_client()
    token, _row = factories.make_api_key(user)
    process, request = Authenticator(), bearing(token, REMOTE_ADDR=OUTSIDE)
    process.authenticate(request)

    User.objects.filter(pk=user.pk).update(networks=["10.0.0.0/8"])

    with pytest.raises(Unauthenticated):
        process.authenticate(request)


def test_a_token_is_not_given_elsewhere(client: ApiClient) -> None:
    restrict(client, "10.1.0.0/16")
    form = {
        "grant_type": "client_credentials",
        "client_id": str(client.pk),
        "client_secret": client.secret,
    }

    with pytest.raises(VaultError) as refused:
        tokens.issue(form, Origin(address=OUTSIDE))

    assert refused.value.reason == "invalid_client"
    issued = tokens.issue(form, Origin(address=INSIDE))
    assert may_come(issued.access_token, INSIDE)
    assert not may_come(issued.access_token, OUTSIDE)


def answers(place: str, form: dict[str, str], *others: dict[str, str]) -> list[tuple[int, bytes]]:
    """What a program outside of its networks is told for the form, and for each change of it."""
    asked = [urlencode(form | each) for each in ({}, *others)]
    kind = "application/x-www-form-urlencoded"
    found = [Browser(REMOTE_ADDR=OUTSIDE).post(place, each, content_type=kind) for each in asked]
    return [(each.status_code, each.content) for each in found]


def test_nobody_learns_elsewhere_that_a_secret_is_right(client: ApiClient) -> None:
    applications.ensure()
    known = clients.open_client(factories.as_admin(), client.pk)
    own = {
        "grant_type": "client_credentials",
        "client_id": str(known.id),
        "client_secret": known.secret,
    }
    program = {"client_id": known.oauth_client_id, "client_secret": known.oauth_client_secret}
    password = program | {
        "grant_type": "password",
        "username": str(known.id),
        "password": known.secret,
    }
    issued = tokens.issue(password, Origin(address=INSIDE))
    renewal = program | {"grant_type": "refresh_token", "refresh_token": issued.refresh_token}
    restrict(client, "10.1.0.0/16")
    odd = {"scope": "no.such_right"}

    for place, form, wrong, status in (
        ("/oauth/token", own, {"client_secret": "wrong"}, 401),
        ("/auth/api/v1/oauth/token", own, {"client_secret": "wrong"}, 401),
        ("/auth/api/v1/oauth/token", password, {"password": "wrong"}, 400),
        ("/auth/api/v1/oauth/token", renewal, {"refresh_token": "wrong"}, 400),
    ):
        told = answers(place, form, odd, wrong)
        assert {code for code, _ in told} == {status}
        assert len(set(told)) == 1, told
    assert not AuditEntry.objects.filter(action="token.issue", address=OUTSIDE).exists()
    assert tokens.issue(renewal, Origin(address=INSIDE)).access_token


@pytest.mark.parametrize("network", ["x", "10.0.0.0/99", "10.0.0.1,10.0.0.2", "*", "::/200"])
def test_what_is_no_network_is_refused(client: ApiClient, network: str) -> None:
    with pytest.raises(Invalid):
        restrict(client, "10.0.0.0/8", network)

    client.user.refresh_from_db()
    assert client.user.networks == []


def test_networks_are_kept_in_one_form_and_told(client: ApiClient) -> None:
    restrict(client, " 10.1.2.3/16", "10.1.0.0/16", "192.0.2.7")

    client.user.refresh_from_db()
    assert client.user.networks == ["10.1.0.0/16", "192.0.2.7/32"]
    entry = AuditEntry.objects.filter(action="api_client.set_networks").latest("id")
    assert entry.document["detail"]["networks"] == client.user.networks
    with pytest.raises(Invalid):
        restrict(client, *(f"10.0.{each}.0/24" for each in range(51)))


def test_only_managers_of_programs_restrict_them(client: ApiClient) -> None:
    with pytest.raises(Forbidden):
        clients.set_client_networks(factories.as_stranger(), client.pk, [INSIDE])
    person = factories.make_person()
    with pytest.raises(NotFound):
        clients.set_client_networks(factories.as_admin(), person.pk, [INSIDE])


def test_the_old_secret_opens_until_its_time_is_over(client: ApiClient) -> None:
    admin, old, number = factories.as_admin(), client.secret, str(client.pk)

    new = clients.rotate_secret(admin, client.pk, overlap=timedelta(hours=1))

    assert clients.verified(number, old) == client.user
    assert clients.verified(number, new) == client.user
    assert clients.verified(number, "") is None
    ApiClient.objects.filter(pk=client.pk).update(previous_until=timezone.now())
    assert clients.verified(number, old) is None
    assert clients.verified(number, new) == client.user


def test_an_old_secret_ends_at_once_when_it_must(client: ApiClient) -> None:
    admin, old, number = factories.as_admin(), client.secret, str(client.pk)
    between = clients.rotate_secret(admin, client.pk, overlap=timedelta(days=7))

    new = clients.rotate_secret(admin, client.pk)

    for secret in (old, between):
        assert clients.verified(number, secret) is None
    assert clients.verified(number, new) == client.user
    assert ApiClient.objects.get(pk=client.pk).previous_secret is None


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(days=31)])
def test_an_overlap_has_bounds(client: ApiClient, overlap: timedelta) -> None:
    with pytest.raises(Invalid):
        clients.rotate_secret(factories.as_admin(), client.pk, overlap=overlap)
