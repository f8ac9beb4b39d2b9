"""Global identifiers: read, and resolved with the rights of whoever resolves."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from collections_app.permissions import Capability
from collections_app.schema.compiled import CollectionSchema
from collections_app.services import global_ids
from collections_app.services.adding import add_object
from collections_app.services.encrypting import encrypt_objects
from collections_app.services.global_ids import GlobalId, Operation, parse, resolve, resolve_all
from collections_app.services.options import Expiration, WriteOptions
from collections_app.services.tokenizing import tokenize
from tests.collections_app.conftest import an_actor
from vaultportal.audit.models import AuditEntry
from vaultportal.errors import Forbidden, Invalid, NotFound
from vaultportal.identity.actor import Actor
from vaultportal.identity.policies import Rule

pytestmark = pytest.mark.django_db

MAKER = Callable[..., CollectionSchema]
IDA = {"full_name": "Ida Roth", "phone": "+972-54-1234567"}


@pytest.mark.parametrize(
    ("text", "prop"),
    [
        ("pvlt:read_object:patients::7:", ""),
        ("pvlt1:read_object:patients:mail.mask:7:", "mail.mask"),
    ],
)
def test_both_prefixes_are_read_and_one_is_written(text: str, prop: str) -> None:
    found = parse(text)

    assert found == GlobalId(Operation.READ_OBJECT, "patients", prop, "7")
    assert parse(str(found)) == found
    assert str(found).startswith("pvlt:read_object:patients:")


@pytest.mark.parametrize(
    "text",
    [
        "", "pvlt", "pvlt:read_object:c:p:7", "pvlt:read_object:c:p:7:x",
        "pvlt2:read_object:c:p:7:",
        "pvlt:write_object:c:p:7:", "pvlt:read_object::p:7:", "pvlt:read_object:c:p::",
        "pvlt:read_object:c:p:7:\0", 7, None, ["pvlt:read_object:c:p:7:"],
    ],
)  # fmt: skip
def test_anything_else_is_refused(text: object) -> None:
    with pytest.raises(Invalid):
        parse(text)


def test_each_operation_gives_the_value_or_the_whole(keeper: Actor, make_collection: MAKER) -> None:
    schema = make_collection()
    made = str(add_object(keeper, schema.name, IDA, WriteOptions()))
    item = {"object": {"fields": IDA}, "props": ["full_name", "phone"]}
    token = tokenize(
        keeper, schema.name, [item | {"type": "pci"}], expiration=Expiration()
    )[0]["token_id"]  # fmt: skip
    sealed = encrypt_objects(keeper, schema.name, [item], expiration=Expiration())[0]
    name = schema.name

    found = resolve_all(
        keeper,
        {
            "bare": f"pvlt:read_object:{name}:full_name:{made}:",
            "masked": f"pvlt:read_object:{name}:phone.mask:{made.upper()}:",
            "empty": f"pvlt:read_object:{name}:note:{made}:",
            "whole": f"pvlt:read_object:{name}::{made}:",
            "token": f"pvlt:detokenize:{name}:phone:{token}:",
            "tokens": f"pvlt:detokenize:{name}::{token}:",
            "sealed": f"pvlt:decrypt_object:{name}:full_name.mask:{sealed}:",
            "opened": f"pvlt1:decrypt_object:{name}::{sealed}:",
        },
        reason="Notifications",
    )

    values = {"full_name": "Ida Roth", "phone": "+972541234567"}
    assert found == {
        "bare": "Ida Roth",
        "masked": "*********4567",
        "empty": None,
        "whole": values | {"id": made, "mail": None, "note": None},
        "token": "+972541234567",
        "tokens": values,
        "sealed": "I** R***",
        "opened": values,
    }
    told = AuditEntry.objects.filter(reason="Notifications", target_name=name)
    assert told.count() == len(found)


def test_the_rights_are_those_of_the_operation(keeper: Actor, make_collection: MAKER) -> None:
    schema = make_collection()
    made = add_object(keeper, schema.name, IDA, WriteOptions())
    masks = Rule("m", False, frozenset({"read"}), frozenset({"Marketing"}), ("*.mask",))  # noqa: FBT003 denies
    masked = an_actor(masks, capabilities=[Capability.OBJECTS_READER])
    nobody = an_actor(masks, capabilities=[])

    def read(actor: Actor, prop: str, reason: str = "Marketing") -> object:
        identifier = f"pvlt:read_object:{schema.name}:{prop}:{made}:"
        return resolve(actor, identifier, reason=reason)

    assert read(masked, "phone.mask") == "*********4567"
    for refused in (
        lambda: read(masked, "phone"),
        lambda: read(masked, ""),
        lambda: read(masked, "phone.mask", reason="Analytics"),
        lambda: read(nobody, "phone.mask"),
        lambda: resolve(masked, f"pvlt:detokenize:{schema.name}:phone.mask:x:"),
        lambda: resolve(masked, f"pvlt:decrypt_object:{schema.name}:phone.mask:x:"),
        lambda: resolve(keeper, f"pvlt:read_object:{schema.name}:phone:{made}:", tenants=("t1",)),
    ):
        with pytest.raises(Forbidden):
            refused()


def test_what_is_not_there_is_said_in_the_words_of_the_operation(
    keeper: Actor, make_collection: MAKER
) -> None:
    name = make_collection().name
    other = "3f0c2a51-8a0b-4a63-9f43-0d6f4d0f2b11"

    for identifier, reason in (
        (f"pvlt:read_object:{name}:phone:{other}:", "object.missing"),
        (f"pvlt:read_object:{name}:shoe:{other}:", "property.missing"),
        (f"pvlt:read_object:nowhere:phone:{other}:", "collection.missing"),
        (f"pvlt:detokenize:{name}:phone:{other}:", "value.unresolved"),
    ):
        with pytest.raises(NotFound) as missing:
            resolve(keeper, identifier)
        assert missing.value.reason == reason
    with pytest.raises(Invalid) as refused:
        resolve(keeper, f"pvlt:decrypt_object:{name}:phone:AAAA:")
    assert refused.value.reason == "ciphertext.refused"
    with pytest.raises(Invalid):
        resolve(keeper, f"pvlt:read_object:{name}:phone:{other}:", reason="Curiosity")
    with pytest.raises(Invalid):
        resolve_all(keeper, dict.fromkeys(map(str, range(global_ids.MOST_AT_ONCE + 1)), ""))
