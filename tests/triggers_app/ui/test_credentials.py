"""Where a subscription's credential comes from, and to whom it goes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import actor_of, as_admin, make_person, make_role, member_of
from tests.secrets_app.factories import CANARY, make_personal, make_shared
from tests.triggers_app.factories import make_subscription
from tests.triggers_app.ui.conftest import signed_in
from triggers_app.models import Subscription
from triggers_app.permissions import SubscriptionPermission
from triggers_app.services import subscriptions
from triggers_app.ui.credentials import REASON
from vaultportal.audit.models import AuditEntry

pytestmark = pytest.mark.django_db

NEW = "/events/subscriptions/new/"
NOT_THERE = "There is no such secret that you may read."


def form(**fields: Any) -> dict[str, Any]:
    valid = {
        "name": "billing-sync",
        "trigger": "vault:secret-created",
        "url": "http://127.0.0.1:9000/in",
        "authentication": "BEARER_TOKEN",
        "mode": "SYNC",
        "deadline": "1 h",
    }
    return {**valid, **fields}


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def maker() -> Any:
    """Somebody who may subscribe and holds a role that opens secrets."""
    role = make_role(permissions=[SubscriptionPermission.ADD])
    return member_of(make_person(), role), role


# -- out of a stored secret ---------------------------------------------------------------------


def test_a_credential_is_taken_out_of_a_secret(maker: Any) -> None:
    person, role = maker
    secret = make_shared(name="prod/hooks", readers=(role,))
    browser = signed_in(person)

    answer = browser.post(NEW, form(secret="prod/hooks", secret_field="password"))

    row = Subscription.objects.get()
    assert row.credential == CANARY
    assert CANARY not in text_of(answer)
    assert CANARY not in text_of(browser.get(f"/events/subscriptions/{row.pk}/edit/"))
    read = AuditEntry.objects.get(target_id=str(secret.id), action="secret.read")
    assert read.actor_id == person.pk
    assert (read.reason, read.document["note"]) == (
        REASON,
        "sign-in of the subscription billing-sync",
    )
    assert CANARY not in str(read.document)


def test_ones_own_secret_goes_before_a_shared_one_and_an_id_is_a_name(maker: Any) -> None:
    person, role = maker
    make_shared(name="hook", data={"token": "shared"}, readers=(role,))
    make_personal(actor_of(person), name="hook", data={"token": "mine"})
    other = make_shared(data={"token": "by-id"}, readers=(role,))
    browser = signed_in(person)

    browser.post(NEW, form(name="one", secret="hook"))
    browser.post(NEW, form(name="two", secret=str(other.id)))

    found = {row.name: row.credential for row in Subscription.objects.all()}
    assert found == {"one": "mine", "two": "by-id"}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"secret": "prod/hooks"}, "The secret has several fields: name one."),
        ({"secret": "prod/hooks", "secret_field": "nothing"}, "The secret has no such field."),
        ({"secret": "prod/nothing"}, NOT_THERE),
        ({"secret": "closed"}, NOT_THERE),
        ({"secret": "theirs"}, NOT_THERE),
        ({"secret": str(uuid4())}, NOT_THERE),
        ({"secret": "ended"}, "This secret cannot be read now."),
        ({"secret": "marked"}, "needs a ticket, which this form does not take."),
        ({"secret": "prod/hooks", "credential": "typed"}, "Type it above or name a secret"),
        ({"secret": "blank"}, "It must be printable ASCII without blanks."),
    ],
)
def test_a_secret_that_cannot_be_taken_makes_nothing(
    maker: Any, fields: dict[str, str], said: str
) -> None:
    person, role = maker
    one = {"token": CANARY}
    make_shared(name="prod/hooks", readers=(role,))
    make_shared(name="closed", data=one)
    make_shared(name="blank", data={"token": "two words"}, readers=(role,))
    make_personal(actor_of(make_person()), name="theirs", data=one)
    soon = timezone.now() + timedelta(microseconds=1)
    make_shared(name="marked", data=one, readers=(role,), needs_ticket=True)
    make_shared(name="ended", data=one, readers=(role,), expires_at=soon)

    answer = signed_in(person).post(NEW, form(**fields))

    assert answer.status_code == 422
    assert said in text_of(answer)
    assert CANARY not in text_of(answer)
    assert not Subscription.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"url": "ftp://127.0.0.1/in"},
        {"authentication": "BASIC_AUTH", "user_name": "a:b"},
        {"filter": "$["},
    ],
)
def test_what_cannot_be_saved_uncovers_nothing(maker: Any, fields: dict[str, str]) -> None:
    person, role = maker
    secret = make_shared(name="hook", data={"token": "t"}, readers=(role,))
    member_of(person, make_role(permissions=[SubscriptionPermission.CHANGE]))
    row = make_subscription()
    browser, given = signed_in(person), form(secret="hook", **fields)

    for page in (NEW, f"/events/subscriptions/{row.pk}/edit/"):
        assert browser.post(page, given | {"version": row.version}).status_code == 422

    assert Subscription.objects.count() == 1
    assert not AuditEntry.objects.filter(target_id=str(secret.id), action="secret.read").exists()


def test_taking_one_wants_a_recent_proof(maker: Any) -> None:
    person, role = maker
    secret = make_shared(name="hook", data={"token": "t"}, readers=(role,))
    browser = Client()
    browser.force_login(person)

    answer = browser.post(NEW, form(secret="hook"))

    assert answer.status_code == 401
    assert not Subscription.objects.exists()
    assert not AuditEntry.objects.filter(target_id=str(secret.id), action="secret.read").exists()


def test_without_a_sign_in_no_secret_is_read(maker: Any) -> None:
    person, role = maker
    secret = make_shared(name="hook", data={"token": "t"}, readers=(role,))

    signed_in(person).post(NEW, form(secret="hook", authentication="NO_AUTH"))

    assert Subscription.objects.get().credential is None
    assert not AuditEntry.objects.filter(target_id=str(secret.id), action="secret.read").exists()


# -- to another host ----------------------------------------------------------------------------


def patched(row: Subscription, path: str, value: Any) -> None:
    operation = {"op": "replace", "path": path, "value": value}
    subscriptions.patch_subscription(as_admin(), str(row.pk), [operation])


def test_a_credential_that_goes_elsewhere_is_accounted_for_and_shown(admin: Client) -> None:
    row = make_subscription(
        authentication="BEARER_TOKEN", credential="bearer-canary", url="http://127.0.0.1:9000/in"
    )
    page = f"/events/subscriptions/{row.pk}/"

    patched(row, "/httpConfig/url", "http://127.0.0.1:9000/other")
    assert "was given for" not in text_of(admin.get(page))
    patched(row, "/httpConfig/url", "http://127.0.0.2:9000/in")

    entry = AuditEntry.objects.filter(target_id=str(row.pk)).order_by("id").last()
    assert entry is not None
    assert entry.document["detail"]["credential_goes_to"] == "http://127.0.0.2:9000"
    assert "bearer-canary" not in str(entry.document)
    told = text_of(admin.get(page))
    assert "<code>http://127.0.0.1:9000</code>" in told and "http://127.0.0.2:9000" in told

    row.refresh_from_db()
    given = form(name=row.name, url=row.url, version=row.version, credential="anew")
    assert admin.post(f"{page}edit/", given).status_code == 302
    assert "was given for" not in text_of(admin.get(page))


def test_moving_on_and_back_is_no_longer_elsewhere(admin: Client) -> None:
    row = make_subscription(
        authentication="BEARER_TOKEN", credential="bearer", url="http://127.0.0.1:9000/in"
    )

    patched(row, "/httpConfig/url", "http://127.0.0.2:9000/in")
    patched(row, "/httpConfig/url", "http://127.0.0.3:9000/in")
    assert "127.0.0.1" in text_of(admin.get(f"/events/subscriptions/{row.pk}/"))
    patched(row, "/httpConfig/url", "http://127.0.0.1:9000/in")

    assert "was given for" not in text_of(admin.get(f"/events/subscriptions/{row.pk}/"))
