"""What is done to more than a hundred objects: a job, batch after batch, with a page of its own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

from collections_app import bulk_jobs
from collections_app.events import OBJECT_DELETE_APPROVAL
from collections_app.models import BulkJob, Object, Token
from collections_app.permissions import Capability
from collections_app.services import adding, collections, erasing, granting, object_jobs
from collections_app.services.options import WriteOptions
from tests.collections_app.ui.conftest import MAIL, Place, browser_of
from tests.factories import actor_of, as_admin, make_person, make_role, unique
from triggers_app.gates import rules
from triggers_app.gates.rules import GateFields
from vaultportal.audit.models import AuditEntry
from vaultportal.errors import Conflict, Forbidden, Invalid, NotFound
from vaultportal.identity.models import User

pytestmark = pytest.mark.django_db


def fill(place: Place, number: int) -> list[UUID]:
    """So many more objects; their ids."""
    bodies = [{"email": f"person{each}@example.com", "city": "Lund"} for each in range(number)]
    return adding.add_objects(place.actor, place.name, bodies, WriteOptions()).ids


def gather(browser: Client, place: Place, action: str, look: str = "", **given: Any) -> str:
    """Select, by default all that the list shows; the address of the confirmation."""
    chosen = {"action": action, **(given or {"all_matching": "1"})}
    return str(browser.post(f"{place.url}bulk/{look}", chosen).headers["Location"])


def begun(place: Place, kind: str, ids: list[UUID], **terms: Any) -> BulkJob:
    """A job of the owner, as its page would have begun it."""
    actor = place.actor.with_(reason="Maintenance", note="INC-7")
    row = object_jobs.draft(actor, place.name, bulk_jobs.Kind(kind), ids)
    return object_jobs.begin(actor, place.name, row.pk, **terms)


def work(job: BulkJob) -> BulkJob:
    """What the worker does."""
    bulk_jobs.run(str(job.pk))
    return BulkJob.objects.get(pk=job.pk)


def one_batch(job: BulkJob) -> BulkJob:
    """A worker that is gone after its first batch; its lease is over."""
    assert BulkJob.objects.claim(str(job.pk))
    row = BulkJob.objects.select_related("collection").get(pk=job.pk)
    ids = bulk_jobs.opened_ids(bytes(row.ids))
    assert bulk_jobs._batch(row, ids, bulk_jobs.Terms.opened(bytes(row.terms)))
    late = timezone.now() - timedelta(hours=1)
    BulkJob.objects.filter(pk=job.pk).update(lease_until=late)
    return row


def left(ids: list[UUID]) -> int:
    return Object.objects.filter(object_id__in=ids).count()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of two, and a job for two already."""
    monkeypatch.setattr(bulk_jobs, "BATCH", 2)
    monkeypatch.setattr("collections_app.ui.views.bulk.IN_REQUEST", 1)


def test_more_than_a_hundred_are_erased_by_a_job(browser: Client, place: Place) -> None:
    ids = fill(place, 101)
    batch = gather(browser, place, "delete")
    page = browser.get(batch).content.decode()
    assert "Erase 102 objects" in page
    assert "A job does it" in page
    assert browser.post(batch, {"word": "101"}).status_code == 422

    url = browser.post(batch, {"word": "102"}).headers["Location"]

    job = BulkJob.objects.get()
    assert url == f"{place.url}jobs/{job.pk}/"
    assert (job.state, job.total, job.reason) == ("queued", 102, "AccountManagement")
    assert ids[0].bytes not in bytes(job.ids)
    assert "Waiting" in browser.get(url).content.decode()
    assert browser.post(batch, {"word": "102"}).headers["Location"] == url
    assert BulkJob.objects.count() == 1
    assert "1 job is running" in browser.get("/palette/jobs/").content.decode()
    for listing in ("/collections/-/jobs/", f"{place.url}settings/"):
        assert url in browser.get(listing).content.decode()

    job = work(job)

    assert (job.state, job.done, job.gone, job.refused) == ("done", 102, 0, 0)
    assert (bytes(job.ids), bytes(job.terms), left(ids)) == (b"", b"", 0)
    page = browser.get(url).content.decode()
    assert "Done" in page
    assert "data-live" not in page.partition('id="job"')[2].partition(">")[0]
    told = AuditEntry.objects.filter(target_id=str(place.schema.id)).order_by("id")
    deleted = told.filter(action="object.delete")
    assert [each.document["detail"]["count"] for each in deleted] == [100, 2]
    assert {each.reason for each in deleted} == {"AccountManagement"}
    ended = told.get(action="object.bulk_end").document["detail"]
    assert (ended["done"], ended["requested_by"]) == (102, str(place.owner.pk))
    assert told.filter(action="object.bulk").exists()


