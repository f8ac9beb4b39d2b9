"""Every operation as data: what it takes and what it gives, for the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from collections_app.services.options import REASONS

Schema: TypeAlias = dict[str, Any]

JSON = ("application/json",)
TOML = ("application/toml",)
OCTETS = ("application/octet-stream",)
SCHEMA_TEXT = ("application/json", "application/pvschema")

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
WHOLE: Schema = {"type": "integer"}
TEXTS: Schema = {"type": "array", "items": TEXT}
ANY: Schema = {}
MAP: Schema = {"type": "object"}
BYTES: Schema = {"type": "string", "format": "binary"}


def record(*required: str, **properties: Schema) -> Schema:
    """An object with these properties; those named first are always there."""
    return {"type": "object", "required": list(required), "properties": properties}


def many(item: Schema) -> Schema:
    """An array."""
    return {"type": "array", "items": item}


PROPERTY = record(
    "name", "data_type_name", name=TEXT, data_type_name=TEXT, description=TEXT,
    is_unique=FLAG, is_index=FLAG, is_substring_index=FLAG, is_encrypted=FLAG, is_nullable=FLAG,
)  # fmt: skip
COLLECTION = record(
    "name", "type", "properties", name=TEXT, properties=many(PROPERTY),
    type={"type": "string", "enum": ["PERSONS", "DATA"]},
)  # fmt: skip
PAGE = record(
    "results", "paging", results=many(MAP),
    paging=record("size", "remaining_count", "cursor", size=WHOLE, remaining_count=WHOLE,
                  cursor=TEXT),
)  # fmt: skip
BULK = record("ok", "results", ok=FLAG, results=many(record("ok", ok=FLAG)))
COUNT = record("active", "archived", "total", active=WHOLE, archived=WHOLE, total=WHOLE)
ID = record("id", id={"type": "string", "format": "uuid"})
SOURCE = record("object", object=MAP, props=TEXTS, scope=TEXT)
SEALED = record("encrypted_object", encrypted_object=record("ciphertext", ciphertext=TEXT))
CIPHERTEXTS = many(record("ciphertext", ciphertext=TEXT))
METADATA = record("token_id", "type", "scope", "tokens", token_id=TEXT, type=TEXT, scope=TEXT,
                  tokens=many(MAP))  # fmt: skip
DATA_TYPE = record("name", "base_type_name", "transformers", name=TEXT, base_type_name=TEXT,
                   transformers=TEXTS)  # fmt: skip
NEW_TYPE = record(
    "name", "base_type_name", name=TEXT, base_type_name=TEXT, description=TEXT, validator=TEXT,
    normalizer=TEXT, transformers=TEXTS, default_transformer=TEXT,
)  # fmt: skip
BUNDLE = record("name", "code", name=TEXT, code=TEXT, description=TEXT, exports=MAP)
ACTION = record("name", "function", "role", name=TEXT, function=TEXT, role=TEXT, description=TEXT)
HTTP_CALL = record(
    "request", template_variables=MAP, include_response_body=FLAG,
    request=record("url", "method", url=TEXT, method=TEXT, headers=MAP, body=TEXT),
)  # fmt: skip
HTTP_ANSWER = record("status_code", "headers", status_code=WHOLE, headers=MAP, body=TEXT)
HEALTH = record("status", status=TEXT)

PARAMETERS: Mapping[str, tuple[Schema, str]] = {
    "reason": ({"type": "string", "enum": [*REASONS]}, "Why the data is touched."),
    "adhoc_reason": (TEXT, "The reason in words; required when reason is Other."),
    "custom_audit": (TEXT, "Goes into the audit as it is."),
    "reload_cache": (FLAG, "Load the schemas anew before the call."),
    "format": ({"type": "string", "enum": ["json", "pvschema"]}, "The form of collections."),
    "options": (TEXTS, "Switches of the operation."),
    "expiration_secs": (
        {"type": "string", "pattern": "^[0-9]*$"},
        "Seconds from now; empty for never; absent for the default, or unchanged.",
    ),
    "import": (FLAG, "Built-in times in the body are honoured."),
    "export_key": (TEXT, "Opens the values of an import."),
    "export": (FLAG, "Values go out sealed under the export key."),
    "props": (TEXTS, "property or property.transformer."),
    "ids": (TEXTS, "Objects by id: all of them or none."),
    "page_size": (WHOLE, "At most the configured number."),
    "cursor": (TEXT, "Where the page before ended."),
    "token_ids": (TEXTS, "Tokens by id."),
    "object_ids": (TEXTS, "Tokens by object."),
    "tags": (TEXTS, "Tokens by tag, or tags of a ciphertext."),
    "tenant_id": (TEXT, "Deprecated: use X-Tenant-Id."),
    "token_types": (TEXTS, "Only tokens of these types."),
    "transaction_id": (TEXT, "A name for this call, good once."),
    "prop": (TEXT, "A property of type BLOB."),
    "type": ({"type": "string", "enum": ["randomized", "deterministic"]}, "How it is sealed."),
    "scope": (TEXT, "What the ciphertext is bound to."),
    "bundle": (TEXT, "Only types that depend on it."),
    "filter": (
        {"type": "string", "enum": ["objects_only", "tokens_only", "transaction_ids_only"]},
        "Only one kind.",
    ),
    "dry_run": (FLAG, "Count, and erase nothing."),
    "X-Tenant-Id": (TEXT, "A comma list of tenants that the request is restricted to."),
    "X-Trans-Param": (TEXT, "Handed to transformations."),
    "X-Pvault-Request-ID": (TEXT, "The caller's own trace id; it comes back."),
    "X-Pvault-Delegation": (
        TEXT,
        "A signed token of a role that trusts the caller's: the call runs as that role.",
    ),
}
EVERYWHERE = ("X-Pvault-Request-ID",)
SIGNED_IN = ("X-Pvault-Delegation",)
CONTROL = ("custom_audit",)
WHY = ("reason", "adhoc_reason", "custom_audit", "reload_cache")
DATA = (*WHY, "X-Tenant-Id")
WRITE = (*DATA, "expiration_secs", "import", "export_key")
READ = (*DATA, "X-Trans-Param", "props", "options")
PAGED = ("page_size", "cursor")
FILTERS = ("token_ids", "object_ids", "tags")
READING = ("unsafe", "show_builtins", "archived")


@dataclass(frozen=True, slots=True)
class Operation:
    """One row. ``body`` and ``answer`` are None where there is none."""

    id: str
    summary: str
    parameters: tuple[str, ...] = CONTROL
    body: Schema | None = None
    answer: Schema | None = None
    takes: tuple[str, ...] = JSON
    gives: tuple[str, ...] = JSON
    options: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    is_public: bool = False


_SHOWN = (*CONTROL, "format", "options")
_BUILTINS = ("show_builtins",)
_ARCHIVED = ("archived",)
_NAME = record("name", name=TEXT)

OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("ControlHealthView", "get"): Operation(
        "control-health", "Is it up", (), None, HEALTH, is_public=True),
    ("DataHealthView", "get"): Operation(
        "data-health", "Is it up", (), None, HEALTH, is_public=True),
    ("VersionView", "get"): Operation(
        "get-vault-version", "Which release it is", CONTROL, None,
        record("vault_id", "vault_version", "db_schema_version", vault_id=TEXT,
               vault_version=TEXT, db_schema_version=WHOLE)),
    ("CollectionsView", "get"): Operation(
        "list-collections", "All collections", _SHOWN, None, many(COLLECTION), gives=SCHEMA_TEXT,
        options=_BUILTINS),
    ("CollectionsView", "post"): Operation(
        "add-collection", "Make a collection", _SHOWN, COLLECTION, COLLECTION, SCHEMA_TEXT,
        SCHEMA_TEXT, _BUILTINS),
    ("CollectionView", "get"): Operation(
        "get-collection", "One collection", _SHOWN, None, COLLECTION, gives=SCHEMA_TEXT,
        options=_BUILTINS),
    ("CollectionView", "patch"): Operation(
        "update-collection", "Add and change properties", _SHOWN, COLLECTION, COLLECTION,
        SCHEMA_TEXT, SCHEMA_TEXT, _BUILTINS),
    ("CollectionView", "delete"): Operation("delete-collection", "Delete it with all in it"),
    ("PropertiesView", "get"): Operation(
        "list-collection-properties", "All properties", (*CONTROL, "options"), None,
        many(PROPERTY), options=_BUILTINS),
    ("PropertyView", "get"): Operation(
        "get-collection-property", "One property", CONTROL, None, PROPERTY),
    ("PropertyView", "post"): Operation(
        "add-collection-property", "Add a property", CONTROL, PROPERTY, PROPERTY),
    ("PropertyView", "patch"): Operation(
        "update-collection-property", "Change a property", CONTROL, MAP, PROPERTY),
    ("PropertyView", "delete"): Operation(
        "delete-collection-property", "Take a property away, with its values"),
    ("TypesView", "get"): Operation(
        "list-data-types", "Data types", (*CONTROL, "bundle", "options"), None, many(DATA_TYPE),
        options=_BUILTINS),
    ("TypeView", "get"): Operation("get-data-type", "One data type", CONTROL, None, DATA_TYPE),
    ("TypesView", "post"): Operation(
        "add-data-type", "Make a data type", CONTROL, NEW_TYPE, DATA_TYPE),
    ("TypeView", "patch"): Operation(
        "update-data-type", "Change a data type", CONTROL, MAP, DATA_TYPE),
    ("TypeView", "delete"): Operation("delete-data-type", "Delete a data type"),
    ("BundlesView", "get"): Operation("list-bundles", "All bundles", CONTROL, None, many(BUNDLE)),
    ("BundlesView", "post"): Operation("add-bundle", "Store code", CONTROL, BUNDLE, BUNDLE),
    ("BundleView", "get"): Operation("get-bundle", "One bundle", CONTROL, None, BUNDLE),
    ("BundleView", "patch"): Operation("update-bundle", "Replace code", CONTROL, MAP, BUNDLE),
    ("BundleView", "delete"): Operation(
        "delete-bundle", "Delete code", (*CONTROL, "options"), options=("force",)),
    ("ActionsView", "get"): Operation("list-actions", "All actions", CONTROL, None, many(ACTION)),
    ("ActionsView", "post"): Operation("add-action", "Make an action", CONTROL, ACTION, ACTION),
    ("ActionView", "get"): Operation(
        "get-action-by-name", "One action", CONTROL, None, ACTION),
    ("ActionView", "delete"): Operation("delete-action", "Delete an action"),
    ("InvokeView", "post"): Operation("invoke-action", "Run an action", WHY, ANY, ANY),
    ("HttpCallView", "post"): Operation(
        "invoke-http-call-action", "Send values elsewhere", WHY, HTTP_CALL, HTTP_ANSWER),
    ("ObjectsView", "get"): Operation(
        "list-objects", "Objects by id or by page", (*READ, "ids", "export", *PAGED), None, PAGE,
        options=READING),
    ("ObjectsView", "post"): Operation("add-object", "Add an object", WRITE, MAP, ID),
    ("ObjectView", "get"): Operation(
        "get-object-by-id", "One object", READ, None, MAP, options=READING),
    ("ObjectView", "patch"): Operation(
        "update-object-by-id", "Change an object", (*WRITE, "options"), MAP, options=_ARCHIVED),
    ("ObjectView", "delete"): Operation(
        "delete-object-by-id", "Erase an object", (*DATA, "options"), options=_ARCHIVED),
    ("BulkObjectsView", "post"): Operation("add-objects", "Add objects", WRITE, many(MAP), BULK),
    ("BulkObjectsView", "patch"): Operation(
        "update-objects", "Change objects", (*WRITE, "options"), many(ID), BULK,
        options=_ARCHIVED),
    ("BulkObjectsView", "delete"): Operation(
        "delete-objects", "Erase objects", (*DATA, "options"), many(ID), BULK, options=_ARCHIVED),
    ("SearchObjectsView", "post"): Operation(
        "search-objects", "Objects by value", (*READ, *PAGED),
        record(match=MAP, **{"in": MAP}, like=MAP), PAGE, options=READING),
    ("CountObjectsView", "get"): Operation(
        "get-objects-count", "How many objects", WHY, None, COUNT),
    ("TokensView", "post"): Operation(
        "tokenize", "Tokens for values", (*DATA, "expiration_secs", "transaction_id"),
        many(SOURCE), many(record("token_id", token_id=TEXT))),
    ("TokensView", "get"): Operation(
        "detokenize", "Values for tokens",
        (*DATA, *FILTERS, "X-Trans-Param", "props", "options"), None,
        many(record("token_id", "fields", token_id=TEXT, fields=MAP)),
        options=("include_metadata", "include_aggregated_data")),
    ("TokensView", "patch"): Operation(
        "update-tokens", "Change tokens", (*DATA, *FILTERS, "expiration_secs", "options"), MAP,
        options=_ARCHIVED),
    ("TokensView", "delete"): Operation(
        "delete-tokens", "Erase tokens", (*DATA, *FILTERS, "tenant_id", "options"),
        options=_ARCHIVED),
    ("RotateTokensView", "post"): Operation(
        "rotate-tokens", "New ids for tokens", (*DATA, "token_ids"), None, MAP,
        required=("token_ids",)),
    ("SearchTokensView", "post"): Operation(
        "search-tokens", "What is known of tokens", (*DATA, "options"),
        record(token_ids=TEXTS, object_ids=TEXTS, tags=TEXTS), many(METADATA),
        options=("archived", "include_aggregated_data")),
    ("CountTokensView", "get"): Operation("get-tokens-count", "How many tokens", WHY, None, COUNT),
    ("TransactionView", "get"): Operation(
        "get-by-transaction-id", "What a call made", WHY, None, record("ref_ids", ref_ids=TEXTS)),
    ("ExportTokensView", "get"): Operation(
        "export-tokens", "Tokens to take elsewhere", (*WHY, "token_types", *PAGED), None, PAGE),
    ("ImportTokensView", "post"): Operation(
        "import-tokens", "Tokens from elsewhere", (*WHY, "export_key"), many(MAP), BULK),
    ("EncryptView", "post"): Operation(
        "encrypt", "Seal values", (*DATA, "expiration_secs"), many(SOURCE), CIPHERTEXTS),
    ("EncryptView", "patch"): Operation(
        "update-encrypted", "Seal anew with changes", (*DATA, "expiration_secs", "options"),
        many(SEALED), CIPHERTEXTS, options=_ARCHIVED),
    ("DecryptView", "post"): Operation(
        "decrypt", "Open ciphertexts", (*DATA, "X-Trans-Param", "options"), many(SEALED),
        many(record("fields", fields=MAP)), options=("archived", "include_metadata")),
    ("EncryptBlobView", "post"): Operation(
        "encrypt-blob", "Seal bytes", (*WHY, "prop", "type", "scope", "tags", "expiration_secs"),
        BYTES, BYTES, OCTETS, OCTETS, required=("prop",)),
    ("DecryptBlobView", "post"): Operation(
        "decrypt-blob", "Open bytes", (*WHY, "prop", "scope", "options"), BYTES, BYTES, OCTETS,
        OCTETS, _ARCHIVED, ("prop",)),
    ("HashView", "post"): Operation(
        "hash-objects", "Ids that values have", WHY, many(SOURCE),
        many(record("token_id", token_id=TEXT))),
    ("ConfView", "get"): Operation(
        "get-iam-conf", "Who may do what", CONTROL, None, TEXT, gives=TOML),
    ("ConfView", "post"): Operation(
        "set-iam-conf", "Replace who may do what", CONTROL, TEXT, takes=TOML),
    ("UserView", "get"): Operation(
        "get-user", "When a key ends", CONTROL, None, record("name", "api_key", name=TEXT,
                                                             api_key=MAP)),
    ("RegenerateView", "post"): Operation(
        "regenerate-user-api-key", "A new key", CONTROL, _NAME,
        record("api_key", "api_key_expiry", api_key=TEXT)),
    ("ExpirationView", "post"): Operation(
        "update-api-key-expiration", "When a key is to end", CONTROL,
        record("name", "expiration_secs", name=TEXT, expiration_secs=WHOLE), _NAME),
    ("AdminKeyView", "post"): Operation(
        "set-admin-api-key", "The key of Admin", CONTROL, record("key", key=TEXT)),
    ("VariablesView", "delete"): Operation("clear-all-conf-vars", "Every switch to its default"),
    ("VariableView", "get"): Operation(
        "get-conf-var", "One switch", CONTROL, None,
        record("name", "value", "default_value", name=TEXT, value=TEXT, default_value=TEXT)),
    ("VariableView", "post"): Operation(
        "set-conf-var", "Set a switch", CONTROL, record("value", value=TEXT)),
    ("ClusterView", "get"): Operation(
        "get-cluster-info", "The schema's generation", CONTROL, None,
        record("vault", "workers", vault=MAP, workers=many(MAP))),
    ("ConfigurationView", "get"): Operation(
        "get-configuration", "The settings in force", CONTROL, None, TEXT, gives=TOML),
    ("LicenseView", "get"): Operation(
        "get-license", "The licence", CONTROL, None, record("key", "expiration", key=TEXT)),
    ("LicenseView", "post"): Operation(
        "set-license", "Set the licence", CONTROL, record("key", key=TEXT)),
    ("KmsView", "get"): Operation(
        "get-kms", "How the root key's keeper stands", CONTROL, None, record("kms", kms=MAP)),
    ("ExportKeyView", "get"): Operation(
        "get-export-key", "The export key, wrapped", CONTROL, None,
        record("export_key", export_key=TEXT)),
    ("RotateKeysView", "post"): Operation("rotate-keys", "New data keys"),
    ("GarbageView", "post"): Operation(
        "garbage-collection", "Clear old archives away", (*WHY, "filter", "dry_run"), None,
        many(record("collection_name", "collection_type", "count", collection_name=TEXT,
                    collection_type=TEXT, count=WHOLE))),
    ("TriggerErrorView", "post"): Operation("trigger-error", "An error, to try", CONTROL, ANY),
    ("AnalysisContainsView", "post"): Operation("analysis-contains", "Not offered", WHY, MAP, ANY),
    ("AnalysisLocateView", "post"): Operation("analysis-locate", "Not offered", WHY, MAP, ANY),
}  # fmt: skip
