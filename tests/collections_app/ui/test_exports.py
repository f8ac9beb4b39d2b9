"""Exports that a job writes: for one person, one download, one day."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from collections_app import export_jobs
from collections_app.models import ObjectExport
from collections_app.permissions import Capability
from collections_app.services import granting, object_exports, reading
from collections_app.services.reading import Page
from tests.collections_app.ui.conftest import MAIL, Place, browser_of
from tests.factories import make_person, make_role, unique
from tests.vaultportal.crypto.ages import opened
from vaultportal.audit.models import AuditEntry

pytestmark = pytest.mark.django_db

SECRET = "correct horse battery"
WHY = {"reason": "DataSubjectRequest", "note": "INC-1", "passphrase": SECRET, "repeated": SECRET}


def ask(browser: Client, place: Place, look: str = "") -> str:
    """Ask for everything that a list shows; the address of the export."""
    given = {"action": "export", "all_matching": "1"}
    batch = browser.post(f"{place.url}bulk/{look}", given).headers["Location"]
    assert "Export all objects of the list" in browser.get(batch).content.decode()
    return str(browser.post(batch, WHY).headers["Location"])


def write() -> ObjectExport:
    """What the worker does with the newest export."""
    export_jobs.write(str(ObjectExport.objects.latest("id").pk))
    return ObjectExport.objects.latest("id")


def test_all_objects_are_written_by_a_job_and_fetched_once(browser: Client, place: Place) -> None:
    place.add(email="other@example.com")
    url = ask(browser, place)
    waiting = ObjectExport.objects.get()
    assert "Waiting" in browser.get(url).content.decode()
    assert url in browser.get(f"{place.url}settings/").content.decode()
    assert SECRET.encode() not in bytes(waiting.terms)

    row = write()

    assert (row.state, row.done, row.total, bytes(row.terms)) == ("ready", 2, 2, b"")
    assert MAIL.encode() not in bytes(row.file)
    assert "Ready" in browser.get(url).content.decode()
    file = browser.post(url)
    found = json.loads(opened(file.content, SECRET))
    assert {each["email"] for each in found["objects"]} == {MAIL, "other@example.com"}
    assert file.headers["Cache-Control"] == "no-store"

    again = browser.post(url, follow=True)
    assert "The file is not here any more." in again.content.decode()
    assert bytes(ObjectExport.objects.get().file) == b""
    told = AuditEntry.objects.filter(target_id=str(place.schema.id), reason="DataSubjectRequest")
    assert {each.action for each in told} == {
        "object.export",
        "object.read",
        "object.export_taken",
    }
    assert {each.document["note"] for each in told} == {"INC-1"}


def test_what_a_search_found_is_all_that_is_written(browser: Client, place: Place) -> None:
    place.add(email="other@example.com")
    asked = browser.post(place.url, {"where": "match:email", "value": MAIL})

    ask(browser, place, "?" + asked.headers["Location"].partition("?")[2])

    assert MAIL.encode() not in bytes(ObjectExport.objects.get().terms)
    assert write().total == 1


def test_an_export_is_nobody_elses_and_wants_a_fresh_proof(browser: Client, place: Place) -> None:
    url = ask(browser, place)
    write()
    other = make_person(username=unique("other"))
    granting.grant_collection(place.actor, place.name, other, Capability.DATA_READER)
    make_role(permissions=[Capability.COLLECTIONS_READER], members=[other])

    assert browser_of(other).get(url).status_code == 404
    assert browser.get(f"{place.url}exports/{uuid4()}/").status_code == 404
    stale = browser_of(place.owner, is_proven=False)
    assert stale.post(url, {"csrfmiddlewaretoken": "x"}).status_code == 401
    assert ObjectExport.objects.get().state == "ready"


def test_who_lost_the_right_meanwhile_gets_no_file(browser: Client, place: Place) -> None:
    url = ask(browser, place)
    place.owner.is_active = False
    place.owner.save()

    export_jobs.write(str(ObjectExport.objects.get().pk))

    assert not ObjectExport.objects.exists()
    assert browser.get(url).status_code in (302, 404)


def test_who_may_not_read_it_any_more_does_not_fetch_what_is_ready(
    browser: Client, place: Place
) -> None:
    reader = make_person(username=unique("reader"))
    granting.grant_collection(place.actor, place.name, reader, Capability.DATA_READER)
    make_role(permissions=[Capability.COLLECTIONS_READER], members=[reader])
    theirs = browser_of(reader)
    url = ask(theirs, place)
    write()
    granting.revoke_collection(place.actor, place.name, reader, Capability.DATA_READER)

    assert theirs.post(url).status_code == 403
    assert ObjectExport.objects.get().state == "ready"


def test_nobody_piles_exports_up(browser: Client, place: Place) -> None:
    for _ in range(object_exports.MOST_OPEN):
        ask(browser, place)
    given = {"action": "export", "all_matching": "1"}
    batch = browser.post(f"{place.url}bulk/", given).headers["Location"]

    refused = browser.post(batch, WHY)

    assert "Fetch your other exports first" in refused.content.decode()
    assert ObjectExport.objects.count() == object_exports.MOST_OPEN


def test_a_worker_that_another_has_overtaken_leaves_the_row_alone(
    browser: Client, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(browser, place)
    listed = reading.list_objects

    def slowly(*given: Any, **further: Any) -> Page:
        ObjectExport.objects.update(attempts=2)  # somebody claimed it meanwhile
        return listed(*given, **further)

    monkeypatch.setattr(reading, "list_objects", slowly)

    row = write()

    assert (row.state, row.done, bytes(row.file)) == ("running", 0, b"")


def test_what_holds_too_much_or_never_ends_is_given_up(
    browser: Client, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = ask(browser, place)
    monkeypatch.setattr(export_jobs, "MOST", 0)
    assert (write().state, write().failure) == ("failed", ObjectExport.TOO_MANY)
    assert "Narrow the list" in browser.get(url).content.decode()

    url = ask(browser, place)
    late = timezone.now() - timedelta(hours=1)
    ObjectExport.objects.filter(state="queued").update(
        state="running", attempts=3, lease_until=late
    )
    assert len(export_jobs.sweep()) == 1
    assert write().failure == ObjectExport.GAVE_UP
    assert "began" in browser.get(url).content.decode().replace("begun", "began")


def test_what_nobody_fetched_in_a_day_is_forgotten(browser: Client, place: Place) -> None:
    ask(browser, place)
    write()
    ObjectExport.objects.update(created_at=timezone.now() - timedelta(hours=25))

    assert export_jobs.sweep() == []
    assert not ObjectExport.objects.exists()


def test_a_larger_selection_is_written_by_a_job(
    browser: Client, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collections_app.ui.views.bulk.IN_REQUEST", 0)
    given = {"action": "export", "selected": [str(place.object_id)]}
    batch = browser.post(f"{place.url}bulk/", given).headers["Location"]

    browser.post(batch, WHY)

    assert write().total == 1