def test_tokens_are_made_where_there_is_a_value_and_found_by_their_tag(
    browser: Client, place: Place, small: None
) -> None:
    without_ssn = fill(place, 3)
    chosen = [str(each) for each in (place.object_id, *without_ssn)]
    batch = gather(browser, place, "tokenize", selected=[*chosen, chosen[0].upper(), "no id"])
    assert "Tokenize 4 objects" in browser.get(batch).content.decode()
    given = {"kind": "randomized", "props": ["ssn"], "tags": "mine", "ends": ""}
    url = browser.post(batch, given).headers["Location"]
    erasing.delete_object(place.actor, place.name, chosen[3], WriteOptions())

    job = work(BulkJob.objects.get())

    assert (job.state, job.done, job.gone, job.refused) == ("done", 1, 1, 2)
    token = Token.objects.get()
    assert token.tags == ["mine", job.tag]
    assert job.tag in browser.get(url).content.decode()
    table = browser.get(f"{url}?download=1")
    assert table.headers["Cache-Control"] == "no-store"
    assert table.content.decode().split() == ["object,token", f"{chosen[0]},{token.token_id}"]


def test_ends_are_changed_and_a_value_that_was_searched_stays_out_of_the_row(
    browser: Client, place: Place, small: None
) -> None:
    fill(place, 2)
    given = {"where": "in:email", "value": f"{MAIL}\nperson1@example.com"}
    look = "?" + browser.post(place.url, given).headers["Location"].partition("?")[2]
    batch = gather(browser, place, "expire", look)
    browser.post(batch, {"ends": "0"})
    kept = BulkJob.objects.values().get()
    assert MAIL not in str(kept)
    assert MAIL.encode() not in bytes(kept["ids"]) + bytes(kept["terms"])

    assert work(BulkJob.objects.get()).done == 2

    assert Object.objects.filter(ends_at__lte=timezone.now()).count() == 2


def test_whoever_goes_on_after_a_lost_worker_does_the_rest_alone(place: Place, small: None) -> None:
    ids = fill(place, 5)
    job = begun(place, "delete", ids)
    one_batch(job)
    assert left(ids) == 3

    assert bulk_jobs.sweep() == [str(job.pk)]
    job = work(job)

    assert (job.state, job.done, job.gone, job.attempts) == ("done", 5, 0, 2)
    assert left(ids) == 0


