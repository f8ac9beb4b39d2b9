"""Collections of which each look at a value needs a ticket: in every page that shows one."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client

from collections_app import catalog, export_jobs
from collections_app.models import Collection, ObjectExport
from collections_app.permissions import Capability
from collections_app.services import collections, granting, reading, tokenizing
from collections_app.services.http_call import acting_for
from collections_app.services.options import Expiration, ReadOptions
from tests.collections_app.ui.conftest import MAIL, SSN, Place, browser_of
from tests.factories import actor_of, as_admin, make_person, make_policy, make_role, unique
from tests.vaultportal.crypto.ages import opened
from vaultportal.audit.models import AuditEntry
from vaultportal.directory import options, tickets
from vaultportal.directory.services.settings import change_setting
from vaultportal.errors import Forbidden, NotFound
from vaultportal.identity.actor import Actor

pytestmark = pytest.mark.django_db
SECRET = "correct horse battery"
SENT = {"reason": "Maintenance", "note": "", "seconds": "30", "purpose": "reveal"}
FILE = {"reason": "Maintenance", "note": "", "passphrase": SECRET, "repeated": SECRET}
LOOKS = "Each look at this needs a ticket, which looks like this: INC-[0-9]+"
BAD = ("", "  ", "see INC-7")


@pytest.fixture(autouse=True)
def _pattern() -> Iterator[None]:
    """Tickets have a pattern, and no reason needs one by itself."""
    options.forget()
    change_setting(as_admin(), "reasons.ticket_pattern", "INC-[0-9]+")
    change_setting(as_admin(), "reasons.ticket_for", [])
    yield
    options.forget()


@pytest.fixture
def marked(place: Place) -> Place:
    collections.set_ticket(place.actor, place.name, is_needed=True)
    return place


def refuse(browser: Client, url: str, given: dict[str, str]) -> None:
    """Every bad ticket is refused in words, and nothing is told."""
    for note in BAD:
        answer = browser.post(url, given | {"note": note})
        page = answer.content.decode()
        assert answer.status_code == 422, (url, note)
        assert LOOKS in page and SSN not in page and MAIL not in page


@pytest.mark.parametrize("path", ["reveal/", "reveal-all/"])
def test_nothing_is_revealed_without_a_ticket(browser: Client, marked: Place, path: str) -> None:
    url, given = f"{marked.object_url}{path}", SENT | {"field": "ssn"}
    assert LOOKS in browser.get(f"{url}?field=ssn").content.decode()

    refuse(browser, url, given)
    if path == "reveal/":
        refuse(browser, url, given | {"purpose": "copy"})

    assert SSN in browser.post(url, given | {"note": "INC-7"}).content.decode()
    read = AuditEntry.objects.filter(target_id=str(marked.object_id), action="object.read")
    assert {each.document["note"] for each in read if each.document["custom"] != "masked"} == {
        "INC-7"
    }


def test_masks_are_shown_for_the_reason_of_the_browsing(browser: Client, marked: Place) -> None:
    for url in (marked.url, marked.object_url):
        page = browser.get(url).content.decode()
        assert "***-**-1120" in page and SSN not in page


def test_a_ticket_of_the_browsing_is_none_of_a_look(browser: Client, marked: Place) -> None:
    browser.post("/collections/-/reason/", {"reason": "Maintenance", "note": "INC-7"})

    refuse(browser, f"{marked.object_url}reveal/", SENT | {"field": "ssn"})
    asked = browser.get(f"{marked.object_url}reveal/?field=ssn").content.decode()
    assert "INC-7" not in asked


def test_no_column_is_unmasked_without_a_ticket(browser: Client, marked: Place) -> None:
    url = f"{marked.url}unmask/?column=ssn"

    refuse(browser, url, SENT)

    assert SSN in browser.post(url, SENT | {"note": "INC-7"}).content.decode()


def test_no_token_is_opened_without_a_ticket(browser: Client, marked: Place) -> None:
    item = {"type": "pointer", "object": {"id": str(marked.object_id)}}
    (made,) = tokenizing.tokenize(marked.actor, marked.name, [item], expiration=Expiration())
    lines = {"lines": made["token_id"]}
    batch = browser.post(f"/tokens/detokenize/?collection={marked.name}", lines)["Location"]
    assert made["token_id"] in browser.get(batch).content.decode()
    one = SENT | {"field": f"{made['token_id']}--ssn"}

    for url, given in ((f"{batch}reveal/", SENT), (f"/tokens/reveal/{marked.name}/", one)):
        refuse(browser, url, given)
        assert SSN in browser.post(url, given | {"note": "INC-7"}).content.decode()


def test_no_file_is_made_without_a_ticket(browser: Client, marked: Place) -> None:
    given = {"action": "export", "selected": [str(marked.object_id)]}
    batch = browser.post(f"{marked.url}bulk/", given)["Location"]

    for url in (f"{marked.object_url}export/", batch):
        refuse(browser, url, FILE)
        file = browser.post(url, FILE | {"note": "INC-7"})
        assert SSN in json.dumps(json.loads(opened(file.content, SECRET)))


def test_a_file_of_a_job_needs_one_when_it_is_asked_for_and_when_it_is_fetched(
    browser: Client, place: Place
) -> None:
    def ask(note: str) -> str:
        given = {"action": "export", "all_matching": "1"}
        batch = browser.post(f"{place.url}bulk/", given)["Location"]
        return str(browser.post(batch, FILE | {"note": note})["Location"])

    def write() -> None:
        export_jobs.write(str(ObjectExport.objects.latest("id").pk))

    without = ask("")
    write()
    collections.set_ticket(place.actor, place.name, is_needed=True)  # before it was fetched

    answer = browser.post(without, follow=True)
    assert answer.redirect_chain == [(without, 302)]
    assert "This collection needs a ticket by now." in answer.content.decode()
    assert ObjectExport.objects.get().state == "ready"
    url = ask("INC-7")
    write()
    assert MAIL in json.dumps(json.loads(opened(browser.post(url).content, SECRET)))


def test_a_job_is_not_asked_for_the_ticket_that_its_person_will_need(
    browser: Client, place: Place
) -> None:
    given = {"action": "export", "all_matching": "1"}
    browser.post(browser.post(f"{place.url}bulk/", given)["Location"], FILE)
    collections.set_ticket(place.actor, place.name, is_needed=True)

    export_jobs.write(str(ObjectExport.objects.get().pk))

    row = ObjectExport.objects.get()
    assert row.state == "ready"
    read = AuditEntry.objects.filter(action="object.read", target_id=str(place.schema.id))
    (entry,) = [each for each in read if each.document["custom"] == export_jobs.CUSTOM]
    assert entry.document["credential"] == {"kind": "job", "id": str(row.pk), "client": ""}


def test_an_action_that_looks_asks_for_a_ticket_and_keeps_what_was_typed(marked: Place) -> None:
    held = [Capability.ACTION_READER, Capability.ACTION_INVOKER]
    make_role(permissions=held, policies=[make_policy()], members=[marked.owner])
    browser, url = browser_of(marked.owner), "/bundles/actions/http_call/"
    found = {"p": f"pvlt:read_object:{marked.name}::{marked.object_id}:"}
    request = {"url": "https://nowhere.example/{{ .p.ssn }}", "method": "GET"}
    typed = json.dumps({"template_variables": found, "request": request})
    given = {"reason": "Maintenance", "body": typed}

    for note in ("", "see INC-7"):
        answer = browser.post(url, given | {"note": note})
        page = answer.content.decode()
        assert (answer.status_code, LOOKS in page) == (422, True)
        assert html.escape(typed) in page
    # With one it gets as far as the address, to which nothing may be sent.
    assert browser.post(url, given | {"note": "INC-7"}).status_code == 403


def test_where_no_page_expects_the_refusal_it_says_what_is_missing(marked: Place) -> None:
    with pytest.raises(Forbidden) as refused:
        tickets.require(marked.actor)

    said = render_to_string("error.html", {"status": 403, "error": refused.value})

    assert "This needs a ticket" in said
    assert "Your roles do not allow it" not in said


def test_the_services_ask_people_and_code_that_they_run_and_no_program(marked: Place) -> None:
    bare, masked = ReadOptions(props=("ssn",)), ReadOptions(props=("ssn.mask", "city"))
    key = actor_of(marked.owner, kind="api_key")
    looks_like = marked.actor.with_(note="INC-7")

    def get(actor: Actor, wanted: ReadOptions) -> dict[str, Any]:
        return reading.get_object(actor, marked.name, str(marked.object_id), wanted)

    assert get(key, bare)["ssn"] == get(looks_like, bare)["ssn"] == SSN
    assert get(acting_for(key, "run")[0], bare)["ssn"] == SSN
    assert get(acting_for(looks_like, "run")[0], bare)["ssn"] == SSN
    assert "ssn.mask" in get(marked.actor, masked)
    for each in (marked.actor, marked.actor.with_(note="asap")):
        for actor in (each, acting_for(each, "run")[0]):
            for wanted in (bare, ReadOptions(unsafe=True)):
                with pytest.raises(Forbidden) as refused:
                    get(actor, wanted)
                assert refused.value.reason == tickets.REFUSAL


def test_who_may_change_the_collection_marks_it_on_record(browser: Client, place: Place) -> None:
    url = f"{place.url}settings/"
    changed = Collection.objects.get().modified_at

    for wanted in ("1", "1", "0", "1"):
        assert browser.post(url, {"needs_ticket": wanted}).status_code == 302

    assert Collection.objects.get().needs_ticket
    assert catalog.current().collections[place.name].needs_ticket
    assert Collection.objects.get().modified_at == changed  # the schema is as it was
    assert "a ticket with each look" in browser.get(url).content.decode()
    rows = AuditEntry.objects.filter(action="collection.ticket").order_by("id")
    told = [row.document["detail"]["needs_ticket"] for row in rows]
    assert told == [True, False, True]
    for wrong in ({}, {"needs_ticket": ""}, {"needs_ticket": "off"}):
        assert browser.post(url, wrong).status_code == 404
    assert Collection.objects.get().needs_ticket


def test_who_may_only_read_does_not_decide(marked: Place) -> None:
    reader = make_person(username=unique("reader"))
    granting.grant_collection(marked.actor, marked.name, reader, Capability.DATA_READER)
    make_role(permissions=[Capability.COLLECTIONS_READER], members=[reader])
    theirs, url = browser_of(reader), f"{marked.url}settings/"

    assert 'name="needs_ticket"' not in theirs.get(url).content.decode()
    assert theirs.post(url, {"needs_ticket": "0"}).status_code == 403
    with pytest.raises(Forbidden):
        collections.set_ticket(actor_of(reader), marked.name, is_needed=False)
    with pytest.raises(NotFound):
        collections.set_ticket(as_admin(), unique("none"), is_needed=False)
    assert Collection.objects.get().needs_ticket
