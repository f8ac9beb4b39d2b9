"""The schema builder: three views of one draft, and what a change of a schema takes."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client

from collections_app import catalog, pvschema
from collections_app.models import SchemaJob
from collections_app.permissions import Capability
from collections_app.schema.drafts import FLAG_DEFAULTS, CollectionDraft, PropertyDraft
from collections_app.services import collections, granting
from collections_app.ui import drafting
from tests.collections_app.ui.conftest import Place, browser_of
from tests.factories import make_person, unique
from vaultportal.audit.models import AuditEntry

pytestmark = pytest.mark.django_db


def form_of(draft: CollectionDraft, **further: Any) -> dict[str, Any]:
    """What the form view posts for a draft."""
    posted: dict[str, Any] = {"view": "form", "name": draft.name, "kind": draft.type, **further}
    for place, each in enumerate(draft.properties):
        posted |= {
            f"name-{place}": each.name,
            f"type-{place}": each.data_type_name,
            f"description-{place}": each.description,
        }
        for flag in FLAG_DEFAULTS:
            if getattr(each, flag):
                posted[f"{flag}-{place}"] = "1"
    return posted


def a_name() -> str:
    return unique("n").replace("-", "_")[:24]


def text_of(place: Place, *lines: str) -> str:
    return f"{place.name} PERSONS (\n  " + ",\n  ".join(lines) + "\n);"


KEPT = (
    "email EMAIL UNIQUE COMMENT 'Contact address'",
    "ssn SSN NULL",
    "note STRING NULL",
    "city STRING NOT ENCRYPTED NULL",
)


def review(browser: Client, place: Place, *lines: str) -> str:
    given = {"view": "text", "do": "review", "text": text_of(place, *lines)}
    return browser.post(f"{place.url}schema/", given).content.decode()


def apply(browser: Client, place: Place, *lines: str, seen_at: str = "") -> int:
    found = drafting.to_json(drafting.from_text(text_of(place, *lines)))
    seen = seen_at or catalog.current().collections[place.name].modified_at.isoformat()
    given = {"view": "json", "do": "apply", "text": found, "seen_at": seen}
    return browser.post(f"{place.url}schema/", given).status_code


def test_a_collection_is_made_in_the_form(browser: Client) -> None:
    name = a_name()
    draft = drafting.from_text(f"{name} DATA (email EMAIL UNIQUE, city STRING NOT ENCRYPTED NULL);")

    answer = browser.post("/collections/new/", form_of(draft, do="make"))

    assert answer.headers["Location"] == f"/collections/{name}/"
    made = catalog.current().collections[name]
    assert made.type == "DATA"
    assert made.properties["email"].is_unique
    assert not made.properties["city"].is_encrypted


def test_a_collection_may_need_tickets_from_the_first_object_on(browser: Client) -> None:
    name = a_name()
    text = f"{name} DATA (email EMAIL UNIQUE);"
    asked = {"view": "form", "needs_ticket": "1", "do": "view-text", "name": name}
    for given in (asked, {"view": "text", "text": text, "do": "view-json", "needs_ticket": "1"}):
        page = browser.post("/collections/new/", given).content.decode()
        assert 'name="needs_ticket" value="1" checked' in page
    assert (
        'name="needs_ticket" value="1" checked'
        not in browser.get("/collections/new/").content.decode()
    )

    given = {"view": "text", "text": text, "do": "make", "needs_ticket": "1"}
    assert browser.post("/collections/new/", given).status_code == 302

    assert catalog.current().collections[name].needs_ticket
    entry = AuditEntry.objects.get(action="collection.ticket", target_name=name)
    assert entry.document["detail"] == {"needs_ticket": True}
    browser.post("/collections/new/", given | {"text": text.replace(name, f"{name}_b")})
    assert browser.post("/collections/new/", given).status_code == 422  # the name is taken
    assert AuditEntry.objects.filter(action="collection.ticket", target_name=name).count() == 1


def test_what_comes_of_a_draft_is_told_while_it_is_typed(browser: Client, place: Place) -> None:
    htmx = {"HX-Request": "true", "HX-Request-Type": "partial"}
    url = f"{place.url}schema/?part=outcome"
    draft = drafting.from_text("c PERSONS (email EMAIL UNIQUE, cvv CC_CVV NULL, age STRING);")
    twice = CollectionDraft("c", "PERSONS", (*draft.properties, PropertyDraft("age", "STRING")))

    told = browser.post(url, form_of(twice), headers=htmx)
    unreadable = browser.post(url, {"view": "json", "text": '{"name": '}, headers=htmx)

    page = told.content.decode()
    assert told.status_code == unreadable.status_code == 200
    assert "Card rules forbid keeping this" in page
    assert "age: This name is taken by a property above." in page
    assert "<form" not in page
    assert "Line 1, column" in unreadable.content.decode()


def test_the_three_views_are_of_one_draft(browser: Client) -> None:
    draft = drafting.from_text("people PERSONS (email EMAIL UNIQUE COMMENT 'it''s', n NAME NULL);")
    assert drafting.from_json(drafting.to_json(draft)).properties[0].is_unique
    assert drafting.to_text(drafting.from_json(drafting.to_json(draft))) == drafting.to_text(draft)

    page = browser.post("/collections/new/", form_of(draft, do="view-text")).content.decode()
    assert "email EMAIL UNIQUE COMMENT &#x27;it&#x27;&#x27;s&#x27;" in page

    text = drafting.to_text(draft)
    given = {"view": "text", "text": text, "do": "view-json"}
    page = browser.post("/collections/new/", given).content.decode()
    assert "&quot;is_unique&quot;: true" in page

    given = {"view": "json", "text": drafting.to_json(draft), "do": "view-form"}
    page = browser.post("/collections/new/", given).content.decode()
    assert 'value="it&#x27;s"' in page


@pytest.mark.parametrize(
    ("view", "text", "said"),
    [
        ("text", "people PERSONS (\n  email EMAIL,\n  !\n);", "Line 3"),
        ("text", "people PERSONS (\n  email EMAIL,\n  born NOTHING\n);", "Line 3"),
        ("json", '{\n  "name": "people",\n  oops\n}', "Line 3"),
        ("json", "[]", "An object with name"),
    ],
)
def test_an_error_in_a_text_names_its_line(
    browser: Client, view: str, text: str, said: str
) -> None:
    answer = browser.post("/collections/new/", {"view": view, "text": text, "do": "make"})

    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_rows_are_moved_dropped_and_added_by_buttons() -> None:
    draft = drafting.from_text("people PERSONS (a NAME, b NAME, c NAME);")

    def names(do: str) -> list[str]:
        return [each.name for each in drafting.act(draft, do)[0].properties]

    assert names("up-1") == ["b", "a", "c"]
    assert names("down-1") == ["a", "c", "b"]
    assert names("up-0") == names("down-2") == names("up-99") == names("up-x") == ["a", "b", "c"]
    assert names("put-0-2") == ["b", "c", "a"] and names("put-2-0") == ["c", "a", "b"]
    assert (
        names("put-0-3") == names("put-0") == names("put-3-0") == names("put-0-x") == names("put-")
    )
    for nowhere in ("put-0-3", "put-3-0", "put-0", "put-0-x", "put-", "put-0-0"):
        assert names(nowhere) == ["a", "b", "c"], nowhere
    assert names("drop-0") == ["b", "c"]
    assert names("common-email") == ["a", "b", "c", "email"]
    assert names("add") == ["a", "b", "c", ""]


def test_a_wrong_row_is_said_beside_it(browser: Client) -> None:
    draft = drafting.from_json(
        json.dumps(
            {
                "name": a_name(),
                "type": "DATA",
                "properties": [
                    {"name": "note", "data_type_name": "LONG_TEXT", "is_index": True},
                    {"name": "note", "data_type_name": "STRING"},
                ],
            }
        )
    )
    answer = browser.post("/collections/new/", form_of(draft, do="make"))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="fault-0"' in page
    assert "This name is taken by a property above." in page


def test_the_preview_shows_masks_searches_and_warnings(browser: Client) -> None:
    draft = drafting.from_text("people PERSONS (ssn SSN, cvv CC_CVV NOT ENCRYPTED);")

    page = browser.post("/collections/new/", form_of(draft, do="check")).content.decode()

    assert "***-**-1120" in page
    assert "none: encrypted without an index" in page
    assert "Card rules forbid keeping this" in page
    assert "Lies in clear in the database" in page


def test_a_name_that_is_taken_is_said(browser: Client, place: Place) -> None:
    draft = drafting.from_text(text_of(place, "a NAME"))

    answer = browser.post("/collections/new/", form_of(draft, do="make"))

    assert answer.status_code == 422
    assert "There is a collection of this name already." in answer.content.decode()


def test_a_review_sorts_the_changes(browser: Client, place: Place) -> None:
    page = review(
        browser,
        place,
        "email EMAIL COMMENT 'Contact address'",
        "ssn SSN NULL INDEX",
        "note STRING",
        "phone PHONE_NUMBER NULL",
    )

    assert "Safe" in page
    assert "phone is added." in page
    assert "ssn gets an index" in page
    assert "city is removed: a job erases its values" in page
    assert "note cannot become required" in page
    assert "Save schema" not in page


def test_a_review_without_changes_offers_nothing_to_save(browser: Client, place: Place) -> None:
    page = review(browser, place, *KEPT)

    assert "Nothing changes." in page
    assert "Save schema" not in page


def test_changes_are_made_together_with_their_jobs(browser: Client, place: Place) -> None:
    lines = ("email EMAIL UNIQUE", "ssn SSN NULL UNIQUE", "city STRING NULL", "phone NAME NULL")

    assert apply(browser, place, *lines) == 302

    schema = catalog.current().collections[place.name]
    assert sorted(schema.properties) == ["city", "email", "phone", "ssn"]
    assert schema.properties["city"].is_sealing
    assert schema.properties["ssn"].is_guarding
    kinds = SchemaJob.objects.filter(collection_id=schema.id).values_list("kind", flat=True)
    assert sorted(kinds) == ["encrypt", "erase_property", "unique"]
    page = browser.get(f"{place.url}schema/").content.decode()
    assert "Make ssn unique" in page
    assert "every 1500ms" in browser.get(f"{place.url}jobs/").content.decode()


def test_a_draft_of_an_older_schema_is_not_saved(browser: Client, place: Place) -> None:
    seen = catalog.current().collections[place.name].modified_at.isoformat()
    assert apply(browser, place, *KEPT, "phone NAME NULL") == 302

    found = drafting.to_json(drafting.from_text(text_of(place, *KEPT, "town NAME NULL")))
    mine = {"view": "json", "do": "apply", "text": found}
    overtaken = browser.post(f"{place.url}schema/", mine | {"seen_at": seen})

    page = overtaken.content.decode()
    assert overtaken.status_code == 409
    assert "Somebody else changed the schema meanwhile" in page
    assert re.search("<del>.*phone NAME", page) and re.search("<ins>.*town NAME", page)
    assert "phone" in catalog.current().collections[place.name].properties
    now = re.search('name="seen_at" value="([^"]+)"', page)
    assert now is not None
    saved = browser.post(f"{place.url}schema/", mine | {"seen_at": now[1]})
    assert saved.status_code == 302
    assert "town" in catalog.current().collections[place.name].properties


def test_a_refused_change_is_refused_by_the_service_too(browser: Client, place: Place) -> None:
    assert apply(browser, place, "email EMAIL NOT ENCRYPTED UNIQUE", *KEPT[1:]) == 422
    assert apply(browser, place, *KEPT, seen_at="no time") == 422


def test_who_may_not_change_it_reads_the_schema(place: Place) -> None:
    reader = make_person(username=unique("reader"))
    granting.grant_collection(place.actor, place.name, reader, Capability.COLLECTIONS_READER)
    client = browser_of(reader)

    page = client.get(f"{place.url}schema/").content.decode()

    assert "Review changes" not in page
    assert "ssn SSN NULL" in page
    given = {"view": "text", "do": "review", "text": text_of(place, "a NAME")}
    assert client.post(f"{place.url}schema/", given).status_code == 403


def test_who_may_make_no_collection_is_refused(stranger: Client) -> None:
    assert stranger.get("/collections/new/").status_code == 403
    draft = drafting.from_text(f"{a_name()} DATA (a NAME);")
    assert stranger.post("/collections/new/", form_of(draft, do="make")).status_code == 403


@pytest.mark.parametrize("view", ["form", "text", "json"])
def test_more_properties_than_fit_are_refused_and_none_is_dropped(
    browser: Client, place: Place, view: str
) -> None:
    rows = tuple(PropertyDraft(f"p{number}", "STRING") for number in range(201))
    draft = CollectionDraft(place.name, "PERSONS", rows)
    posted = form_of(draft) if view == "form" else {"text": drafting.write(view, draft)}

    answer = browser.post(f"{place.url}schema/", {**posted, "view": view, "do": "review"})

    assert answer.status_code == 422
    assert "At most 200 properties" in answer.content.decode()
    full = CollectionDraft(place.name, "PERSONS", rows[:200])
    for do in ("add", "common-name"):
        with pytest.raises(drafting.Unreadable):
            drafting.act(full, do)
    assert drafting.act(full, "drop-" + "1" * 5000) == (full, -1)


@pytest.mark.parametrize(
    "text",
    ["[" * 5000 + "]" * 5000, "[" * 5000, '{"name": "a", "name": "b"}', "1" * 5000, '"\\ud800"'],
)
def test_odd_json_is_said_to_be_none(browser: Client, place: Place, text: str) -> None:
    answer = browser.post(f"{place.url}schema/", {"view": "json", "do": "review", "text": text})

    assert answer.status_code == 422


def test_an_empty_collection_gets_a_property_encrypted_and_unique_at_once(
    browser: Client, place: Place
) -> None:
    name = a_name()
    draft = pvschema.parse(f"{name} DATA (code STRING NOT ENCRYPTED NULL);")
    schema = collections.add_collection(place.actor, draft)
    posted = drafting.to_json(drafting.from_text(f"{name} DATA (code STRING UNIQUE NULL);"))
    seen = schema.modified_at.isoformat()
    given = {"view": "json", "do": "apply", "text": posted, "seen_at": seen}

    assert browser.post(f"/collections/{name}/schema/", given).status_code == 302

    code = catalog.current().collections[name].properties["code"]
    assert code.is_encrypted
    assert code.is_unique
