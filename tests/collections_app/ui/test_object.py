"""One object: its page, what is changed of it, and what takes it out of the vault."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from django.test import Client

from collections_app import pvschema
from collections_app.models import Object
from collections_app.permissions import Capability
from collections_app.services import adding, collections, granting, reading, tokenizing
from collections_app.services.options import Expiration, ReadOptions, WriteOptions
from tests.collections_app.ui.conftest import MAIL, SSN, Place, browser_of
from tests.factories import make_person, make_policy, make_role, unique
from tests.vaultportal.crypto.ages import opened
from vaultportal.audit.models import AuditEntry

pytestmark = pytest.mark.django_db


def test_the_page_masks_every_encrypted_property(browser: Client, place: Place) -> None:
    page = browser.get(place.object_url).content.decode()

    assert "***-**-1120" in page
    assert "Berlin" in page
    assert MAIL not in page
    assert SSN not in page
    assert "No token stands for it." in page


def test_a_property_is_revealed_for_a_reason(browser: Client, place: Place) -> None:
    url = f"{place.object_url}reveal/"
    given = {"field": "ssn", "reason": "DataSubjectRequest", "note": "", "purpose": "reveal"}

    page = browser.post(url, given).content.decode()

    assert SSN in page
    assert MAIL not in page


def test_all_properties_are_revealed_at_once_with_an_entry_for_each(
    browser: Client, place: Place
) -> None:
    url = f"{place.object_url}reveal-all/"
    assert "Why do you need all properties?" in browser.get(url).content.decode()
    given = {"reason": "DataSubjectRequest", "note": "INC-1", "purpose": "reveal"}
    htmx = {"HX-Request": "true", "HX-Request-Type": "partial"}

    whole = browser.post(url, given)
    part = browser.post(url, given, headers=htmx)

    for answer in (whole, part):
        assert SSN in answer.content.decode()
        assert MAIL in answer.content.decode()
        assert answer.headers["Cache-Control"] == "no-store"
    read = AuditEntry.objects.filter(target_id=str(place.object_id), reason="DataSubjectRequest")
    opened = [each for each in read if each.document["custom"] == "reveal all"]
    assert len(opened) == 4
    assert {each.document["note"] for each in opened} == {"INC-1"}
    assert browser.post(url, {**given, "purpose": "copy"}).status_code == 404


def reader_of(place: Place, *resources: str) -> Client:
    """Somebody whose role may read these of the collection, and nothing else of it."""
    reader = make_person(username=unique("reader"))
    make_role(
        permissions=[
            Capability.COLLECTIONS_READER,
            Capability.OBJECTS_LISTER,
            Capability.OBJECTS_READER,
        ],
        policies=[make_policy(resources=[f"{place.name}/properties/{each}" for each in resources])],
        members=[reader],
    )
    return browser_of(reader)


def test_who_may_read_some_of_it_sees_that_and_no_more(place: Place) -> None:
    masks = reader_of(place, "ssn.mask")
    page = masks.get(place.url).content.decode()
    assert "***-**-1120" in page and "email.mask" not in page
    page = masks.get(place.object_url).content.decode()
    assert "***-**-1120" in page and "Berlin" not in page

    bare = reader_of(place, "ssn", "city")
    given = {"field": "ssn", "reason": "DataSubjectRequest", "note": "", "purpose": "reveal"}
    assert SSN in bare.post(f"{place.object_url}reveal/", given).content.decode()
    shown = bare.post(f"{place.object_url}reveal-all/", given).content.decode()
    assert SSN in shown and MAIL not in shown
    assert masks.post(f"{place.object_url}reveal-all/", given).status_code == 403


def test_tokens_of_the_object_are_listed(browser: Client, place: Place) -> None:
    item = {"type": "pointer", "object": {"id": str(place.object_id)}}
    made = tokenizing.tokenize(place.actor, place.name, [item], expiration=Expiration())

    assert made[0]["token_id"] in browser.get(place.object_url).content.decode()


def test_an_edit_keeps_what_is_left_empty_and_shows_nothing(browser: Client, place: Place) -> None:
    url = f"{place.object_url}edit/"
    assert SSN not in browser.get(url).content.decode()

    browser.post(url, {"p-city": "Lund", "c-ssn": "on", "p-email": "", "p-note": ""})

    found = reading.get_object(
        place.actor, place.name, str(place.object_id), ReadOptions(unsafe=True)
    )
    assert (found["city"], found["ssn"], found["email"]) == ("Lund", None, MAIL)


def test_an_edit_that_does_not_fit_is_said_beside_the_field(browser: Client, place: Place) -> None:
    answer = browser.post(f"{place.object_url}edit/", {"p-email": "no address"})

    assert answer.status_code == 422
    assert b"id_p-email_error" in answer.content


def test_an_end_can_be_set_and_taken_back(browser: Client, place: Place) -> None:
    url = f"{place.object_url}end/"
    assert browser.get(url).status_code == 200
    assert browser.post(url, {"ends": "1"}).status_code == 422

    browser.post(url, {"ends": "86400"})
    assert Object.objects.get(object_id=place.object_id).expires_at is not None
    assert "Ends soon" in browser.get(place.object_url).content.decode()

    browser.post(url, {"ends": "never"})
    assert Object.objects.get(object_id=place.object_id).expires_at is None


def test_an_export_opens_with_the_passphrase_alone(browser: Client, place: Place) -> None:
    url = f"{place.object_url}export/"
    assert browser.get(url).status_code == 200
    given = {"reason": "DataSubjectRequest", "note": ""}
    short = {**given, "passphrase": "short", "repeated": "short"}
    assert browser.post(url, short).status_code == 422

    secret = "correct horse battery"
    answer = browser.post(url, {**given, "passphrase": secret, "repeated": secret})

    assert answer.headers["Content-Type"] == "application/age"
    assert MAIL.encode() not in answer.content
    found = json.loads(opened(answer.content, secret))
    assert found["object"]["email"] == MAIL
    entry = AuditEntry.objects.filter(target_id=str(place.object_id), action="object.read").latest(
        "id"
    )
    assert (entry.reason, entry.document["custom"]) == ("DataSubjectRequest", "export object")


def test_erasing_counts_what_goes_and_wants_to_be_typed(browser: Client, place: Place) -> None:
    item = {"type": "pointer", "object": {"id": str(place.object_id)}}
    tokenizing.tokenize(place.actor, place.name, [item], expiration=Expiration())
    url = f"{place.object_url}erase/"
    word = str(place.object_id)[-4:]
    assert "1 token stands for nothing any more." in browser.get(url).content.decode()
    assert browser.post(url, {"word": "xxxx"}).status_code == 422

    answer = browser.post(url, {"word": word})

    assert answer.headers["Location"] == place.url
    assert not Object.objects.filter(object_id=place.object_id).exists()
    assert browser.get(place.object_url).status_code == 404


def test_somebody_elses_object_is_refused_or_unknown(stranger: Client, place: Place) -> None:
    for part in ("", "edit/", "end/", "erase/", "export/", "reveal/?field=ssn"):
        assert stranger.get(place.object_url + part).status_code == 403


def test_who_may_only_see_the_schema_learns_nothing_of_an_object(place: Place) -> None:
    reader = make_person(username=unique("reader"))
    granting.grant_collection(place.actor, place.name, reader, Capability.COLLECTIONS_READER)
    client = browser_of(reader)

    page = client.get(place.object_url)

    assert page.status_code == 403
    assert "Berlin" not in page.content.decode()
    assert client.post(f"{place.object_url}edit/", {"p-city": "X"}).status_code == 403


def test_an_unknown_object_is_not_found(browser: Client, place: Place) -> None:
    assert browser.get(f"{place.url}objects/{uuid4()}/").status_code == 404
    assert browser.get(f"{place.url}objects/no-id/").status_code == 404


def test_many_are_tokenized_expired_exported_and_erased(browser: Client, place: Place) -> None:
    other = place.add(email="other@example.com")
    ids = [str(place.object_id), str(other)]

    def chosen(action: str) -> str:
        given = {"action": action, "selected": ids}
        return browser.post(f"{place.url}bulk/", given).headers["Location"]

    made = browser.post(chosen("tokenize"), {"kind": "pointer", "props": ["email"]}, follow=True)
    assert "2 tokens" in made.content.decode()
    assert MAIL not in made.content.decode()
    assert browser.post(chosen("expire"), {"ends": "86400"}).status_code == 302
    secret = "correct horse battery"
    given = {"reason": "DataSubjectRequest", "note": "", "passphrase": secret, "repeated": secret}
    taken = browser.post(chosen("export"), given)
    assert {each["email"] for each in json.loads(opened(taken.content, secret))["objects"]} == {
        MAIL,
        "other@example.com",
    }
    batch = chosen("delete")
    assert browser.post(batch, {"word": "3"}).status_code == 422
    browser.post(batch, {"word": "2"})
    assert not Object.objects.filter(object_id__in=ids).exists()


def test_everything_that_matches_is_taken_or_the_limit_is_said(
    browser: Client, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.add(email="other@example.com")
    given = {"action": "delete", "all_matching": "1"}
    address = browser.post(f"{place.url}bulk/", given).headers["Location"]
    assert "Erase 2 objects" in browser.get(address).content.decode()

    monkeypatch.setattr("collections_app.bulk_jobs.MOST", 1)
    page = browser.post(f"{place.url}bulk/", given, follow=True).content.decode()
    assert "Narrow the list" in page


def test_nothing_selected_is_said(browser: Client, place: Place) -> None:
    page = browser.post(f"{place.url}bulk/", {"action": "delete"}, follow=True)
    assert "Nothing is selected." in page.content.decode()


def test_owners_are_a_chain_of_links(browser: Client, place: Place) -> None:
    things = unique("d").replace("-", "_")[:30]
    draft = pvschema.parse(f"{things} DATA (label STRING NOT ENCRYPTED);")
    collections.add_collection(place.actor, draft)
    owner = {"_owner_id": str(place.object_id), "_owner_collection": place.name}
    child = adding.add_object(place.actor, things, {"label": "x", **owner}, WriteOptions())

    page = browser.get(f"/collections/{things}/objects/{child}/").content.decode()

    assert place.object_url in page
    erase = browser.get(f"{place.object_url}erase/").content.decode()
    assert "1 object that belongs to it is archived." in erase
