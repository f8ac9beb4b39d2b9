"""The reason of browsing is said in a form of ours, and by nothing else."""

from __future__ import annotations

import pytest
from django.test import Client

from collections_app.ui import reason as reasons
from tests.collections_app.ui.conftest import Place, browser_of
from vaultportal.audit.models import AuditEntry

pytestmark = pytest.mark.django_db

URL = "/collections/-/reason/"


def test_an_address_does_not_change_why_somebody_browses(browser: Client, place: Place) -> None:
    """Whoever sends a link must not choose what another's reads are recorded under."""
    browser.get(place.url + "?reason=Marketing", headers={"Sec-Fetch-Site": "cross-site"})
    browser.get(URL + "?reason=Marketing&next=" + place.url)

    assert browser.session[reasons.KEY] == "AccountManagement"
    read = AuditEntry.objects.filter(actor_id=place.owner.pk, action="object.read")
    assert {each.reason for each in read} == {"AccountManagement"}
    assert "You look at these for: <b>Account management</b>" in browser.get(
        place.url
    ).content.decode().replace("\n", "")


def test_an_address_does_not_answer_for_who_was_not_asked(place: Place) -> None:
    client = browser_of(place.owner, reason="")

    page = client.get(place.url + "?reason=Maintenance").content.decode()

    assert "Why do you look at these?" in page
    assert "Berlin" not in page


def test_a_form_of_somebody_else_is_refused(place: Place) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(place.owner)

    assert client.post(URL, {"reason": "Marketing", "next": place.url}).status_code == 403
    assert reasons.KEY not in client.session


def test_it_is_changed_and_leads_back_to_pages_of_ours_alone(browser: Client, place: Place) -> None:
    back = place.url + "?life=archived"

    answer = browser.post(URL, {"reason": "Maintenance", "note": "", "next": back})

    assert answer.headers["Location"] == back
    assert browser.session[reasons.KEY] == "Maintenance"
    for foreign in ("https://evil.example/", "//evil.example/", "javascript:alert(1)", ""):
        answer = browser.post(URL, {"reason": "Maintenance", "next": foreign})
        assert answer.headers["Location"] in ("/", "/collections/")


@pytest.mark.parametrize("given", [{"reason": "Curiosity"}, {"reason": ""}, {"reason": "Other"}])
def test_what_is_no_reason_is_refused(browser: Client, given: dict[str, str]) -> None:
    answer = browser.post(URL, {"note": "", **given})

    assert answer.status_code == 422
    assert browser.session[reasons.KEY] == "AccountManagement"


def test_another_reason_needs_its_note_which_goes_with_each_read(
    browser: Client, place: Place
) -> None:
    browser.post(URL, {"reason": "Other", "note": "INC-7", "next": place.url})

    assert "Other, INC-7" in browser.get(place.url).content.decode()
    entry = AuditEntry.objects.filter(actor_id=place.owner.pk, action="object.read").latest("id")
    assert (entry.reason, entry.document["note"]) == ("Other", "INC-7")


def test_within_a_page_it_is_a_dialog(browser: Client, place: Place) -> None:
    htmx = {"HX-Request": "true", "HX-Request-Type": "partial"}
    asked = browser.get(f"{URL}?next={place.url}", headers=htmx)
    assert asked.headers["HX-Retarget"] == "#dialog"
    assert "<dialog" in asked.content.decode()

    changed = browser.post(URL, {"reason": "Analytics", "next": place.url}, headers=htmx)

    assert changed.headers["HX-Redirect"] == place.url
