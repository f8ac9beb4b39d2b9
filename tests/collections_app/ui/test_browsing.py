"""The list of collections, the object table, and what uncovers a column of it."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from collections_app.models import Object
from collections_app.permissions import Capability
from collections_app.services import granting
from tests.collections_app.ui.conftest import MAIL, SSN, Place, browser_of
from tests.factories import make_person, make_role, unique
from vaultportal.audit.models import AuditEntry

pytestmark = pytest.mark.django_db

REASON = "/collections/-/reason/"


def entries(place: Place, action: str) -> list[AuditEntry]:
    found = AuditEntry.objects.filter(actor_id=place.owner.pk, action=action)
    return list(found.order_by("id"))


def test_the_list_says_what_is_in_each_and_whether_i_may_read(
    browser: Client, place: Place
) -> None:
    page = browser.get("/collections/").content.decode()

    assert place.name in page
    assert "Values" in page
    assert MAIL not in page


def test_the_list_costs_the_same_for_one_collection_and_for_many(
    browser: Client, place: Place, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    browser.get("/collections/")
    with django_assert_max_num_queries(18):
        browser.get("/collections/?q=" + place.name)


def test_a_filter_that_nothing_fits_offers_to_clear_it(browser: Client, place: Place) -> None:
    page = browser.get("/collections/?q=nothing-is-called-so").content.decode()

    assert "No collection is like that" in page
    assert "Clear filters" in page


def test_a_stranger_finds_no_collection(stranger: Client, place: Place) -> None:
    assert "No collection is open to you" in stranger.get("/collections/").content.decode()
    assert stranger.get(place.url).status_code == 403


def test_why_is_asked_before_anything_is_read(place: Place) -> None:
    client = browser_of(place.owner, reason="")

    page = client.get(place.url).content.decode()

    assert "Why do you look at these?" in page
    assert "m***" not in page
    assert entries(place, "object.read") == []

    given = {"reason": "Maintenance", "note": "", "next": place.url}
    page = client.post(REASON, given, follow=True).content.decode()
    assert "Berlin" in page
    assert [each.reason for each in entries(place, "object.read")] == ["Maintenance"]
    assert "Berlin" in client.get(place.url).content.decode()


def test_the_table_shows_masks_and_never_values(browser: Client, place: Place) -> None:
    page = browser.get(place.url).content.decode()

    assert "email.mask" in page
    assert "***-**-1120" in page
    assert MAIL not in page
    assert SSN not in page
    assert browser.get(place.url + "?col=ssn").content.decode().count(SSN) == 0


def test_columns_can_be_chosen(browser: Client, place: Place) -> None:
    page = browser.get(place.url + "?col=city&col=email.token").content.decode()

    assert "***-**-1120" not in page
    assert "<code>email.token</code>" in page


def test_the_table_costs_a_fixed_number_of_statements(
    browser: Client, place: Place, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        place.add(email=f"p{number}@example.com")
    browser.get(place.url)
    with django_assert_max_num_queries(26):
        browser.get(place.url)


def test_a_search_keeps_the_value_out_of_the_address(browser: Client, place: Place) -> None:
    place.add(email="other@example.com", city="Oslo")

    answer = browser.post(place.url, {"where": "match:email", "value": MAIL})

    assert answer.status_code == 302
    address = answer.headers["Location"]
    assert "mara" not in address
    page = browser.get(address).content.decode()
    assert "Berlin" in page
    assert "Oslo" not in page
    assert MAIL not in page
    assert "mara" not in str(urlsplit(address).query)


def test_a_search_is_nobody_elses(browser: Client, place: Place) -> None:
    answer = browser.post(place.url, {"where": "match:email", "value": MAIL})

    other = browser_of(place.owner)

    found = other.get(answer.headers["Location"])
    assert found.headers["Location"] == place.url
    assert "That search is no longer kept." in other.get(place.url).content.decode()


def test_a_search_that_finds_nothing_says_so(browser: Client, place: Place) -> None:
    asked = {"where": "match:email", "value": "nobody@example.com"}
    page = browser.post(place.url, asked, follow=True).content.decode()

    assert "No object has this value" in page


def test_what_no_index_supports_is_greyed_and_refused(browser: Client, place: Place) -> None:
    page = browser.get(place.url).content.decode()
    assert "ssn: encrypted, not indexed: cannot be searched" in page
    assert "email contains: has no index of its parts" in page

    answer = browser.post(place.url, {"where": "match:ssn", "value": SSN})

    assert answer.status_code == 422
    assert SSN not in answer.content.decode()


def test_a_value_that_its_type_refuses_is_said_without_it(browser: Client, place: Place) -> None:
    asked = {"where": "match:email", "value": "no address at all"}
    answer = browser.post(place.url, asked, follow=True)

    assert answer.status_code == 422
    assert "no address at all" not in answer.content.decode()


def test_expired_objects_stand_apart(browser: Client, place: Place) -> None:
    past = timezone.now() - timedelta(days=1)
    Object.objects.filter(object_id=place.object_id).update(expires_at=past, ends_at=past)

    assert "No objects yet" in browser.get(place.url).content.decode()
    assert "Berlin" in browser.get(place.url + "?life=archived").content.decode()


def test_unmasking_asks_why_and_writes_an_entry_for_each_object(
    browser: Client, place: Place
) -> None:
    other = place.add(email="other@example.com", ssn="078-05-1121")
    url = f"{place.url}unmask/?column=ssn"
    assert "Why do you need the column ssn?" in browser.get(url).content.decode()
    refused = browser.post(url, {"reason": "Other", "note": "", "purpose": "reveal"})
    assert refused.status_code == 422

    given = {"reason": "DataSubjectRequest", "note": "INC-1", "seconds": "30", "purpose": "reveal"}
    answer = browser.post(url, given)

    page = answer.content.decode()
    assert SSN in page
    assert "078-05-1121" in page
    assert MAIL not in page
    assert answer.headers["Cache-Control"] == "no-store"
    opened = [each for each in entries(place, "object.read") if each.target_kind == "object"]
    assert {each.target_id for each in opened} == {str(place.object_id), str(other)}
    assert {each.reason for each in opened} == {"DataSubjectRequest"}
    assert {each.document["note"] for each in opened} == {"INC-1"}


def test_unmasking_needs_a_fresh_proof_and_a_property(place: Place) -> None:
    stale = browser_of(place.owner, is_proven=False)
    answer = stale.get(f"{place.url}unmask/?column=ssn")
    assert answer.status_code == 302
    assert "/me/prove/" in answer.headers["Location"]

    fresh = browser_of(place.owner)
    assert fresh.get(f"{place.url}unmask/?column=city").status_code == 404
    assert fresh.get(f"{place.url}unmask/?column=nothing").status_code == 404


def test_who_may_not_read_is_told_what_there_is(place: Place) -> None:
    reader = make_person(username=unique("reader"))
    granting.grant_collection(place.actor, place.name, reader, Capability.COLLECTIONS_READER)

    answer = browser_of(reader).get(place.url)

    assert answer.status_code == 403
    assert f"ask for access: {place.owner.full_name or place.owner.username}" in (
        answer.content.decode()
    )


@pytest.mark.parametrize("rights", [(), (Capability.OBJECTS_LISTER, Capability.TOKENS_READER)])
def test_a_refusal_leads_to_why(place: Place, rights: tuple[Capability, ...]) -> None:
    """Without the capability, or with it and no policy that lets them read."""
    reader = make_person(username=unique("reader"))
    granting.grant_collection(place.actor, place.name, reader, Capability.COLLECTIONS_READER)
    make_role(permissions=list(rights), members=[reader])
    client = browser_of(reader)
    tokens = f"/tokens/find/?collection={place.name}&tags=a"

    for address in (place.url, place.object_url, tokens):
        page = client.get(address).content.decode()

        found = re.findall(r'href="(/access/explain/\?[^"]+)">Explain why<', page)
        assert len(found) == 1, address
        why = client.get(html.unescape(found[0]))
        assert why.status_code == 200, address
        assert not why.context["answer"].allowed, address
        if rights and address != place.object_url:
            assert "operation=read" in found[0] and f"{place.name}%2F" in found[0]
