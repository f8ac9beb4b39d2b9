"""Bundles of the team's own JavaScript: list, add, get, update, delete."""

from __future__ import annotations

import binascii
from base64 import b64decode
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import connection

from collections_app.code_errors import code_missing, code_refused, in_use
from collections_app.errors import bad_request, exists
from collections_app.models import Action, Bundle, Collection, CustomType, Property
from collections_app.permissions import Capability
from collections_app.schema.functions import Function, function_in, is_code_name, prototypes_in
from collections_app.schema.wire import check_description
from collections_app.services import acting, guard, script_host, tracing
from vaultportal import trail
from vaultportal.identity.actor import Actor


def list_bundles(actor: Actor) -> list[Bundle]:
    """Every bundle, by name.

    Source: Piiano Vault, ``GET /ctl/bundles``.
    """
    guard.require(actor, Capability.CODE_READER)
    return list(Bundle.objects.order_by("name"))


def get_bundle(actor: Actor, name: str) -> Bundle:
    """One bundle; PV1004 when there is none.

    Source: Piiano Vault, ``GET /ctl/bundles/{bundle}``.
    """
    guard.require(actor, Capability.CODE_READER)
    return find(name)


def add_bundle(actor: Actor, name: str, encoded: str, description: str = "") -> Bundle:
    """Store code, once it was evaluated for what it exports.

    encoded: base64 of UTF-8 JavaScript.

    Raises:
        Invalid: PV9013 for the code, PV1012. Conflict: PV9001. Disabled: PV1003.

    Source: Piiano Vault, ``POST /ctl/bundles``.
    """
    guard.require(actor, Capability.CODE_WRITER)
    if not is_code_name(name):
        raise bad_request("name", "must be a letter, then letters, digits and underscores")
    check_description(description)
    code = decode(encoded)
    exports = script_host.describe(name, code)
    return _store(actor, Bundle(name=name, description=description), code, exports)


@trail.unit()
def _store(actor: Actor, row: Bundle, code: str, exports: dict[str, Any]) -> Bundle:
    lock()
    if Bundle.objects.filter(name=row.name).exists():
        raise exists("bundle", row.name)
    _put(row, code, exports)
    row.save(force_insert=True)
    _record(actor, "bundle.add", row)
    return row


def update_bundle(
    actor: Actor, name: str, *, encoded: str | None = None, description: str | None = None
) -> Bundle:
    """Replace the code or the description; None leaves either.

    What was exported must go on being exported, as the same type: others may refer to it. New code
    runs with the roles of the actions that are made of the bundle, and switches those on again that
    were off for the time that they took.

    Raises:
        Invalid: PV9013. NotFound: PV1004.
        Forbidden: PV1007 too for new code of an action whose role is not the actor's to lend.

    Source: Piiano Vault, ``PATCH /ctl/bundles/{bundle}``.
    """
    guard.require(actor, Capability.CODE_WRITER)
    find(name)
    if description is not None:
        check_description(description)
    code = None if encoded is None else decode(encoded)
    exports = None if code is None else script_host.describe(name, code)
    return _replace(actor, name, code, exports, description)


@trail.unit()
def _replace(
    actor: Actor,
    name: str,
    code: str | None,
    exports: dict[str, Any] | None,
    description: str | None,
) -> Bundle:
    lock()
    row = find(name)
    if code is not None and exports is not None:
        for action in Action.objects.filter(bundle=row).select_related("role"):
            acting.require_no_more(actor, action.role)
        new = prototypes_in(exports)
        for function, prototype in prototypes_in(row.exports).items():
            if new.get(function, {}).get("type") != prototype["type"]:
                raise code_refused(
                    "The new code must export all that the old one does.", function=function
                )
        before = row.digest
        _put(row, code, exports)
        if row.digest != before:  # what the old code did says nothing of the new
            Action.objects.filter(bundle=row).update(timeouts=0, disabled_at=None)
    if description is not None:
        row.description = description
    row.save()
    _record(actor, "bundle.update", row)
    return row


@trail.unit()
def delete_bundle(actor: Actor, name: str, *, force: bool = False) -> None:
    """Delete a bundle that nothing refers to.

    force: data types that refer to it and that no property has go with it.

    Raises:
        Conflict: PV9002, an action or a data type refers to it. NotFound: PV1004.

    Source: Piiano Vault, ``DELETE /ctl/bundles/{bundle}``.
    """
    guard.require(actor, Capability.CODE_WRITER)
    lock()
    row = find(name)
    if Action.objects.filter(bundle=row).exists():
        raise in_use("bundle", name)
    types = [each for each in CustomType.objects.select_for_update() if name in each.bundle_names]
    if types and not force:
        raise in_use("bundle", name)
    for each in types:
        if is_type_used(each.name):
            raise in_use("data type", each.name)
        each.delete()
    row.delete()
    trail.record(
        actor,
        "bundle.delete",
        trail.Target("bundle", str(row.id), name),
        **tracing.listed("types", sorted(each.name for each in types)),
    )


def decode(encoded: str) -> str:
    """The JavaScript in base64; PV9013 for anything else, or too much of it."""
    try:
        raw = b64decode(encoded, validate=True)
        code = raw.decode()
    except (binascii.Error, ValueError):
        raise code_refused("The code must be base64 of UTF-8 text.") from None
    if len(raw) > settings.PORTAL_ACTIONS_CODE_KIB * 1024:
        raise code_refused(
            f"The code must have at most {settings.PORTAL_ACTIONS_CODE_KIB} KiB.", limit="code"
        )
    if "\0" in code:
        raise code_refused("The code must not hold the NUL character.")
    return code


def lock() -> None:
    """One change of bundles, types or actions at a time, until the transaction ends.

    They refer to each other by name, so two changes that cross could leave a name without a thing.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('collections.code'))")


def find(name: str) -> Bundle:
    """The bundle, or PV1004."""
    row = None if "\0" in name else Bundle.objects.filter(name=name).first()
    if row is None:
        raise code_missing("bundle")
    return row


def function_of(reference: str, kind: str) -> Function:
    """The function that ``bundle.function`` names, of the kind; PV1004 when there is none."""
    bundle, _, name = reference.partition(".")
    row = find(bundle)
    found = in_bundle(row, name)
    if found is None or found.kind != kind:
        raise code_missing("function")
    return found


def in_bundle(row: Bundle, name: str) -> Function | None:
    """The function ``name`` of the bundle, with its code."""
    return function_in(row.exports, bundle=row.name, name=name, digest=row.digest, code=row.code)


def is_type_used(name: str) -> bool:
    """Whether a property of a collection that is there has the type."""
    used = Property.objects.filter(data_type_name=name, collection__in=Collection.objects.live())
    return used.exists()


def _put(row: Bundle, code: str, exports: dict[str, Any]) -> None:
    row.code = code
    row.digest = sha256(code.encode()).hexdigest()
    row.exports = exports


def _record(actor: Actor, action: str, row: Bundle) -> None:
    trail.record(
        actor,
        action,
        trail.Target("bundle", str(row.id), row.name),
        digest=row.digest,
        **tracing.listed("functions", sorted(prototypes_in(row.exports))[:100]),
    )
