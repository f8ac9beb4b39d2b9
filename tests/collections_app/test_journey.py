"""From schema to erasure: two tenants, three roles, and what the audit says of all of it."""

from __future__ import annotations

from collections.abc import Callable

import orjson
import pytest
from django.db import transaction

from collections_app.models import Collection
from collections_app.permissions import Capability, CollectionPermission
from collections_app.rows.statements import fetch, run
from collections_app.schema.compiled import CollectionSchema
from collections_app.services.adding import add_object
from collections_app.services.erasing import delete_object
from collections_app.services.options import Expiration, ReadOptions, WriteOptions
from collections_app.services.reading import get_object, list_objects
from collections_app.services.tokenizing import tokenize
from collections_app.services.tokens import detokenize, token_filter
from tests.collections_app.conftest import ALLOW_ALL, an_actor
from tests.factories import as_stranger
from vaultportal.audit.models import AuditEntry
from vaultportal.errors import Conflict, Forbidden, NotFound, Unavailable
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import User
from vaultportal.identity.policies import Rule

pytestmark = pytest.mark.django_db

MAKER = Callable[..., CollectionSchema]
NEVER = Expiration()


def rule(*resources: str, operations: tuple[str, ...] = ("*",), denies: bool = False) -> Rule:
    """A policy for any reason."""
    return Rule("rule", denies, frozenset(operations), frozenset("*"), resources)


def test_the_life_of_two_patients(keeper: Actor, make_collection: MAKER) -> None:
    schema = make_collection()
    name = schema.name
    clinic = WriteOptions(tenants=("clinic-7",))
    ida = add_object(keeper, name, {"full_name": "Ida Roth", "phone": "123-11111"}, clinic)
    jon = add_object(keeper, name, {"full_name": "Jon Far", "_tenant_id": "clinic-8"},
                     WriteOptions())  # fmt: skip
    masked = an_actor(rule(f"{name}/properties/*.mask"), name="Desk",
                      capabilities=[Capability.DATA_READER], reason="AppFunctionality")  # fmt: skip
    tokenizer = an_actor(
        rule(f"{name}/properties/phone", operations=("tokenize",)),
        name="Shop",
        capabilities=[Capability.TOKENS_WRITER],
    )
    full = an_actor(
        ALLOW_ALL,
        name="Doctor",
        capabilities=[Capability.DATA_READER, Capability.TOKENS_DETOKENIZER],
        reason="DataSubjectRequest",
    )

    # The desk sees the mask and nothing else, and of its own clinic only.
    desk = ReadOptions(props=("phone.mask",), tenants=("clinic-7",))
    assert get_object(masked, name, str(ida), desk) == {"phone.mask": "****1111"}
    with pytest.raises(Forbidden) as policy:
        get_object(masked, name, str(ida), ReadOptions(props=("phone",)))
    with pytest.raises(Forbidden) as tenant:
        get_object(masked, name, str(jon), desk)
    assert list_objects(masked, name, desk).results == [{"phone.mask": "****1111"}]

    # The shop exchanges a value for a token, and cannot turn it back.
    request = {"type": "pci", "object": {"id": str(ida)}, "props": ["phone"]}
    token = tokenize(tokenizer, name, [request], expiration=NEVER)[0]["token_id"]
    wanted = token_filter([token], [], [])
    with pytest.raises(Forbidden) as capability:
        detokenize(tokenizer, name, wanted)

    # The doctor sees all of it.
    assert detokenize(full, name, wanted) == [{"token_id": token, "fields": {"phone": "12311111"}}]
    assert get_object(full, name, str(ida), ReadOptions(unsafe=True))["full_name"] == "Ida Roth"

    # Erasure takes the object, its token and its key.
    delete_object(keeper, name, str(ida), WriteOptions())
    assert detokenize(full, name, wanted) == []
    with pytest.raises(NotFound):
        get_object(full, name, str(ida), ReadOptions(unsafe=True))

    assert [policy.value.reason, tenant.value.reason, capability.value.reason] == [
        "policy",
        "tenant.violation",
        "capability",
    ]
    entries = AuditEntry.objects.filter(target_name=name).order_by("at", "id")
    told = [(entry.actor_name, entry.action, entry.reason) for entry in entries]
    assert told == [
        ("WebServer", "collection.add", ""),
        ("WebServer", "object.add", ""),
        ("WebServer", "object.add", ""),
        ("Desk", "object.read", "AppFunctionality"),
        ("Desk", "object.read", "AppFunctionality"),
        ("Shop", "token.add", ""),
        ("Doctor", "token.read", "DataSubjectRequest"),
        ("Doctor", "object.read", "DataSubjectRequest"),
        ("WebServer", "object.delete", ""),
        ("Doctor", "token.read", "DataSubjectRequest"),
    ]
    bodies = [orjson.loads(bytes(entry.body)) for entry in entries]
    assert bodies[3]["detail"]["properties"] == ["phone.mask"]
    for value in (b"Ida Roth", b"12311111", b"1111"):
        assert not any(value in orjson.dumps(body["detail"]) for body in bodies)


def test_a_grant_allows_and_a_deny_still_wins(keeper: Actor, make_collection: MAKER) -> None:
    schema = make_collection()
    made = add_object(keeper, schema.name, {"full_name": "a"}, WriteOptions())
    options = ReadOptions(props=("full_name",))
    somebody = as_stranger()
    with pytest.raises(Forbidden):
        get_object(somebody, schema.name, str(made), options)

    owner = User.objects.get(pk=somebody.user_id)
    access.grant(keeper, owner, CollectionPermission.OWN, Collection(pk=schema.id))

    assert get_object(somebody, schema.name, str(made), options) == {"full_name": "a"}
    denied = somebody.with_(policies=an_actor(rule("*", denies=True)).policies)
    with pytest.raises(Forbidden):
        get_object(denied, schema.name, str(made), options)
    with pytest.raises(Forbidden):
        other = as_stranger().with_(is_superuser=True)
        get_object(other, schema.name, str(made), options)


def test_what_the_database_says_of_others_and_of_time_has_its_words() -> None:
    with pytest.raises(Unavailable) as late, transaction.atomic():
        run("SET LOCAL statement_timeout = 1", [])
        fetch("SELECT pg_sleep(1)", [])
    with pytest.raises(Conflict) as other, transaction.atomic():
        run("DO $$ BEGIN RAISE lock_not_available; END $$", [])

    assert late.value.reason == "timeout"
    assert other.value.reason == "object.concurrent"