def test_a_worker_that_dies_within_a_batch_has_done_nothing_of_it(
    place: Place, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = fill(place, 4)
    job = begun(place, "delete", ids)
    erase = erasing.delete_objects

    def killed(*given: Any) -> None:
        erase(*given)
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr(erasing, "delete_objects", killed)
        with pytest.raises(SystemExit):
            work(job)
    job.refresh_from_db()
    assert (job.state, job.place, left(ids)) == ("running", 0, 4)
    assert not AuditEntry.objects.filter(action="object.delete").exists()

    assert work(job).state == "running"  # the lease of the dead one
    BulkJob.objects.update(lease_until=timezone.now() - timedelta(hours=1))
    assert (work(job).done, left(ids)) == (4, 0)


def test_a_worker_that_another_has_overtaken_does_nothing_more(place: Place, small: None) -> None:
    ids = fill(place, 4)
    row = one_batch(begun(place, "delete", ids))
    assert BulkJob.objects.claim(str(row.pk))

    with pytest.raises(bulk_jobs.Lost):
        bulk_jobs._batch(row, ids, bulk_jobs.Terms.opened(bytes(row.terms)))

    assert left(ids) == 2


def test_a_job_that_comes_no_further_is_given_up(browser: Client, place: Place) -> None:
    job = begun(place, "delete", [place.object_id])
    late = timezone.now() - timedelta(hours=1)
    BulkJob.objects.update(state="running", attempts=3, lease_until=late)

    assert work(job).failure == BulkJob.GAVE_UP
    assert "three times in a row" in browser.get(f"{place.url}jobs/{job.pk}/").content.decode()
    assert left([place.object_id]) == 1


def test_a_right_that_is_taken_away_midway_ends_it(place: Place, small: None) -> None:
    ids = fill(place, 5)
    person = make_person(username=unique("deleter"))
    make_role(permissions=[Capability.COLLECTIONS_READER], members=[person])
    granting.grant_collection(place.actor, place.name, person, Capability.DATA_DELETER)
    actor = actor_of(person)
    draft = object_jobs.draft(actor, place.name, bulk_jobs.Kind.DELETE, ids)
    job = object_jobs.begin(actor, place.name, draft.pk)
    one_batch(job)
    granting.revoke_collection(place.actor, place.name, person, Capability.DATA_DELETER)

    job = work(job)

    assert (job.state, job.failure, job.done) == ("failed", BulkJob.NOT_ALLOWED, 2)
    assert (left(ids), bytes(job.ids)) == (3, b"")
    page = browser_of(person).get(f"{place.url}jobs/{job.pk}/").content.decode()
    assert "may not do this any more" in page
    ended = AuditEntry.objects.get(action="object.bulk_end")
    assert ended.outcome == "failure"


def test_whoever_is_disabled_has_nothing_done(place: Place) -> None:
    job = begun(place, "delete", [place.object_id])
    User.objects.filter(pk=place.owner.pk).update(is_active=False)

    assert work(job).failure == BulkJob.NOT_ALLOWED
    assert left([place.object_id]) == 1


def test_stopping_leaves_the_rest(browser: Client, place: Place, small: None) -> None:
    ids = fill(place, 5)
    job = begun(place, "delete", ids)
    one_batch(job)
    url = f"{place.url}jobs/{job.pk}/"

    page = browser.post(url, follow=True).content.decode()

    assert "Stopped" in page
    job = work(job)
    assert (job.state, job.done, left(ids), bytes(job.ids)) == ("cancelled", 2, 3, b"")
    assert "It was over already." in browser.post(url, follow=True).content.decode()
    stopped = AuditEntry.objects.get(action="object.bulk_cancel")
    assert (stopped.actor_id, stopped.document["detail"]["done"]) == (place.owner.pk, 2)


def test_a_job_does_not_go_round_a_gate(
    browser: Client, place: Place, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = fill(place, 3)
    before = begun(place, "delete", ids)
    draft = object_jobs.draft(place.actor, place.name, bulk_jobs.Kind.DELETE, ids)
    fields = GateFields(
        name=unique("erasing"),
        trigger=OBJECT_DELETE_APPROVAL.id,
        approval="people",
        approvers=(make_role().uuid,),
    )
    rules.add_gate(as_admin(), fields)
    gated = actor_of(place.owner)

    assert work(before).failure == BulkJob.GATED
    with pytest.raises(Conflict):
        object_jobs.begin(gated, place.name, draft.pk)
    monkeypatch.setattr("collections_app.ui.views.bulk.MOST_AT_ONCE", 2)
    page = browser.get(gather(browser, place, "delete")).content.decode()
    assert "Somebody may have to be asked" in page
    assert left(ids) == 3
    assert work(begun(place, "expire", ids)).done == 3


def test_a_job_is_nobody_elses(browser: Client, place: Place, stranger: Client) -> None:
    job = begun(place, "delete", [place.object_id])
    url = f"{place.url}jobs/{job.pk}/"
    other = make_person(username=unique("other"))
    granting.grant_collection(place.actor, place.name, other, Capability.DATA_DELETER)
    make_role(permissions=[Capability.COLLECTIONS_READER], members=[other])
    theirs = browser_of(other)

    assert theirs.get(url).status_code == 404
    assert theirs.post(url).status_code == 404
    assert stranger.get(url).status_code in (403, 404)
    assert url not in theirs.get("/collections/-/jobs/").content.decode()
    assert "is running" not in theirs.get("/palette/jobs/").content.decode()
    assert browser.get(f"{place.url}jobs/{uuid4()}/").status_code == 404
    assert browser.get(f"{url}?download=1").status_code == 404  # no tokens
    with pytest.raises(NotFound):
        object_jobs.begin(actor_of(other), place.name, job.pk)
    assert BulkJob.objects.get().state == "queued"


def test_who_may_not_do_it_selects_nothing(place: Place, small: None) -> None:
    fill(place, 2)
    reader = make_person(username=unique("reader"))
    granting.grant_collection(place.actor, place.name, reader, Capability.DATA_READER)
    make_role(permissions=[Capability.COLLECTIONS_READER], members=[reader])
    theirs = browser_of(reader)

    for action in ("delete", "expire", "tokenize"):
        asked = theirs.post(f"{place.url}bulk/", {"action": action, "all_matching": "1"})
        assert asked.status_code == 403
    with pytest.raises(Forbidden):
        object_jobs.draft(actor_of(reader), place.name, bulk_jobs.Kind.DELETE, [place.object_id])
    assert not BulkJob.objects.exists()


def test_a_selection_and_a_pile_of_jobs_have_a_limit(
    browser: Client, place: Place, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = fill(place, 3)
    for _ in range(object_jobs.MOST_OPEN):
        begun(place, "expire", ids)
    batch = gather(browser, place, "expire")
    assert "Wait until one" in browser.post(batch, {"ends": "86400"}).content.decode()

    monkeypatch.setattr(bulk_jobs, "MOST", 2)
    page = browser.get(gather(browser, place, "delete")).content.decode()
    assert "That is more than 2 objects" in page
    for wrong in ([], ids):
        with pytest.raises(Invalid):
            object_jobs.draft(place.actor, place.name, bulk_jobs.Kind.DELETE, wrong)


def test_what_nobody_confirmed_and_what_is_long_over_is_forgotten(
    browser: Client, place: Place, small: None
) -> None:
    fill(place, 2)
    done = work(begun(place, "expire", [place.object_id]))
    batch = gather(browser, place, "delete")
    for _ in range(object_jobs.MOST_DRAFTS):
        gather(browser, place, "delete")
    assert BulkJob.objects.filter(state="draft").count() == object_jobs.MOST_DRAFTS

    answer = browser.post(batch, {"word": "3"}, follow=True).content.decode()
    assert "That selection is no longer kept." in answer
    BulkJob.objects.update(created_at=timezone.now() - timedelta(hours=2))
    assert bulk_jobs.sweep() == []
    assert BulkJob.objects.get() == done
    BulkJob.objects.update(finished_at=timezone.now() - timedelta(days=8))
    bulk_jobs.sweep()
    assert not BulkJob.objects.exists()


def test_a_collection_that_is_deleted_meanwhile_ends_it(place: Place) -> None:
    job = begun(place, "delete", [place.object_id])
    BulkJob.objects.filter(pk=job.pk).update(archived=True)  # it is active: not there

    assert (work(job).state, BulkJob.objects.get().gone) == ("done", 1)

    job = begun(place, "delete", [place.object_id])
    collections.delete_collection(place.actor, place.name)
    assert work(job).state == "failed"
