"""After the first administrator: the address, the keys with their sheet, samples or nothing."""

from __future__ import annotations

import time

import pytest
from django.conf import LazySettings
from django.test import Client

from tests.factories import make_person, member_of
from vaultportal.audit.models import AuditEntry
from vaultportal.identity.models import Role, User
from vaultportal.identity.models.role import ADMIN

pytestmark = pytest.mark.django_db
STEPS = ("address", "keys", "data")


def client_of(person: User) -> Client:
    """Signed in, and proven, a moment ago."""
    client = Client()
    client.force_login(person)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session["account_authentication_methods_user"] = str(person.pk)
    session.save()
    return client


@pytest.fixture
def administrator() -> Client:
    person = make_person()
    member_of(person, Role.objects.get(name=ADMIN))
    return client_of(person)


def test_the_steps_are_for_who_may_see_the_settings() -> None:
    stranger = client_of(make_person())

    for step in STEPS:
        assert stranger.get(f"/setup/{step}/").status_code == 403
    assert stranger.get("/setup/keys/sheet.txt").status_code == 403
    assert stranger.post("/setup/data/", {"samples": "1"}).status_code == 403


def test_another_address_and_a_way_that_anybody_reads_are_told(
    administrator: Client, settings: LazySettings
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    settings.PUBLIC_BASE_URL = "https://vault.example.com"

    elsewhere = administrator.get("/setup/address/", headers={"host": "10.0.0.1:8000"})
    here = administrator.get("/setup/address/", headers={"host": "vault.example.com"}, secure=True)

    assert "another address than the portal knows" in elsewhere.content.decode()
    assert "The way here is not encrypted" in elsewhere.content.decode()
    assert "You came by the address that the portal knows" in here.content.decode()
    assert "The way here is encrypted" in here.content.decode()


def test_the_sheet_holds_no_key_and_its_code_is_typed_back(administrator: Client) -> None:
    sheet = administrator.get("/setup/keys/sheet.txt")
    text = sheet.content.decode()
    code = text.strip().rsplit(" ", 1)[-1]

    assert sheet["Content-Disposition"].startswith("attachment")
    assert len(code) == 6 and "keys restore" in text
    assert code not in administrator.get("/setup/keys/").content.decode()
    wrong = administrator.post("/setup/keys/", {"code": "000000"})
    assert wrong.status_code == 422 and "This is not the code" in wrong.content.decode()
    right = administrator.post("/setup/keys/", {"code": f" {code.lower()[:3]}-{code[3:]}"})

    assert right["Location"] == "/setup/data/"
    assert AuditEntry.objects.filter(action="portal.check_recovery_sheet").count() == 1


def test_a_portal_begins_empty_or_with_samples(
    administrator: Client, settings: LazySettings
) -> None:
    people = User.objects.filter(username="nora")

    assert administrator.post("/setup/data/", {"empty": "1"})["Location"] == "/"
    assert not people.exists()
    administrator.post("/setup/data/", {"samples": "1"})
    assert people.exists()

    settings.IS_PRODUCTION = True
    assert "Add samples" not in administrator.get("/setup/data/").content.decode()
    assert administrator.post("/setup/data/", {"samples": "1"}).status_code == 403
