"""Who may do what with a collection: sentences, grants, the tester, and what is set about it."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from collections_app import catalog
from collections_app.models import CollectionUserGrant
from collections_app.permissions import Capability
from tests.collections_app.ui.conftest import Place, browser_of
from tests.factories import make_person, make_policy, make_role, unique
from vaultportal.audit.models import AuditEntry
from vaultportal.identity.models import User

pytestmark = pytest.mark.django_db


def test_policies_stand_as_sentences(place: Place) -> None:
    policy = make_policy(
        operations=["read"],
        reasons=["Marketing"],
        resources=[f"{place.name}/properties/email.mask"],
    )
    make_policy(resources=["elsewhere/properties/*"], name=unique("other"))
    make_role(policies=[policy], members=[place.owner])

    page = browser_of(place.owner).get(f"{place.url}access/").content.decode()

    assert policy.name in page
    assert "allows Read for Marketing" in page
    assert "elsewhere" not in page


def test_access_is_given_and_taken_back(browser: Client, place: Place) -> None:
    reader = make_person(username=unique("reader"))
    url = f"{place.url}access/"
    given = {"do": "give", "user": reader.username, "right": "cap_data_reader", "ends": "86400"}

    assert browser.post(url, given).status_code == 302

    assert reader.username in browser.get(url).content.decode()
    taken = {
        "do": "take",
        "kind": "user",
        "holder": str(reader.pk),
        "right": "cap_data_reader",
    }
    browser.post(url, taken)
    assert reader.username not in browser.get(url).content.decode()
    actions = AuditEntry.objects.filter(target_id=str(place.schema.id)).values_list(
        "action", flat=True
    )
    assert {"collection.grant", "collection.revoke"} <= set(actions)


def test_a_role_is_let_in(browser: Client, place: Place) -> None:
    member = make_person(username=unique("member"))
    role = make_role(members=[member])
    url = f"{place.url}access/"
    for right in ("cap_collections_reader", "cap_data_reader"):
        given = {"do": "give", "role": str(role.uuid), "right": right, "ends": "never"}
        assert browser.post(url, given).status_code == 302

    assert "Berlin" in browser_of(member).get(place.url).content.decode()


def test_an_owner_for_a_time_gives_nothing_that_lasts_longer(browser: Client, place: Place) -> None:
    deputy, reader = make_person(username=unique("deputy")), make_person(username=unique("reader"))
    url = f"{place.url}access/"
    given = {"do": "give", "user": deputy.username, "right": "own_collection", "ends": "604800"}
    assert browser.post(url, given).status_code == 302
    client = browser_of(deputy)

    def gives(user: User, right: str, ends: str) -> int:
        posted = {"do": "give", "user": user.username, "right": right, "ends": ends}
        return client.post(url, posted).status_code

    assert gives(deputy, "own_collection", "never") == 403
    assert gives(reader, "own_collection", "86400") == 403
    assert gives(deputy, "cap_data_reader", "never") == 422
    assert gives(reader, "cap_data_reader", "2592000") == 422
    assert gives(reader, "cap_data_reader", "86400") == 302
    entries = AuditEntry.objects.filter(
        target_id=str(place.schema.id), action="collection.grant", actor_id=deputy.pk
    )
    grant = CollectionUserGrant.objects.get(user=reader)
    assert grant.valid_until is not None
    (entry,) = entries
    assert json.loads(bytes(entry.body))["detail"]["valid_until"] == grant.valid_until.isoformat()


@pytest.mark.parametrize(
    "given",
    [
        {"right": "cap_data_reader", "ends": "never"},
        {"user": "nobody-is-called-so", "right": "cap_data_reader", "ends": "never"},
        {"user": "x", "right": "cap_system", "ends": "never"},
    ],
)
def test_a_grant_that_cannot_be_is_said(
    browser: Client, place: Place, given: dict[str, str]
) -> None:
    assert browser.post(f"{place.url}access/", {"do": "give", **given}).status_code == 422


def test_only_who_owns_it_gives_access(place: Place) -> None:
    reader = make_person(username=unique("reader"))
    make_role(permissions=[Capability.COLLECTIONS_READER], members=[reader])
    client = browser_of(reader)
    given = {
        "do": "give",
        "user": reader.username,
        "right": "own_collection",
        "ends": "never",
    }

    assert client.post(f"{place.url}access/", given).status_code == 403
    nobody = {**given, "user": "nobody-is-called-so"}
    assert client.post(f"{place.url}access/", nobody).status_code == 403
    assert "Grants on this collection" not in client.get(f"{place.url}access/").content.decode()


def test_the_tester_answers_as_the_data_plane_does(place: Place) -> None:
    reader = make_person(username=unique("reader"))
    policy = make_policy(operations=["read"], resources=[f"{place.name}/properties/email.mask"])
    rights = [Capability.COLLECTIONS_READER, Capability.OBJECTS_READER]
    make_role(permissions=rights, policies=[policy], members=[reader])
    client = browser_of(reader)
    asked = {"who": "", "operation": "read", "reason": "Marketing"}

    masked = client.get(f"{place.url}access/", {**asked, "key": "email.mask"}).content.decode()
    bare = client.get(f"{place.url}access/", {**asked, "key": "email"}).content.decode()

    assert "Allowed" in masked
    assert f"The policy {policy.name} allows." in masked
    assert "Refused" in bare
    assert "No policy votes on it." in bare


def test_the_tester_shows_nobody_elses_rights_to_a_person_without_leave(place: Place) -> None:
    other = make_person(username=unique("other"))
    asked = {"operation": "read", "reason": "Marketing", "key": "email", "who": other.username}

    page = browser_of(place.owner).get(f"{place.url}access/", asked).content.decode()

    assert "There is nobody of this name whom you may look at." in page


def test_settings_say_what_is_set_and_count_on_demand(browser: Client, place: Place) -> None:
    page = browser.get(f"{place.url}settings/").content.decode()
    assert "Never, unless somebody says so" in page
    assert "1 active, 0 archived" not in page

    assert "1 active, 0 archived" in browser.get(f"{place.url}settings/?count=1").content.decode()


def test_a_collection_is_deleted_once_its_name_is_typed(browser: Client, place: Place) -> None:
    url = f"{place.url}delete/"
    assert browser.post(url, {"word": "something"}).status_code == 422
    assert place.name in catalog.current().collections

    assert browser.post(url, {"word": place.name}).headers["Location"] == "/collections/"
    assert place.name not in catalog.current().collections


def test_who_may_not_change_it_cannot_delete_it(place: Place) -> None:
    reader: User = make_person(username=unique("reader"))
    make_role(permissions=[Capability.COLLECTIONS_READER], members=[reader])

    answer = browser_of(reader).post(f"{place.url}delete/", {"word": place.name})

    assert answer.status_code == 403


def test_what_was_taken_back_comes_back_with_its_end(browser: Client, place: Place) -> None:
    reader = make_person(username=unique("reader"))
    url = f"{place.url}access/"
    given = {"do": "give", "user": reader.username, "right": "cap_data_reader", "ends": "86400"}
    browser.post(url, given)
    [grant] = CollectionUserGrant.objects.filter(user=reader)
    named = {"kind": "user", "holder": str(reader.pk), "right": "cap_data_reader"}

    told = browser.post(url, {"do": "take", **named}, follow=True).content.decode()
    assert not CollectionUserGrant.objects.filter(user=reader).exists()
    until = grant.valid_until
    assert until is not None
    assert f'name="until" value="{until.isoformat()}"' in told and 'name="undo"' in told
    back = {"do": "back", **named, "until": until.isoformat(), "undo": "1"}
    for _ in range(2):  # sent twice
        assert browser.post(url, back).status_code == 302

    [again] = CollectionUserGrant.objects.filter(user=reader)
    assert again.valid_until == until
    assert browser_of(reader).post(url, back).status_code == 403
    assert browser.post(url, back | {"until": "soon"}).status_code == 404


def test_what_was_given_is_taken_back_by_the_notice(browser: Client, place: Place) -> None:
    reader = make_person(username=unique("reader"))
    url = f"{place.url}access/"
    given = {"do": "give", "user": reader.username, "right": "cap_data_reader", "ends": "86400"}

    told = browser.post(url, given, follow=True).content.decode()

    notice = told.split("<toast-notice")[1].split("</toast-notice>")[0]
    assert 'name="do" value="take"' in notice and f'value="{reader.pk}"' in notice
