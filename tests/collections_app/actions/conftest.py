"""Bundles, and somebody who may do everything with them: in the process and over the wire."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.http import HttpResponse
from django.test import Client

from collections_app.models import Bundle
from collections_app.permissions import Capability
from collections_app.schema.compiled import CollectionSchema
from collections_app.services.actions import ActionDraft, add_action
from collections_app.services.bundles import add_bundle
from collections_app.services.custom_types import TypeDraft, add_type
from tests.factories import make_api_key, make_person, make_policy, make_role
from tests.receiver import Reply
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Role

MAKE_BUNDLE = Callable[..., Bundle]
MAKE_ACTION = Callable[..., str]
MAKER = Callable[..., CollectionSchema]

# What a mailer answers.
QUEUED = Reply(202, b'{"queued":true}', {"Content-Type": "application/json"})
STAFF_CODE = """
exports.is_staff_no = { type: "validator", handler: async (v) => /^[a-z]{2}[0-9]+$/i.test(v) };
exports.upper = { type: "normalizer", handler: (value) => value.toUpperCase() };
exports.last2 = { type: "transformer", handler: (context, object, value) => "…" + value.slice(-2) };
exports.sheet = { type: "transformer", dependencies: { properties: ["na*", "badge"] },
  handler: (context, object, value) => ({ context, object, value }) };
let seen = 0;
exports.count = { type: "transformer", handler: () => (seen += 1) };
exports.picky = { type: "transformer", handler: (context, object, value) => {
  if (value === "AB2") {
    throw new Error("AB2 is bad");
  }
  return value;
} };
exports.crash = { type: "validator", handler: (value) => value.no.such.thing };
exports.number = { type: "normalizer", handler: () => 7 };
"""


def name_of(word: str) -> str:
    """A name that the dialect takes and nobody else has."""
    return f"{word}_{uuid4().hex[:12]}"


def encoded(code: str) -> str:
    """Code as the wire has it."""
    return b64encode(code.encode()).decode()


@pytest.fixture
def make_bundle(keeper: Actor) -> MAKE_BUNDLE:
    """Store code; a name of its own unless one is given."""

    def make(code: str, *, name: str = "") -> Bundle:
        return add_bundle(keeper, name or name_of("b"), encoded(code))

    return make


@pytest.fixture
def worker_role(keeper: Actor) -> Role:
    """A role that may read and decrypt everything, for actions to run with."""
    held = (Capability.DATA_READER, Capability.CRYPTO_DECRYPTER, Capability.TOKENS_DETOKENIZER)
    return make_role(permissions=held, policies=[make_policy()])


@pytest.fixture
def make_action(keeper: Actor, make_bundle: MAKE_BUNDLE, worker_role: Role) -> MAKE_ACTION:
    """Make an action of one handler: an expression of JavaScript; the action's name."""

    def make(handler: str, *, role: Role | None = None) -> str:
        bundle = make_bundle(f'exports.run = {{type: "action", handler: {handler}}};')
        draft = ActionDraft(name_of("a"), f"{bundle.name}.run", (role or worker_role).name)
        return add_action(keeper, draft).name

    return make


class Caller:
    """Calls the dialect with one API key, without leaving the process."""

    def __init__(self, *capabilities: Capability, allowed: bool = True) -> None:
        policies = [make_policy()] if allowed else []
        person = make_person()
        make_role(permissions=capabilities, policies=policies, members=[person])
        self.name = person.username
        self.headers = {"Authorization": f"Bearer {make_api_key(person)[0]}"}

    def post(self, path: str, body: Any = None, **query: str) -> HttpResponse:
        """The answer to a POST; ``path`` is below the dialect's root."""
        content = orjson.dumps(body) if not isinstance(body, bytes) else body
        return self.send("POST", path, content, **query)

    def send(self, method: str, path: str, content: bytes = b"", **query: str) -> HttpResponse:
        """The answer to any request."""
        found: HttpResponse = Client().generic(  # type: ignore[assignment]  # a subclass of it
            method,
            f"/api/pvlt/1.0/{path}",
            content,
            content_type="application/json",
            headers=self.headers,
            query_params=query or None,
        )
        return found


@pytest.fixture
def invoker(db: None) -> Caller:
    """May invoke every action."""
    return Caller(Capability.ACTION_INVOKER)


@pytest.fixture
def bundle(make_bundle: MAKE_BUNDLE) -> str:
    """The name of a bundle with the functions above."""
    return make_bundle(STAFF_CODE).name


@pytest.fixture
def staff_no(keeper: Actor, bundle: str) -> str:
    """A custom type with a validator, a normalizer and four transformers."""
    draft = TypeDraft(
        name_of("STAFF_NO"),
        "string",
        description="Two letters and digits.",
        validator=f"{bundle}.is_staff_no",
        normalizer=f"{bundle}.upper",
        transformers=[f"{bundle}.{each}" for each in ("last2", "sheet", "count", "picky")],
    )
    return add_type(keeper, draft).name


@pytest.fixture
def staff(make_collection: MAKER, staff_no: str) -> str:
    """The name of a collection with a property of that type."""
    properties = [
        {"name": "badge", "data_type_name": staff_no, "is_unique": True, "is_index": True,
         "is_nullable": True},
        {"name": "name", "data_type_name": "NAME", "is_nullable": True},
        {"name": "mail", "data_type_name": "EMAIL", "is_nullable": True},
    ]  # fmt: skip
    return make_collection(properties).name
