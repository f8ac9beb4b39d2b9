"""Every operation of the dialect, user code apart: who may call it, and what is wrong with it.

A row holds a request that succeeds for whoever has exactly its capability and whose policies allow
exactly its votes; the other cases follow from it. Where a case is not there, the row says why.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.collections_app.api.operations_row import (
    ABSENT,
    Asking,
    Bad,
    Call,
    Never,
    Row,
    Tenants,
    calling,
)
from tests.collections_app.api.operations_world import SSN, SYSTEM, World


def control(
    operation: str, capability: str | Never, ask: Asking, bad: Bad | Never, **more: Any
) -> Row:
    """A row of the control or system plane: neither policies nor tenants have a say in it."""
    needed = capability if isinstance(capability, Never) else (capability,)
    return Row(operation, needed, NO_VOTE, NO_DATA, ask, bad, **more)


NO_VOTE = Never("policies are about data")
NO_DATA = Never("no object is touched")
ALL_TENANTS = Never("it is about all tenants at once, so the header is not taken")
NO_TENANT = Never("nothing in it belongs to a tenant")
REFUSED, NARROWED = Tenants.REFUSED, Tenants.NARROWED
NOTHING = calling()
LONG = {"custom_audit": "x" * 1001}
TOO_LONG = Bad(calling(params=LONG), "PV1012")
NOT_JSON = Bad(calling(content="{"), "PV1012")
NO_BODY_FIELDS = Bad(calling(json={}), "PV1012")
BAD_REASON = Bad(calling(params={"reason": "Curiosity"}), "PV1002")
BAD_OPTION = {"options": "nonsense"}
NOT_THERE = {"collection": "no_such_collection"}


def missing(**at: str) -> Bad:
    """Something that the control plane does not know."""
    return Bad(calling(at=at), "PV1004", 404)


def _new_collection(_world: World) -> Call:
    properties = [{"name": "word", "data_type_name": "STRING"}]
    return Call(json={"name": f"c{uuid4().hex[:12]}", "type": "DATA", "properties": properties})


def _new_property(world: World) -> Call:
    name = f"p{uuid4().hex[:8]}"
    body = {"name": name, "data_type_name": "STRING", "is_nullable": True}
    return Call({"collection": world.spare, "name": name}, json=body)


def _one_more_property(world: World) -> Call:
    properties = [{"name": f"p{uuid4().hex[:8]}", "data_type_name": "STRING", "is_nullable": True}]
    body = {"name": world.spare, "type": "PERSONS", "properties": properties}
    return Call({"collection": world.spare}, json=body)


CONTROL = (
    control("list-collections", "CapCollectionsReader", NOTHING,
            Bad(calling(params={"format": "xml"}), "PV1012")),
    control("add-collection", "CapCollectionsWriter", _new_collection,
            Bad(calling(json={"name": "9c", "type": "DATA", "properties": []}), "PV1008")),
    control("get-collection", "CapCollectionsReader", NOTHING, missing(**NOT_THERE)),
    control("update-collection", "CapCollectionsWriter", _one_more_property,
            Bad(lambda w: Call({"collection": w.spare}, json={"name": "other"}), "PV1012")),
    control("delete-collection", "CapCollectionsWriter",
            lambda w: Call({"collection": w.admin.collection([])}), missing(**NOT_THERE)),
    control("list-collection-properties", "CapCollectionsReader", NOTHING,
            Bad(calling(params=BAD_OPTION), "PV1012")),
    control("get-collection-property", "CapCollectionsReader", calling(at={"name": "mail"}),
            Bad(calling(at={"name": "nothing"}), "PV3004", 404)),
    control("add-collection-property", "CapCollectionsWriter", _new_property,
            Bad(lambda w: Call({"collection": w.spare, "name": "p"},
                               json={"name": "p", "data_type_name": "NO_SUCH"}), "PV1012")),
    control("update-collection-property", "CapCollectionsWriter",
            lambda w: Call({"collection": w.spare, "name": w.property()},
                           json={"description": "changed"}),
            Bad(lambda w: Call({"collection": w.spare, "name": w.property()},
                               json={"is_unique": True}), "PV9006")),
    control("delete-collection-property", "CapCollectionsWriter",
            lambda w: Call({"collection": w.spare, "name": w.property()}),
            Bad(calling(at={"name": "_tenant_id"}), "PV9005")),
    control("list-data-types", "CapTypesReader", calling(params={"options": "show_builtins"}),
            Bad(calling(params=BAD_OPTION), "PV1012")),
    control("get-data-type", "CapTypesReader", calling(at={"name": "EMAIL"}),
            missing(name="NO_SUCH")),
    control("get-iam-conf", "CapIAMReader", NOTHING, TOO_LONG),
    control("set-iam-conf", "CapIAMWriter",
            lambda w: Call(content=w.admin.call("GET", "ctl/iam/conf").text),
            Bad(calling(content="[users"), "PV9015")),
    control("get-user", "CapIAMReader", lambda w: Call({"user": w.somebody}),
            missing(user="nobody")),
    control("regenerate-user-api-key", "CapIAMWriter",
            lambda w: Call(json={"name": w.somebody}), NO_BODY_FIELDS),
    control("update-api-key-expiration", "CapIAMWriter",
            lambda w: Call(json={"name": w.somebody, "expiration_secs": 3600}),
            Bad(lambda w: Call(json={"name": w.somebody, "expiration_secs": -1}), "PV1012")),
    control("set-admin-api-key", SYSTEM, calling(json={"key": "Some-Other-Key-of-Admin-1"}),
            Bad(calling(json={"key": "short1A"}), "PV1012")),
    control("clear-all-conf-vars", "CapConfvarWriter", NOTHING, TOO_LONG),
    control("get-conf-var", "CapConfvarReader", calling(at={"name": "log_level"}),
            missing(name="nothing")),
    control("set-conf-var", "CapConfvarWriter",
            calling(at={"name": "trace_sql"}, json={"value": "false"}),
            Bad(calling(at={"name": "log_level"}, json={"value": "loud"}), "PV1012")),
    control("control-health", Never("whoever asks"), NOTHING, Never("it takes nothing")),
    control("data-health", Never("whoever asks"), NOTHING, Never("it takes nothing")),
    control("get-vault-version", Never("any key"), NOTHING, TOO_LONG),
    control("get-cluster-info", "CapClusterInfoReader", NOTHING, TOO_LONG),
    control("get-configuration", "CapInfoReader", NOTHING, TOO_LONG),
    control("get-license", "CapInfoReader", NOTHING, TOO_LONG),
    control("set-license", SYSTEM, calling(json={"key": "any"}), NO_BODY_FIELDS),
    control("get-kms", "CapKMSReader", NOTHING, TOO_LONG),
    control("get-export-key", "CapExportKeyReader", NOTHING, TOO_LONG, needs_seed=True),
    control("rotate-keys", "CapKMSWriter", NOTHING, TOO_LONG),
    control("garbage-collection", "CapSystemGCRunner", calling(params={"dry_run": "true"}),
            Bad(calling(params={"filter": "everything"}), "PV1012")),
    control("trigger-error", "CapErrorWriter", calling(json={}), NOT_JSON, answers=(500, "PV1000")),
    control("analysis-contains", "CapAnalysisDetect", calling(json={"text": ["x"]}), BAD_REASON,
            answers=(405, "PV1003")),
    control("analysis-locate", "CapAnalysisDetect", calling(json={"text": ["x"]}), BAD_REASON,
            answers=(405, "PV1003")),
)  # fmt: skip


def _at_object(**parts: Any) -> Asking:
    return lambda world: Call({"object_id": world.object()}, **parts)


OBJECTS = (
    Row("get-objects-count", ("CapDataReader",), ("stats",), ALL_TENANTS, NOTHING, BAD_REASON),
    Row("list-objects", ("CapObjectsLister",), ("read",), REFUSED,
        lambda w: Call(params={"ids": w.kept, "props": "mail"}),
        Bad(calling(params={"props": "mail", "page_size": "0"}), "PV9012")),
    Row("add-object", ("CapObjectsCreator",), ("write",), REFUSED,
        lambda w: Call(json=w.person()), Bad(calling(json=SSN), "PV9004")),
    Row("get-object-by-id", ("CapObjectsReader",), ("read",), REFUSED,
        _at_object(params={"props": "mail,ssn.mask"}), Bad(_at_object(), "PV1012")),
    Row("update-object-by-id", ("CapObjectsUpdater",), ("write",), REFUSED,
        _at_object(json={"note": "changed"}), Bad(_at_object(json={"full_name": None}), "PV9004")),
    Row("delete-object-by-id", ("CapObjectsDeleter",), ("delete",), REFUSED,
        _at_object(), Bad(calling(at={"object_id": "none"}), "PV1012")),
    Row("add-objects", ("CapObjectsCreator",), ("write",), REFUSED,
        lambda w: Call(json=[w.person(), w.person()]), Bad(calling(json=[]), "PV9012")),
    Row("update-objects", ("CapObjectsUpdater",), ("write",), REFUSED,
        lambda w: Call(json=[{"id": w.object(), "note": "changed"}]),
        Bad(calling(json=[{"note": "changed"}]), "PV1012")),
    Row("delete-objects", ("CapObjectsDeleter",), ("delete",), REFUSED,
        lambda w: Call(json=[{"id": w.object()}]), Bad(calling(json=[{}]), "PV1012")),
    Row("search-objects", ("CapDataSearcher",), ("search", "read"), NARROWED,
        calling(params={"props": "id,mail.mask"}, json={"match": {"full_name": "Ida Roth"}}),
        Bad(calling(params={"props": "id"}, json={}), "PV1012")),
)  # fmt: skip


def _tokens(**parts: Any) -> Asking:
    return lambda world: Call(
        params={"token_ids": world.token(), **parts.get("params", {})},
        json=parts.get("json", ABSENT),
    )


def _tokenize(kind: str) -> Asking:
    return calling(json=[{"type": kind, "object": {"fields": SSN}, "props": ["ssn"]}])


def _import(world: World) -> Call:
    pointer = {"token_id": uuid4().hex, "token_type": "pointer", "object_id": world.kept,
               "props": ["ssn"]}  # fmt: skip
    return Call(json=[pointer])


TOKENS = (
    Row("get-tokens-count", ("CapDataReader",), ("stats",), ALL_TENANTS, NOTHING, BAD_REASON),
    Row("tokenize", ("CapTokensWriter",), ("tokenize",), REFUSED,
        _tokenize("randomized"), Bad(_tokenize("nonsense"), "PV1012")),
    Row("detokenize", ("CapTokensDetokenizer",), ("detokenize", "read"), REFUSED,
        _tokens(params={"props": "ssn"}), Bad(NOTHING, "PV1012")),
    Row("update-tokens", ("CapTokensWriter",), ("write",), REFUSED,
        _tokens(json={"tags": ["new"]}), Bad(_tokens(json={"nothing": 1}), "PV1012")),
    Row("delete-tokens", ("CapTokensWriter",), ("delete",), REFUSED,
        _tokens(), Bad(NOTHING, "PV1012")),
    Row("rotate-tokens", ("CapTokensWriter",), ("write",), REFUSED,
        _tokens(), Bad(NOTHING, "PV1012")),
    Row("search-tokens", ("CapTokensReader",), ("read",), REFUSED,
        lambda w: Call(json={"token_ids": [w.token()]}),
        Bad(calling(json={"nothing": []}), "PV1012")),
    Row("get-by-transaction-id", ("CapTransactionIdReader",),
        Never("a transaction id shows token ids only"), ALL_TENANTS,
        lambda w: Call({"name": w.transaction()}), missing(name="nothing")),
    Row("export-tokens", ("CapTokensExporter",), ("detokenize",), ALL_TENANTS, NOTHING,
        Bad(calling(params={"token_types": "nonsense"}), "PV1012"), needs_seed=True),
    Row("import-tokens", ("CapTokensImporter",), ("write",), ALL_TENANTS, _import, NO_BODY_FIELDS),
)  # fmt: skip


def _encrypt(**fields: str) -> Asking:
    return calling(json=[{"object": {"fields": fields}, "props": ["ssn"]}])


def _sealed(**more: Any) -> Asking:
    return lambda w: Call(json=[{"encrypted_object": {"ciphertext": w.ciphertext}, **more}])


DAMAGED = Bad(calling(json=[{"encrypted_object": {"ciphertext": "AAAA"}}]), "PV9008")
CIPHERS = (
    Row("encrypt", ("CapCryptoEncrypter",), ("encrypt",), REFUSED,
        _encrypt(**SSN), Bad(_encrypt(ssn="none"), "PV3002")),
    Row("update-encrypted", ("CapCryptoEncrypter", "CapCryptoDecrypter"), ("encrypt", "decrypt"),
        REFUSED, _sealed(fields={"note": "new"}), DAMAGED),
    Row("decrypt", ("CapCryptoDecrypter",), ("decrypt",), REFUSED, _sealed(), DAMAGED),
    Row("encrypt-blob", ("CapCryptoEncrypter",), ("encrypt",), NO_TENANT,
        calling(params={"prop": "scan"}, content=b"some bytes"),
        Bad(calling(params={"prop": "ssn"}, content=b"some bytes"), "PV1012")),
    Row("decrypt-blob", ("CapCryptoDecrypter",), ("decrypt",), NO_TENANT,
        lambda w: Call(params={"prop": "scan"}, content=w.blob),
        Bad(calling(params={"prop": "scan"}, content=b"some bytes"), "PV9008")),
    Row("hash-objects", ("CapCryptoHasher",), ("hash",), NO_TENANT,
        _encrypt(ssn=SSN["ssn"]), Bad(_encrypt(ssn="none"), "PV3002")),
)  # fmt: skip

TABLE = (*CONTROL, *OBJECTS, *TOKENS, *CIPHERS)
# Custom types, bundles and actions run code, and have tests of their own.
_OF_USER_CODE = """
    add-data-type update-data-type delete-data-type
    list-bundles add-bundle get-bundle update-bundle delete-bundle
    list-actions add-action get-action-by-name delete-action
    invoke-action invoke-http-call-action
"""
OF_USER_CODE = frozenset(_OF_USER_CODE.split())
