"""The refusals that only collections know: their reasons, which the dialect gives PV codes.

Each is a function so that the words stand in one place. A message names properties, collections and
identifiers, never a value.
"""

from __future__ import annotations

from collections.abc import Iterable

from vaultportal.errors import (
    Conflict,
    Disabled,
    Fault,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    Unavailable,
)
from vaultportal.identity.permissions import PermissionEnum

TIMED_OUT = "timeout"


def reason_missing() -> Invalid:
    """PV1001."""
    return Invalid(
        message="The access reason is missing.", reason="reason.missing", context={"reason": None}
    )


def adhoc_reason_missing() -> Invalid:
    """PV1001: the reason ``Other`` says nothing without its text."""
    return Invalid(
        message="The reason Other needs an adhoc_reason.",
        reason="reason.missing",
        context={"reason": None},
    )


def reason_unknown(names: Iterable[str]) -> Invalid:
    """PV1002."""
    return Invalid(
        message=f"The access reason must be one of {', '.join(names)}.",
        reason="reason.unknown",
        context={"reason": "reason"},
    )


def bad_request(field: str, message: str) -> Invalid:
    """PV1012: the request does not follow the API's schema."""
    return Invalid(
        message=f"{field} {message}.",
        faults=(Fault(field, "format", message),),
        context={"field": field},
    )


def capability_missing(
    username: str, capability: PermissionEnum | None = None, collection: str = ""
) -> Forbidden:
    """PV1007. capability, collection: what was missing on what, for the portal's own pages."""
    context: dict[str, str | None] = {"username": username}
    if capability is not None:
        context |= {"permission": capability.full_name, "thing": collection or None}
    return Forbidden(
        message="The operation is forbidden due to missing capabilities.",
        reason="capability",
        context=context,
    )


def policy_refused(username: str) -> Forbidden:
    """PV1006."""
    return Forbidden(
        message="The operation is forbidden by the policies of the role.",
        reason="policy",
        context={"username": username},
    )


def tenant_refused() -> Forbidden:
    """PV9007."""
    return Forbidden(
        message="The request touches an object of another tenant.", reason="tenant.violation"
    )


def tenant_unclear() -> Invalid:
    """PV9007 with 400: several tenants are allowed and the object names none of them."""
    return Invalid(
        message="_tenant_id must name one of the tenants in X-Tenant-Id.", reason="tenant.unclear"
    )


def collection_missing() -> NotFound:
    """PV1004."""
    return resource_missing("collection")


def resource_missing(noun: str) -> NotFound:
    """PV1004 for whatever the control plane names."""
    return NotFound(noun, reason="collection.missing")


def property_missing(name: str) -> NotFound:
    """PV3004."""
    return NotFound("property", reason="property.missing", context={"property": name})


def objects_missing(ids: Iterable[str]) -> NotFound:
    """PV3005; a client compares the whole sentence."""
    joined = ",".join(ids)
    return NotFound(
        "object",
        f"One or more Objects is not found: {joined}. For more details, view the logs.",
        reason="object.missing",
        context={"ids": joined},
    )


def unresolved(context: dict[str, str]) -> NotFound:
    """PV3003: an object or property that a token or ciphertext is asked for is not there."""
    return NotFound(
        "value", "One or more values are invalid.", reason="value.unresolved", context=dict(context)
    )


def bad_value(name: str, message: str) -> Invalid:
    """PV3002."""
    return Invalid(
        message=f"The value of {name} {message}.",
        reason="value.invalid",
        faults=(Fault(name, "format", message),),
        context={"property": name},
    )


def value_required(names: Iterable[str]) -> Invalid:
    """PV9004."""
    joined = ",".join(names)
    return Invalid(
        message=f"A value is required for {joined}.",
        reason="value.required",
        context={"properties": joined},
    )


def readonly(name: str) -> Invalid:
    """PV9005."""
    return Invalid(
        message=f"{name} is read-only or built in.",
        reason="property.readonly",
        faults=(Fault(name, "readonly", "is read-only or built in"),),
        context={"property": name},
    )


def unique_taken(names: Iterable[str]) -> Conflict:
    """PV9003."""
    joined = ",".join(names)
    return Conflict(
        "object",
        f"Another active object has the same value of {joined}.",
        reason="value.taken",
        context={"properties": joined},
    )


def exists(noun: str, name: str) -> Conflict:
    """PV9001."""
    return Conflict(noun, f"The {noun} already exists.", reason="name.taken", context={noun: name})


def schema_change(message: str, **context: str) -> Invalid:
    """PV9006."""
    return Invalid(message=message, reason="schema.change", context=context)


def bad_size(name: str, most: int) -> Invalid:
    """PV9012."""
    return Invalid(
        message=f"{name} must be from 1 to {most}.", reason="size", context={"field": name}
    )


def erased() -> Gone:
    """PV1033: the row is there, and its key is not."""
    return Gone("object", reason="object.erased")


def concurrent() -> Conflict:
    """PV3218."""
    return Conflict(
        "object", "Concurrent conflicting updates to the same object.", reason="object.concurrent"
    )


def feature_disabled(message: str) -> Disabled:
    """PV1003."""
    return Disabled(message=message, reason="feature.disabled")


def substring_index_building() -> Unavailable:
    """PV3274; clients poll on it."""
    return Unavailable(
        message="The substring index is not built yet.", reason="substring.building", retry_after=1
    )


def not_searchable(name: str, message: str) -> Invalid:
    """PV9016."""
    return Invalid(
        message=f"{name} {message}.", reason="search.refused", context={"property": name}
    )


def property_type_missing() -> Invalid:
    """PV1012: the data type of a property is not known."""
    return bad_request("data_type_name", "must be a known data type")


def ciphertext_refused() -> Invalid:
    """PV9008."""
    return Invalid(
        message="A ciphertext does not open: it is damaged, or of another scope or collection.",
        reason="ciphertext.refused",
    )


def ciphertext_archived() -> Invalid:
    """PV3233."""
    return Invalid(
        message="A ciphertext is archived and archived was not asked for, or the reverse.",
        reason="ciphertext.archived",
    )


def token_missing() -> NotFound:
    """PV3009."""
    return NotFound("token", "No token matches.", reason="token.missing")


def tokens_unknown(ids: Iterable[str]) -> NotFound:
    """PV3087."""
    joined = ",".join(ids)
    return NotFound(
        "token",
        "One or more token IDs are not known.",
        reason="token.unknown",
        context={"token_ids": joined},
    )


def token_refused(message: str) -> Invalid:
    """PV9009."""
    return Invalid(message=message, reason="token.refused")


def tag_taken() -> Conflict:
    """PV9011."""
    return Conflict("token", "Another token of the tenant has this tag.", reason="tag.taken")


def transaction_used() -> Conflict:
    """PV9010."""
    return Conflict("transaction id", "The transaction id was used.", reason="transaction.used")


def timed_out() -> Unavailable:
    """PV1009."""
    return Unavailable(
        message="The operation timed out on the server.", reason=TIMED_OUT, retry_after=1
    )
