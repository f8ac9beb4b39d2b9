"""Custom data types: in schemas, on the way in, in searches, and on the way out."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable

import pytest

from collections_app import catalog
from collections_app.models import CustomType
from collections_app.permissions import Capability
from collections_app.schema.compiled import CollectionSchema
from collections_app.services.adding import add_object, add_objects
from collections_app.services.custom_types import (
    TypeDraft,
    add_type,
    get_type,
    list_types,
    update_type,
)
from collections_app.services.encrypting import decrypt_objects, encrypt_objects
from collections_app.services.options import Expiration, ReadOptions, WriteOptions
from collections_app.services.reading import get_object, list_objects
from collections_app.services.searching import search_objects
from collections_app.services.tokenizing import tokenize
from collections_app.services.tokens import detokenize, token_filter
from collections_app.services.updating import update_object
from tests.collections_app.actions.conftest import MAKE_BUNDLE, Caller, name_of
from vaultportal.audit.models import AuditEntry
from vaultportal.errors import Conflict, Invalid, NotFound, VaultError
from vaultportal.identity.actor import Actor

pytestmark = pytest.mark.django_db

MAKER = Callable[..., CollectionSchema]
PLAIN = WriteOptions()


def test_a_type_is_shown_with_its_functions_and_those_of_its_base(
    keeper: Actor, bundle: str
) -> None:
    caller = Caller(Capability.TYPES_WRITER, Capability.TYPES_READER)
    name = name_of("STAFF_NO")
    body = {
        "name": name,
        "base_type_name": "STRING",
        "validator": f"{bundle}.is_staff_no",
        "normalizer": {"bundle": bundle, "function": "upper"},
        "transformers": [f"{bundle}.last2"],
        "default_transformer": f"{bundle}.last2",
    }

    made = caller.post("ctl/types", body).json()  # type: ignore[attr-defined]  # of the test client

    created = made.pop("creation_time")
    assert made == {
        "name": name,
        "base_type_name": "STRING",
        "description": "",
        "is_builtin": False,
        "validator": f"{bundle}.is_staff_no",
        "normalizer": f"{bundle}.upper",
        "transformers": [f"{bundle}.last2", "mask", "token"],
        "default_transformer": f"{bundle}.last2",
    }
    assert created.endswith("Z")
    assert [each.name for each in list_types(keeper, bundle=bundle)] == [name]
    assert "EMAIL" not in [each.name for each in list_types(keeper)]
    assert "EMAIL" in [each.name for each in list_types(keeper, with_builtins=True)]


def test_what_a_type_cannot_be_is_refused(keeper: Actor, bundle: str, staff_no: str) -> None:
    def refused(draft: TypeDraft) -> VaultError:
        with pytest.raises(VaultError) as refusal:
            add_type(keeper, draft)
        return refusal.value

    other_kind = TypeDraft(name_of("T"), "STRING", validator=f"{bundle}.upper")
    missing = TypeDraft(name_of("T"), "STRING", transformers=[f"{bundle}.none"])
    no_base = TypeDraft(name_of("T"), staff_no)
    no_name = TypeDraft("a-b", "STRING")
    taken = TypeDraft(staff_no, "STRING")
    built_in = TypeDraft("email", "STRING")
    no_default = TypeDraft(name_of("T"), "STRING", default_transformer="none")

    assert [refused(each).kind for each in (other_kind, missing)] == ["not_found", "not_found"]
    assert [refused(each).kind for each in (no_base, no_name, no_default)] == ["invalid"] * 3
    assert [refused(each).kind for each in (taken, built_in)] == ["conflict", "conflict"]
    with pytest.raises(NotFound):
        get_type(keeper, "NONE")


def test_values_are_validated_then_normalized(keeper: Actor, staff: str) -> None:
    made = add_object(keeper, staff, {"badge": "ab12"}, PLAIN)

    assert get_object(keeper, staff, str(made), ReadOptions(props=("badge",))) == {"badge": "AB12"}
    with pytest.raises(Invalid) as refused:
        add_object(keeper, staff, {"badge": "12 secret"}, PLAIN)
    with pytest.raises(Invalid) as shape:
        add_object(keeper, staff, {"badge": 7}, PLAIN)
    with pytest.raises(Conflict) as taken:
        add_object(keeper, staff, {"badge": "aB12"}, PLAIN)
    update_object(keeper, staff, str(made), {"badge": "cd3"}, PLAIN)

    assert get_object(keeper, staff, str(made), ReadOptions(props=("badge",))) == {"badge": "CD3"}
    assert [refused.value.reason, shape.value.reason] == ["value.invalid"] * 2
    assert taken.value.reason == "value.taken"
    assert "secret" not in str(refused.value)


def test_a_bad_value_fails_its_own_item_of_a_bulk_call(keeper: Actor, staff: str) -> None:
    outcome = add_objects(
        keeper, staff, [{"badge": "ab1"}, {"badge": "?"}, {"badge": "ab2"}], PLAIN
    )

    assert [outcome.fault_at(place).reason for place in range(3)] == [
        "bulk.aborted",
        "value.invalid",
        "bulk.aborted",
    ]


def test_a_search_finds_what_a_value_is_normalized_to(keeper: Actor, staff: str) -> None:
    made = str(add_object(keeper, staff, {"badge": "ab12"}, PLAIN))
    shown = ReadOptions(props=("id",))

    def found(query: dict[str, object]) -> list[object]:
        return [each["id"] for each in search_objects(keeper, staff, query, shown).results]

    assert found({"match": {"badge": "Ab12"}}) == [made]
    assert found({"in": {"badge": ["zz9", "aB12"]}}) == [made]
    assert found({"match": {"badge": "ab13"}}) == []
    with pytest.raises(Invalid):
        found({"match": {"badge": "???"}})


def test_a_page_goes_through_a_transformer_in_one_call(keeper: Actor, staff: str) -> None:
    add_objects(keeper, staff, [{"badge": f"ab{n}"} for n in range(100)], PLAIN)

    page = list_objects(keeper, staff, ReadOptions(props=("badge.count", "badge.last2")))

    # One evaluation of the bundle has counted all of them.
    assert [each["badge.count"] for each in page.results] == list(range(1, 101))
    assert page.results[12]["badge.last2"] == "…12"


def test_a_transformer_sees_what_it_asks_for_and_who_asks(keeper: Actor, staff: str) -> None:
    values = {"badge": "ab1", "name": "Ida", "mail": "ida@x.example"}
    made = add_object(keeper, staff, values, PLAIN)
    actor = keeper.with_(reason="Analytics")

    options = ReadOptions(props=("badge.sheet", "mail.mask"), param="wide")
    shown = get_object(actor, staff, str(made), options)

    assert shown["mail.mask"] == "i**@x.example"
    sheet = shown["badge.sheet"]
    assert sheet["object"] == {"badge": "AB1", "name": "Ida"}
    assert sheet["value"] == "AB1"
    types = catalog.known(staff).properties
    assert sheet["context"] == {
        "user": "WebServer",
        "role": "",
        "reason": "Analytics",
        "collection": staff,
        "props": {name: each.data_type.name for name, each in types.items()},
        "prop": "badge",
        "param": "wide",
    }


def test_null_is_not_transformed(keeper: Actor, staff: str) -> None:
    made = add_object(keeper, staff, {"name": "Ida"}, PLAIN)

    shown = get_object(keeper, staff, str(made), ReadOptions(props=("badge.last2",)))

    assert shown == {"badge.last2": None}


def test_a_failing_transformer_fails_the_read_without_the_value(keeper: Actor, staff: str) -> None:
    add_objects(keeper, staff, [{"badge": "ab1"}, {"badge": "ab2"}], PLAIN)

    with pytest.raises(VaultError) as failed:
        list_objects(keeper, staff, ReadOptions(props=("badge.picky",)))

    assert failed.value.reason == "code.threw"
    assert failed.value.context["line"] == "11"
    assert "AB2" not in str(failed.value)
    with pytest.raises(NotFound):
        list_objects(keeper, staff, ReadOptions(props=("badge.none",)))


def test_values_that_code_has_received_are_accounted_for_though_it_fails(
    keeper: Actor, staff: str
) -> None:
    made = str(add_object(keeper, staff, {"badge": "ab2"}, PLAIN))
    source = {"object": {"id": made}, "props": ["badge"]}
    request = [{"type": "pci", **source}]
    token = tokenize(keeper, staff, request, expiration=Expiration())[0]["token_id"]
    sealed = encrypt_objects(keeper, staff, [source], expiration=Expiration())[0]
    item = {"encrypted_object": {"ciphertext": sealed}, "props": ["badge.picky"]}
    picky = ReadOptions(props=("badge.picky",))
    wanted = token_filter([token], [], [])
    reads: dict[str, Callable[[], object]] = {
        "object.read": lambda: get_object(keeper, staff, made, picky),
        "object.decrypt": lambda: decrypt_objects(keeper, staff, [item]),
        "token.read": lambda: detokenize(keeper, staff, wanted, props=["badge.picky"]),
    }

    for action, read in reads.items():
        before = AuditEntry.objects.filter(action=action).count()
        with pytest.raises(VaultError) as failed:
            read()
        assert failed.value.reason == "code.threw"
        assert AuditEntry.objects.filter(action=action).count() == before + 1


@pytest.mark.parametrize("name", ["mask", "token", "age"])
def test_a_function_never_stands_in_for_a_transformer_of_the_base(
    keeper: Actor, make_collection: MAKER, make_bundle: MAKE_BUNDLE, name: str
) -> None:
    code = f"exports.{name} = {{ type: 'transformer', handler: (c, o, value) => value }};"
    reference = f"{make_bundle(code).name}.{name}"
    made = add_type(keeper, TypeDraft(name_of("T"), "DATE_OF_BIRTH")).name
    with pytest.raises(Invalid):
        add_type(keeper, TypeDraft(name_of("T"), "DATE_OF_BIRTH", transformers=[reference]))
    for each in (made, "DATE_OF_BIRTH"):
        with pytest.raises(Invalid):
            update_type(keeper, each, TypeDraft(each, transformers=[reference]))

    # As it may stand in a row that is older than this rule.
    CustomType.objects.filter(name=made).update(transformers=[reference])
    collection = make_collection([{"name": "born", "data_type_name": made}]).name
    stored = str(add_object(keeper, collection, {"born": "2000-02-29"}, PLAIN))
    shown = get_object(keeper, collection, stored, ReadOptions(props=(f"born.{name}",)))
    assert shown[f"born.{name}"] != "2000-02-29"
    assert get_type(keeper, made).coded == {}


def test_the_default_transformer_applies_where_none_is_named(
    keeper: Actor, make_collection: MAKER, bundle: str
) -> None:
    draft = TypeDraft(
        name_of("T"), "STRING", transformers=[f"{bundle}.last2"], default_transformer="last2"
    )
    kind = add_type(keeper, draft).name
    name = make_collection([{"name": "word", "data_type_name": kind}]).name
    made = str(add_object(keeper, name, {"word": "hello"}, PLAIN))
    sealed = encrypt_objects(
        keeper, name, [{"object": {"fields": {"word": "hello"}}}], expiration=Expiration()
    )
    item = {"encrypted_object": {"ciphertext": sealed[0]}}
    request = {"type": "pci", "object": {"id": made}}
    token = tokenize(keeper, name, [request], expiration=Expiration())[0]["token_id"]

    assert get_object(keeper, name, made, ReadOptions(props=("word",))) == {"word": "…lo"}
    assert decrypt_objects(keeper, name, [item, item]) == [{"fields": {"word": "…lo"}}] * 2
    assert detokenize(keeper, name, token_filter([token], [], [])) == [
        {"token_id": token, "fields": {"word": "…lo"}}
    ]


def test_encrypt_and_tokenize_normalize_too(keeper: Actor, staff: str) -> None:
    fields = {"object": {"fields": {"badge": "ab1"}}, "type": "deterministic"}
    upper = {"object": {"fields": {"badge": "AB1"}}, "type": "deterministic"}

    sealed = encrypt_objects(keeper, staff, [fields, upper], expiration=Expiration())
    tokens = tokenize(
        keeper,
        staff,
        [{**each, "store_object": False} for each in (fields, upper)],
        expiration=Expiration(),
    )

    assert sealed[0] == sealed[1]
    assert tokens[0] == tokens[1]


def test_code_that_fails_on_a_value_is_told_from_a_refusal(
    keeper: Actor, make_collection: MAKER, bundle: str
) -> None:
    crash = add_type(keeper, TypeDraft(name_of("T"), "STRING", validator=f"{bundle}.crash")).name
    number = add_type(keeper, TypeDraft(name_of("T"), "STRING", normalizer=f"{bundle}.number")).name
    properties = [
        {"name": "a", "data_type_name": crash, "is_nullable": True},
        {"name": "b", "data_type_name": number, "is_nullable": True},
    ]
    name = make_collection(properties).name

    with pytest.raises(Invalid) as crashed:
        add_object(keeper, name, {"a": "secret"}, PLAIN)
    with pytest.raises(Invalid) as other_type:
        add_object(keeper, name, {"b": "secret"}, PLAIN)

    assert crashed.value.context == {"function": f"{bundle}.crash", "line": "15"}
    assert other_type.value.context == {"function": f"{bundle}.number"}
    assert {crashed.value.reason, other_type.value.reason} == {"code.failed"}


def test_the_base_stays_where_a_type_names_no_function(
    keeper: Actor, make_collection: MAKER, bundle: str
) -> None:
    kind = add_type(keeper, TypeDraft(name_of("T"), "SSN", transformers=[f"{bundle}.last2"])).name
    name = make_collection([{"name": "ssn", "data_type_name": kind}]).name

    made = str(add_object(keeper, name, {"ssn": "987654321"}, PLAIN))

    shown = ReadOptions(props=("ssn", "ssn.mask", "ssn.last2"))
    assert get_object(keeper, name, made, shown) == {
        "ssn": "987-65-4321",
        "ssn.mask": "***-**-4321",
        "ssn.last2": "…21",
    }
    with pytest.raises(Invalid):
        add_object(keeper, name, {"ssn": "1"}, PLAIN)


def test_a_validator_may_admit_what_the_base_would_not(
    keeper: Actor, make_collection: MAKER, make_bundle: MAKE_BUNDLE
) -> None:
    code = "exports.any = { type: 'validator', handler: () => true };"
    bundle = make_bundle(code).name
    draft = TypeDraft(name_of("T"), "DATE_OF_BIRTH", validator=f"{bundle}.any")
    name = make_collection([{"name": "born", "data_type_name": add_type(keeper, draft).name}]).name

    made = str(add_object(keeper, name, {"born": "long ago"}, PLAIN))

    shown = get_object(keeper, name, made, ReadOptions(props=("born", "born.age")))
    assert shown == {"born": "long ago", "born.age": "**** ***"}


def test_a_blob_type_keeps_its_bytes(
    keeper: Actor, make_collection: MAKER, make_bundle: MAKE_BUNDLE
) -> None:
    code = "exports.len = { type: 'transformer', handler: (c, o, value) => value.length };"
    bundle = make_bundle(code).name
    draft = TypeDraft(name_of("T"), "BLOB", transformers=[f"{bundle}.len"])
    name = make_collection([{"name": "scan", "data_type_name": add_type(keeper, draft).name}]).name
    scan = b64encode(b"\x00\xff" * 30).decode()

    made = str(add_object(keeper, name, {"scan": scan}, PLAIN))

    shown = get_object(keeper, name, made, ReadOptions(props=("scan", "scan.len")))
    assert shown == {"scan": scan, "scan.len": 80}
