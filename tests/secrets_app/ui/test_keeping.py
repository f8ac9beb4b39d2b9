"""A credential that is shown once can become a secret of who sees it."""

from __future__ import annotations

import html
import json
import logging
import re

import pytest
from django.test import Client

from secrets_app.records import Ref
from secrets_app.services import secrets
from tests.factories import actor_of, make_person, unique
from tests.secrets_app.ui.conftest import SignIn
from tests.secrets_app.ui.test_secret import text
from vaultportal.audit.models import AuditEntry
from vaultportal.identity.models import User

pytestmark = pytest.mark.django_db

NEW_KEY = {"label": "laptop", "lifetime": "90", "reach": "all"}
FORM = re.compile(r'<form [^>]*action="(/secrets/personal/new/)".*?</form>', re.DOTALL)
INPUT = re.compile(r'<input [^>]*name="([^"]+)"[^>]* value="([^"]*)"')


def shown_once(client: Client) -> tuple[str, dict[str, str]]:
    """Where the form of the page with a new API key leads, and what is in it."""
    found = FORM.search(text(client.post("/me/keys/new/", NEW_KEY)))
    assert found is not None
    return found[1], {name: html.unescape(value) for name, value in INPUT.findall(found[0])}


@pytest.fixture
def person(db: None) -> User:
    return make_person(username=unique("keeper"))


def test_a_key_that_is_shown_once_is_saved_as_a_personal_secret(
    person: User, sign_in: SignIn, caplog: pytest.LogCaptureFixture
) -> None:
    client = sign_in(actor_of(person))
    place, given = shown_once(client)
    assert given.pop("name") == "api-keys/laptop"
    key = given["value-0"]

    with caplog.at_level(logging.DEBUG):
        answer = client.post(place, given | {"name": "keys/laptop"})

    assert answer.status_code == 302 and key not in answer.headers["Location"]
    kept = secrets.read_data(actor_of(person), Ref(owner_id=person.pk, name="keys/laptop"))
    assert kept.payload is not None and dict(kept.payload.value) == {"API key": key}
    entries = list(AuditEntry.objects.filter(actor_id=person.pk))
    assert "secret.create" in {each.action for each in entries}
    assert key not in json.dumps([each.document for each in entries]) and key not in caplog.text


def test_a_name_that_is_taken_keeps_what_was_shown(person: User, sign_in: SignIn) -> None:
    client = sign_in(actor_of(person))
    place, given = shown_once(client)
    assert client.post(place, given).status_code == 302
    place, again = shown_once(client)

    refused = client.post(place, again)

    assert refused.status_code == 422
    assert "You have a secret of this name already." in text(refused)
    assert again["value-0"] in html.unescape(text(refused))
