"""Refused requests stand in the trail, and a flood of them does not fill it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from tests import factories
from vaultportal.audit import verification
from vaultportal.audit.models import AuditEntry
from vaultportal.events.models import Event
from vaultportal.ops import refusals

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("path", "route", "kind", "cause"),
    [
        ("/api/v1/refuse", "refuse", "forbidden", "policy"),
        ("/api/v1/refuse-django", "refuse-django", "forbidden", ""),
        ("/metrics", "ops:metrics", "unauthenticated", ""),
    ],
)
def test_a_refused_request_is_noted(
    client: Client, path: str, route: str, kind: str, cause: str
) -> None:
    answer = client.get(path, headers={"User-Agent": "curl/8"}, REMOTE_ADDR="192.0.2.7")

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.outcome, entry.target_id) == ("request.refuse", "refused", route)
    assert (entry.actor_name, entry.address) == ("anonymous", "192.0.2.7")
    assert entry.request_id == answer["X-Request-Id"]
    detail = entry.document["detail"]
    assert detail == {"method": "GET", "status": answer.status_code, "kind": kind, "cause": cause}
    event = Event.objects.get()
    assert event.type == "vault:access-denied"
    assert event.payload["operation"] == f"GET {route}"
    assert event.payload["client"] == {"ip": "192.0.2.7", "userAgent": "curl/8"}
    assert list(verification.verify()) == []


def test_who_is_known_is_named(client: Client) -> None:
    token, key = factories.make_api_key(factories.make_person())

    client.get("/metrics", headers={"Authorization": f"Bearer {token}"})

    assert AuditEntry.objects.get().actor_id == key.user_id


def test_a_success_is_not(client: Client) -> None:
    client.get("/api/v1/say/a")
    client.get("/api/v1/nowhere")

    assert not AuditEntry.objects.exists()


def test_a_flood_is_summed_up(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.AUDIT_REFUSALS_PER_MINUTE = 3
    for _ in range(20):
        client.get("/api/v1/refuse", REMOTE_ADDR="192.0.2.7")
    client.get("/api/v1/refuse", REMOTE_ADDR="192.0.2.8")
    assert AuditEntry.objects.count() == 4

    monkeypatch.setattr(refusals, "WINDOW", 0.0)  # the minute is over
    client.get("/api/v1/say/a")

    summed = AuditEntry.objects.get(action="request.refuse_many")
    assert (summed.target_kind, summed.target_id) == ("origin", "192.0.2.7")
    assert summed.document["detail"] == {"count": 17}


def test_many_addresses_together_are_bounded_too(client: Client, settings: Settings) -> None:
    settings.AUDIT_REFUSALS_PER_MINUTE = 1
    for number in range(40):
        client.get("/api/v1/refuse", REMOTE_ADDR=f"192.0.2.{number}")

    assert AuditEntry.objects.count() == 10


def test_a_network_of_ipv6_counts_as_one(client: Client, settings: Settings) -> None:
    settings.AUDIT_REFUSALS_PER_MINUTE = 2
    for number in range(8):
        client.get("/api/v1/refuse", REMOTE_ADDR=f"2001:db8::{number}")

    assert AuditEntry.objects.count() == 2


def test_the_sum_names_the_most_frequent_and_counts_the_rest() -> None:
    bound = refusals.Bound()
    for number in range(30):
        for _ in range(number + 1):
            bound.admits(f"who-{number}", 1)
    bound._begun -= refusals.WINDOW

    summed = bound.settle()

    assert len(summed) == refusals.NAMED + 1
    assert summed[0][0] == "who-29"
    assert summed[-1][0] == "others"
    assert bound.settle() == []


def test_the_answer_stands_when_the_trail_is_closed(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditentry ADD CONSTRAINT closed CHECK (false) NOT VALID")

    assert client.get("/api/v1/refuse", REMOTE_ADDR="192.0.2.7").status_code == 403
    assert not Event.objects.exists()
