"""Secrets of which each look needs a ticket: asked wherever a person gets at the data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from secrets_app.models import OneTimeLink, Secret
from secrets_app.payload import Payload
from secrets_app.records import Condition, Written
from secrets_app.services import links, reading, secrets
from secrets_app.services.links import Terms
from secrets_app.services.settings import Settings, change_settings
from tests.factories import actor_of, as_admin, as_member, as_owner, make_person, make_role, unique
from tests.secrets_app.factories import CANARY, make_personal, make_shared, ref
from tests.secrets_app.ui.conftest import HTMX, SignIn
from vaultportal.audit.models import AuditEntry
from vaultportal.directory import options, tickets
from vaultportal.directory.services.settings import change_setting
from vaultportal.errors import Forbidden, Stale
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import User
from vaultportal.ui import stored

pytestmark = pytest.mark.django_db
PASSPHRASE = "correct horse battery"
SENT = {"field": "0", "reason": "Debugging", "note": "", "seconds": "30", "purpose": "reveal"}
LOOKS = "Each look at this needs a ticket, which looks like this: INC-[0-9]+"


@pytest.fixture(autouse=True)
def _pattern() -> Iterator[None]:
    """Tickets have a pattern, and no reason needs one by itself."""
    options.forget()
    change_setting(as_admin(), "reasons.ticket_pattern", "INC-[0-9]+")
    change_setting(as_admin(), "reasons.ticket_for", [])
    yield
    options.forget()


def text(response: Any) -> str:
    page: str = response.content.decode()
    return page


def marked(owner: Actor, **data: str) -> Written:
    return make_personal(owner, data=data or {"token": CANARY}, needs_ticket=True)


def notes(secret: Written) -> list[str]:
    rows = AuditEntry.objects.filter(target_id=str(secret.id), action="secret.read").order_by("id")
    return [row.document["note"] for row in rows]


def person_of(actor: Actor, kind: str, **fields: Any) -> Actor:
    return actor_of(User.objects.get(pk=actor.user_id), kind=kind, **fields)


@pytest.mark.parametrize("path", ["reveal/", "reveal-all/", "versions/1/reveal/"])
def test_nothing_is_uncovered_without_a_ticket_that_fits(sign_in: SignIn, path: str) -> None:
    owner = as_owner()
    secret = marked(owner)
    client, place = sign_in(owner), f"/secrets/{secret.id}/{path}"
    sent = SENT | {"version": "1"}
    asked = text(client.get(f"{place}?field=0"))
    assert LOOKS in asked and CANARY not in asked

    for note in ("", "   ", "see INC-7", "INC-7 and more", "INC-7\nINC-8"):
        for purpose, headers in (("reveal", {}), ("reveal", HTMX), ("copy", {})):
            given = sent | {"note": note, "purpose": purpose}
            refused = client.post(place, given, headers=headers)
            assert refused.status_code == 422, (note, purpose)
            assert LOOKS in text(refused) and CANARY not in text(refused)
    assert notes(secret) == []

    assert CANARY in text(client.post(place, sent | {"note": " INC-7 "}))
    assert notes(secret) == ["INC-7"]


def test_the_last_answer_of_the_session_is_no_ticket_for_the_next_look(sign_in: SignIn) -> None:
    owner = as_owner()
    first, second = marked(owner), marked(owner)
    client = sign_in(owner)
    client.post(f"/secrets/{first.id}/reveal/", SENT | {"note": "INC-7", "version": "1"})

    asked = text(client.get(f"/secrets/{second.id}/reveal/?field=0"))

    assert "INC-7" not in asked
    for each in (first, second):
        again = client.post(f"/secrets/{each.id}/reveal/", SENT | {"version": "1"})
        assert again.status_code == 422


def test_copying_takes_the_ticket_and_answers_with_the_value_alone(sign_in: SignIn) -> None:
    owner = as_owner()
    secret = marked(owner)
    given = SENT | {"version": "1", "purpose": "copy", "note": "INC-9"}

    answer = sign_in(owner).post(f"/secrets/{secret.id}/reveal/", given)

    assert (answer.status_code, text(answer)) == (200, CANARY)
    assert notes(secret) == ["INC-9"]


def test_where_no_reason_is_asked_the_secret_asks_for_one_and_without_a_pattern_any_note_does(
    sign_in: SignIn,
) -> None:
    change_setting(as_admin(), "reasons.required", value=False)
    change_setting(as_admin(), "reasons.ticket_pattern", "")
    owner = as_owner()
    secret, other = marked(owner), make_personal(owner)
    client, place = sign_in(owner), f"/secrets/{secret.id}/reveal/"
    given = SENT | {"version": "1", "note": "a call of the desk"}

    assert "No reason" not in text(client.get(f"{place}?field=0"))
    assert "No reason" in text(client.get(f"/secrets/{other.id}/reveal/?field=0"))
    assert client.post(place, given | {"reason": ""}).status_code == 422
    assert client.post(place, given | {"note": ""}).status_code == 422
    assert CANARY in text(client.post(place, given))
    assert "a ticket with each look" in text(client.get(f"/secrets/{secret.id}/"))
    assert "a ticket with each look" not in text(client.get(f"/secrets/{other.id}/"))


def test_the_services_ask_whatever_a_page_has_asked() -> None:
    owner = as_owner()
    secret = marked(owner)
    secrets.replace_secret(owner, ref(secret), payload=Payload.of({"token": "new"}))

    for note in ("", "asap"):
        for read in (secrets.read_secret, secrets.read_data, reading.read_resolved):
            with pytest.raises(Forbidden) as refused:
                read(owner.with_(note=note), ref(secret))
            assert refused.value.reason == tickets.REFUSAL
    assert notes(secret) == []
    assert secrets.read_data(owner.with_(note="INC-1"), ref(secret)).payload is not None


@pytest.mark.parametrize("kind", ["api_key", "oauth"])
def test_programs_are_not_asked(kind: str) -> None:
    owner = as_owner()
    secret = marked(owner)

    opened = secrets.read_data(person_of(owner, kind), ref(secret))

    assert opened.payload is not None and opened.payload.value == {"token": CANARY}


def test_an_export_leaves_out_what_needs_a_ticket_unless_there_is_one(sign_in: SignIn) -> None:
    owner = as_owner()
    secret, other = marked(owner), make_personal(owner)
    client = sign_in(owner)
    given = {"which": "personal", "passphrase": PASSPHRASE, "again": PASSPHRASE}

    for note in ("asap", "INC-3 please"):
        assert client.post("/secrets/export/", given | {"note": note}).status_code == 422
    assert client.post("/secrets/export/", given).status_code == 200
    assert (notes(secret), notes(other)) == ([], [""])
    assert client.post("/secrets/export/", given | {"note": "INC-3"}).status_code == 200
    assert (notes(secret), notes(other)) == (["INC-3"], ["", "INC-3"])


def test_a_link_asks_whoever_opens_it_and_uses_nothing_up(sign_in: SignIn) -> None:
    owner = as_owner()
    secret = make_personal(owner, data={"token": CANARY})
    token = links.make_link(owner, ref(secret), Terms(views=2)).token  # before it was marked
    change_settings(owner, ref(secret), Settings(needs_ticket=True))
    place = f"/secrets/open/{token}/"

    for client in (Client(), sign_in(owner)):
        assert LOOKS in text(client.get(place))
        for note in ("", "asap", "INC-7" + "x" * 300):
            refused = client.post(place, {"note": note})
            assert refused.status_code == 422 and LOOKS in text(refused)
            assert CANARY not in text(refused)
    assert OneTimeLink.objects.get().views_left == 2
    assert notes(secret) == []

    for client in (Client(), sign_in(owner)):
        assert CANARY in text(client.post(place, {"note": " INC-7 "}))
    assert notes(secret) == ["INC-7", "INC-7"]


def test_the_api_of_links_asks_strangers_too_and_tells_so() -> None:
    owner = as_owner()
    secret = marked(owner)
    token = links.make_link(owner, ref(secret), Terms()).token
    place, client = f"/api/v1/links/{token}", Client()
    json = "application/json"

    assert client.get(place).json()["needs_ticket"] is True
    for body in ({}, {"note": "asap"}):
        refused = client.post(place, body, content_type=json)
        assert refused.status_code == 403
        assert refused.json()["type"].rpartition("#")[2] == tickets.REFUSAL
    assert client.post(place, {"note": 7}, content_type=json).status_code == 400
    opened = client.post(place, {"note": "INC-7"}, content_type=json)
    assert opened.json()["data"] == {"token": CANARY}


def test_a_form_that_asks_for_no_ticket_takes_no_value() -> None:
    owner = as_owner()
    secret = marked(owner)

    with pytest.raises(Forbidden) as refused:
        stored.take(owner.with_(note="INC-7"), secret.name)

    assert refused.value.reason == tickets.REFUSAL
    assert notes(secret) == []


def settings_of(client: Client, secret: Written, **further: str) -> dict[str, str]:
    page = client.get(f"/secrets/{secret.id}/settings/")
    return {"name": secret.name, "kind": "json", "etag": page.context["etag"], **further}


def test_the_owner_marks_it_and_takes_the_mark_back_on_record(sign_in: SignIn) -> None:
    owner = as_owner()
    secret = make_personal(owner)
    client, place = sign_in(owner), f"/secrets/{secret.id}/settings/"

    client.post(place, settings_of(client, secret, needs_ticket="on"))
    assert "checked" in text(client.get(place)).partition('name="needs_ticket"')[2][:200]
    client.post(place, settings_of(client, secret, needs_ticket="on"))  # as it was: no entry
    client.post(place, settings_of(client, secret))

    assert not Secret.objects.get(pk=secret.id).needs_ticket
    rows = AuditEntry.objects.filter(target_id=str(secret.id), action="secret.ticket")
    told = [row.document["detail"]["needs_ticket"] for row in rows.order_by("id")]
    assert told == [True, False]
    shown = text(client.get(f"/secrets/{secret.id}/?tab=activity"))
    assert "needs a ticket" in shown


def test_of_two_who_change_it_at_once_the_second_is_told(sign_in: SignIn) -> None:
    owner = as_owner()
    secret = make_personal(owner)
    client, place = sign_in(owner), f"/secrets/{secret.id}/settings/"
    first, second = settings_of(client, secret, needs_ticket="on"), settings_of(client, secret)

    client.post(place, first)
    refused = client.post(place, second)

    assert refused.status_code == 409 and "meanwhile" in text(refused)
    assert Secret.objects.get(pk=secret.id).needs_ticket
    stale = Condition(match=frozenset([second["etag"]]))
    with pytest.raises(Stale):
        change_settings(owner, ref(secret), Settings(needs_ticket=False), condition=stale)


def test_who_may_only_read_or_write_does_not_decide(sign_in: SignIn) -> None:
    role = make_role()
    member = as_member(role)
    personal = make_personal(as_owner(), readers=(role,), writers=(role,), needs_ticket=True)
    shared = make_shared(readers=(role,), writers=(role,), needs_ticket=True)

    for secret in (personal, shared):
        place = f"/secrets/{secret.id}/settings/"
        given = {"name": secret.name, "kind": "json", "etag": "x"}
        assert sign_in(member).get(place).status_code == 403
        assert sign_in(member).post(place, given).status_code == 403
        with pytest.raises(Forbidden):
            change_settings(member, ref(secret), Settings(needs_ticket=False))
        secrets.replace_secret(member, ref(secret), payload=Payload.of({"token": "mine"}))
        assert Secret.objects.get(pk=secret.id).needs_ticket
    assert not AuditEntry.objects.filter(action="secret.ticket").exists()


def test_a_new_secret_is_marked_from_the_beginning(sign_in: SignIn) -> None:
    client = sign_in(actor_of(make_person(username=unique("owner"))))
    given = {"name": unique("new"), "kind": "json", "name-0": "token", "value-0": CANARY}

    plain = client.post("/secrets/personal/new/", given)
    more = {"name": unique("new"), "needs_ticket": "on"}
    marked_one = client.post("/secrets/personal/new/", given | more)

    for answer, expected in ((plain, False), (marked_one, True)):
        secret_id = str(answer["Location"]).strip("/").rpartition("/")[2]
        assert Secret.objects.get(pk=secret_id).needs_ticket is expected
        told = AuditEntry.objects.get(target_id=secret_id, action="secret.create")
        assert told.document["detail"]["needs_ticket"] is expected
