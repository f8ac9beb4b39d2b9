"""The catalogue of events, and the envelope that published clients rely on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import jsonschema_rs
import orjson
import pytest
from django.core.exceptions import ImproperlyConfigured

from tests import factories
from vaultportal.events import catalog
from vaultportal.events.catalog import CLIENT, NUMBER, EventType
from vaultportal.events.shared import ACCESS_DENIED
from vaultportal.identity import actor as actors

TIMES = {"created", "modified", "deleted"}
QUESTION = EventType(
    id="vault:thing-approval",
    name="Thing approval",
    description="May the thing be done?",
    subject="THING",
    connector="kv",
    moment="created",
    kind="REQUEST_RESPONSE",
    further={"version": NUMBER, "client": CLIENT},
    sample={"version": 3},
)


EVERY = [pytest.param(kind, id=kind.id) for kind in [*catalog.every(), QUESTION]]


@pytest.mark.parametrize("event_type", EVERY)
def test_examples_keep_the_envelope(event_type: EventType) -> None:
    example = event_type.example

    assert {"id", "name", "type", "connector", "actor"} <= example.keys()
    assert len(TIMES & example.keys()) == 1
    assert all(isinstance(example[key], str) for key in ("id", "name", "type", "connector"))
    assert example["actor"].keys() == {"type", "id", "name"}
    assert "_metadata" not in example
    assert event_type.sample.keys() <= event_type.further.keys()
    schema = jsonschema_rs.validator_for(orjson.loads(event_type.input_schema))
    schema.validate(example)


@pytest.mark.parametrize("event_type", EVERY)
def test_only_questions_have_an_answer(event_type: EventType) -> None:
    if event_type.kind == "FIRE_AND_FORGET":
        assert event_type.output_schema is None
        assert event_type.output_example is None
        return
    assert event_type.output_schema is not None
    assert event_type.output_example is not None
    assert event_type.output_example.keys() == {"approved", "comment", "approver"}
    schema = jsonschema_rs.validator_for(orjson.loads(event_type.output_schema))
    schema.validate(event_type.output_example)
    assert not schema.is_valid({"comment": "no decision"})


@pytest.mark.django_db
def test_a_payload_names_its_actor_and_its_time() -> None:
    actor = factories.actor_of(factories.make_person(username="mara.voss"))

    payload = QUESTION.payload(actor, id="12", name="payroll-db", version=4)

    created = payload.pop("created")
    assert datetime.fromisoformat(created).tzinfo is not None
    assert created.endswith("Z")
    assert payload == {
        "id": "12",
        "name": "payroll-db",
        "type": "THING",
        "connector": "kv",
        "actor": {"type": "IDENTITY", "id": str(actor.user_id), "name": "mara.voss"},
        "version": 4,
    }


def test_the_portal_itself_is_called_system() -> None:
    payload = ACCESS_DENIED.payload(actors.system(), id="1", name="one")

    assert payload["actor"] == {"type": "IDENTITY", "id": "system", "name": "system"}


def test_a_key_that_was_not_declared_is_refused() -> None:
    with pytest.raises(ValueError, match="password"):
        QUESTION.payload(actors.system(), id="1", name="one", password="s3cret")


def test_an_id_is_declared_once() -> None:
    catalog.register(ACCESS_DENIED)
    again = replace(QUESTION, id=ACCESS_DENIED.id)

    with pytest.raises(ImproperlyConfigured, match="twice"):
        catalog.register(again)
    assert catalog.get(ACCESS_DENIED.id) is ACCESS_DENIED
    assert catalog.get("vault:nothing") is None
