"""The pages of tokens: made, opened masked, revealed for a reason, found and cared for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.test import Client

from collections_app import pvschema
from collections_app.models import Token
from collections_app.services import adding, collections, tokenizing
from collections_app.services.options import Expiration, WriteOptions
from tests.collections_app.ui.conftest import MAIL, SSN, Place, browser_of
from tests.factories import unique
from vaultportal.audit.models import AuditEntry

pytestmark = pytest.mark.django_db


def token_of(place: Place, kind: str = "pointer", **further: object) -> str:
    item = {"type": kind, "object": {"id": str(place.object_id)}, **further}
    return tokenizing.tokenize(place.actor, place.name, [item], expiration=Expiration())[0][
        "token_id"
    ]


def test_objects_are_tokenized_by_their_ids(browser: Client, place: Place) -> None:
    page = browser.get(f"/tokens/?collection={place.name}").content.decode()
    assert "curl" in page

    given = {
        "source": "id",
        "lines": f"{place.object_id}\n",
        "props": ["email"],
        "kind": "pointer",
        "tags": "crm, mail",
    }
    answer = browser.post(f"/tokens/?collection={place.name}", given)

    made = Token.objects.get(collection_id=place.schema.id)
    assert made.tags == ["crm", "mail"]
    page = browser.get(answer.headers["Location"]).content.decode()
    assert made.token_id in page
    table = browser.get(answer.headers["Location"] + "?download=1").content.decode()
    assert table.splitlines()[1] == f"{place.object_id},{made.token_id},new"


def test_what_was_made_says_what_is_new_and_how_to_ask_for_it_again(
    browser: Client, place: Place
) -> None:
    url = f"/tokens/?collection={place.name}"
    assert str(place.object_id) in browser.get(f"{url}&objects={place.object_id}").content.decode()
    given = {
        "source": "fields",
        "lines": MAIL,
        "props": ["email"],
        "kind": "pci",
        "scope": "it's",
        "ends": "86400",
    }

    first = browser.post(url, given, follow=True).content.decode()
    again = browser.post(url, given, follow=True).content.decode()

    assert ">New<" in first.replace("</svg>", ">") and "Found again" not in first
    assert "Found again" in again
    for part in ("reason=AccountManagement", "expiration_secs=86400", "VALUE", "pci"):
        assert part in again, part
    assert MAIL not in again


def test_values_are_tokenized_and_stand_masked_beside_their_tokens(
    browser: Client, place: Place
) -> None:
    given = {"source": "fields", "lines": MAIL, "props": ["email"], "kind": "deterministic"}

    answer = browser.post(f"/tokens/?collection={place.name}", given)

    assert MAIL not in answer.headers["Location"]
    page = browser.get(answer.headers["Location"]).content.decode()
    assert MAIL not in page
    assert "@example.com" in page


@pytest.mark.parametrize(
    "given",
    [
        {"source": "id", "lines": "no id", "kind": "pointer"},
        {"source": "id", "lines": "", "kind": "pointer"},
        {"source": "fields", "lines": "a@example.com", "kind": "pci"},
        {"source": "fields", "lines": "a@example.com", "props": ["email"], "kind": "pointer"},
        {"source": "fields", "lines": "no address", "props": ["email"], "kind": "pci"},
        {"source": "id", "lines": "x\n" * 1001, "kind": "pci"},
    ],
)
def test_what_cannot_be_tokenized_is_said(
    browser: Client, place: Place, given: dict[str, object]
) -> None:
    answer = browser.post(f"/tokens/?collection={place.name}", given)

    assert answer.status_code == 422
    assert not Token.objects.filter(collection_id=place.schema.id).exists()


def test_tokens_open_masked_first(browser: Client, place: Place) -> None:
    token = token_of(place)
    lines = {"lines": f"{token}\nnothing-has-this-one"}

    answer = browser.post(f"/tokens/detokenize/?collection={place.name}", lines)

    address = answer.headers["Location"]
    assert token not in address
    page = browser.get(address).content.decode()
    assert "***-**-1120" in page
    assert SSN not in page
    assert "Stand for nothing here" in page


def test_tokens_without_masks_stand_with_dots_and_nothing_is_read(
    browser: Client, place: Place
) -> None:
    name = unique("d").replace("-", "_")[:30]
    draft = pvschema.parse(f"{name} PERSONS (ref OBJECT_ID NULL);")
    schema = collections.add_collection(place.actor, draft)
    made = adding.add_object(place.actor, name, {"ref": str(place.object_id)}, WriteOptions())
    token = token_of(replace(place, schema=schema, object_id=made))
    address = browser.post(f"/tokens/detokenize/?collection={name}", {"lines": token})["Location"]

    page = browser.get(address).content.decode()

    assert token in page
    assert "Reveal ref" in page
    assert str(place.object_id) not in page
    read = AuditEntry.objects.filter(actor_id=place.owner.pk, action="token.read")
    assert not read.exists()


def test_one_value_is_revealed_for_a_reason(browser: Client, place: Place) -> None:
    token = token_of(place)
    given = {
        "field": f"{token}--ssn",
        "reason": "FraudPreventionSecurityAndCompliance",
        "note": "",
        "purpose": "reveal",
    }

    page = browser.post(f"/tokens/reveal/{place.name}/", given).content.decode()

    assert SSN in page
    assert MAIL not in page
    entry = AuditEntry.objects.filter(actor_id=place.owner.pk, action="token.read").latest("id")
    assert entry.reason == "FraudPreventionSecurityAndCompliance"
    wrong = {**given, "field": f"{token}--nothing"}
    assert browser.post(f"/tokens/reveal/{place.name}/", wrong).status_code == 404


def test_all_are_revealed_for_a_reason_and_a_fresh_proof(browser: Client, place: Place) -> None:
    token = token_of(place, "randomized")
    lines = {"lines": token}
    address = browser.post(f"/tokens/detokenize/?collection={place.name}", lines)["Location"]
    given = {"reason": "Maintenance", "note": "", "purpose": "reveal", "seconds": "30"}

    answer = browser.post(f"{address}reveal/", given)

    assert SSN in answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store"
    stale = browser_of(place.owner, is_proven=False)
    assert stale.post(f"{address}reveal/", given).status_code == 401


def test_one_way_tokens_are_refused_in_words(browser: Client, place: Place) -> None:
    lines = {"lines": token_of(place, "pci_oneway")}

    answer = browser.post(f"/tokens/detokenize/?collection={place.name}", lines, follow=True)

    assert answer.status_code == 422
    assert "A one-way token has no way back." in answer.content.decode()


def test_tokens_are_found_by_tag_and_object(browser: Client, place: Place) -> None:
    token = token_of(place, tags=["crm"])
    base = f"/tokens/find/?collection={place.name}"

    assert token in browser.get(f"{base}&tags=crm").content.decode()
    assert token in browser.get(f"{base}&objects={place.object_id}").content.decode()
    assert "No token is like that" in browser.get(f"{base}&tags=other").content.decode()
    assert browser.get(f"{base}&objects=no-id").status_code == 422
    assert "Find tokens" in browser.get(base).content.decode()


def test_tokens_are_rotated_expired_and_deleted(browser: Client, place: Place) -> None:
    token = token_of(place)
    query = f"?collection={place.name}&tokens={token}"

    def chosen(action: str, selected: str) -> str:
        given = {"action": action, "selected": selected}
        return browser.post(f"/tokens/manage/{query}", given).headers["Location"]

    rotated = browser.post(chosen("rotate", token), follow=True).content.decode()
    new = Token.objects.get(collection_id=place.schema.id).token_id
    assert new != token
    assert token in rotated
    assert new in rotated

    browser.post(chosen("expire", new), {"ends": "86400"})
    assert Token.objects.get(token_id=new).expires_at is not None

    batch = chosen("delete", new)
    assert browser.post(batch, {"word": "2"}).status_code == 422
    browser.post(batch, {"word": "1"})
    assert not Token.objects.filter(token_id=new).exists()


def test_a_stranger_has_nothing_to_tokenize(stranger: Client, place: Place) -> None:
    assert "No collection is open to you" in stranger.get("/tokens/").content.decode()
    assert stranger.get(f"/tokens/?collection={place.name}").status_code == 404
    assert stranger.post(f"/tokens/?collection={place.name}", {}).status_code == 404
    assert stranger.get(f"/tokens/reveal/{place.name}/?field=x--ssn").status_code == 403
