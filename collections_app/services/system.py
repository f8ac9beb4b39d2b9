"""The system plane: switches, keys, what the vault is and how it stands."""

from __future__ import annotations

from typing import Any

import tomlkit
from django.conf import settings

from collections_app import catalog, lifecycle
from collections_app.errors import bad_request, resource_missing
from collections_app.models import Collection, ConfigurationVariable
from collections_app.permissions import Capability
from collections_app.schema.timestamps import wire_time
from collections_app.services import export, guard
from vaultportal import trail
from vaultportal.crypto import keyring, rotation
from vaultportal.crypto.models import DataKey, KeyState
from vaultportal.crypto.providers import registry
from vaultportal.directory import options
from vaultportal.identity.actor import Actor

FILTERS = (lifecycle.OBJECTS, lifecycle.TOKENS, lifecycle.TRANSACTION_IDS)
# Name → default and the values it may have.
VARIABLES = {
    "log_level": ("info", ("debug", "info", "warn", "error")),
    "trace_sql": ("false", ("true", "false")),
}
_SHOWN = {
    "db": {
        "max_string_length": "PVAULT_DB_MAX_STRING_LENGTH",
        "max_blob_length": "PVAULT_DB_MAX_BLOB_LENGTH",
        "max_token_tags": "PVAULT_DB_MAX_TOKEN_TAGS",
        "gc_retention_hours": "PVAULT_DB_GC_RETENTION_HOURS",
    },
    "features": {
        "disable_cc_luhn_validation": "PVAULT_FEATURES_DISABLE_CC_LUHN_VALIDATION",
        "disable_javascript": "PVAULT_FEATURES_DISABLE_JAVASCRIPT",
    },
    "service": {
        "default_page_size": "PVAULT_SERVICE_DEFAULT_PAGE_SIZE",
        "max_page_size": "PVAULT_SERVICE_MAX_PAGE_SIZE",
        "max_pagination_remaining_count": "PVAULT_SERVICE_MAX_PAGINATION_REMAINING_COUNT",
        "force_access_reason": "PVAULT_SERVICE_FORCE_ACCESS_REASON",
        "timeout_seconds": "PVAULT_SERVICE_TIMEOUT_SECONDS",
        "archive_prune_interval": "PVAULT_SERVICE_ARCHIVE_PRUNE_INTERVAL",
        "substring_index_refresh_interval": "PVAULT_SERVICE_SUBSTRING_INDEX_REFRESH_INTERVAL",
    },
    "expiration": {
        "associated_objects": "PVAULT_EXPIRATION_ASSOCIATED_OBJECTS",
        "unassociated_objects": "PVAULT_EXPIRATION_UNASSOCIATED_OBJECTS",
        "tokens": "PVAULT_EXPIRATION_TOKENS",
    },
}


def get_variable(actor: Actor, name: str) -> tuple[str, str]:
    """Value and default of a switch; PV1004 for an unknown one.

    Source: Piiano Vault, ``GET /system/confvar/{name}``.
    """
    guard.require(actor, Capability.CONFVAR_READER)
    default, _ = _variable(name)
    row = ConfigurationVariable.objects.filter(pk=name).first()
    return (row.value if row is not None else default), default


@trail.unit()
def set_variable(actor: Actor, name: str, value: str) -> None:
    """Set a switch.

    Source: Piiano Vault, ``POST /system/confvar/{name}``.
    """
    guard.require(actor, Capability.CONFVAR_WRITER)
    _, allowed = _variable(name)
    if value not in allowed:
        raise bad_request("value", f"must be one of {', '.join(allowed)}")
    ConfigurationVariable.objects.update_or_create(name=name, defaults={"value": value})
    trail.record(actor, "confvar.set", trail.Target("confvar", name, name), value=value)


@trail.unit()
def clear_variables(actor: Actor) -> None:
    """Let every switch have its default again.

    Source: Piiano Vault, ``DELETE /system/confvar``.
    """
    guard.require(actor, Capability.CONFVAR_WRITER)
    ConfigurationVariable.objects.all().delete()
    trail.record(actor, "confvar.clear", trail.Target("confvar", "", "all"))


def _variable(name: str) -> tuple[str, tuple[str, ...]]:
    if name not in VARIABLES:
        raise resource_missing("configuration variable")
    return VARIABLES[name]


def cluster(actor: Actor) -> dict[str, Any]:
    """The generation of the schema; processes compare it with every statement, so all are current.

    Source: Piiano Vault, ``GET /ctl/info/cluster``.
    """
    guard.require(actor, Capability.CLUSTER_INFO_READER)
    newest = Collection.objects.order_by("-modified_at").first()
    return {
        "vault": {
            "generation_number": catalog.epoch(),
            "modified_at": wire_time(newest.modified_at) if newest else None,
        },
        "workers": [],
    }


def configuration(actor: Actor) -> str:
    """The settings in force, as TOML; no secret is among them.

    Source: Piiano Vault, ``GET /system/info/configuration``.
    """
    guard.require(actor, Capability.INFO_READER)
    document = tomlkit.document()
    document.add("devmode", settings.PVAULT_DEVMODE)
    for section, names in _SHOWN.items():
        table = tomlkit.table()
        for key, name in names.items():
            table.add(key, getattr(settings, name))
        if section == "service":
            table.add("admin_may_read_data", options.get(options.ADMIN_MAY_READ_DATA))
        document.add(section, table)
    kms = tomlkit.table()
    kms.add("export_configured", export.is_available())
    document.add("kms", kms)
    return tomlkit.dumps(document)


def kms(actor: Actor) -> dict[str, Any]:
    """How the keeper of the root key stands.

    Source: Piiano Vault, ``GET /system/info/kms``.
    """
    guard.require(actor, Capability.KMS_READER)
    status = "pass" if registry.provider().health().ok else "fail"
    answer: dict[str, Any] = {"kms": {"status": status, "type": "LOCAL"}}
    if export.is_available():
        answer["kms_export"] = {"status": "pass", "type": "LOCAL"}
    return answer


@trail.unit()
def export_key(actor: Actor) -> str:
    """The export key, wrapped; PV1003 without a seed.

    Source: Piiano Vault, ``GET /system/admin/export_key``.
    """
    guard.require(actor, Capability.EXPORT_KEY_READER)
    wrapped = export.wrapped_key()
    trail.record(actor, "export_key.read", trail.Target("export_key", "", "export key"))
    return wrapped


def rotate_keys(actor: Actor) -> None:
    """New data keys for every collection: what is written from now on is sealed under them.

    Nothing is sealed anew; the old keys go on opening what they sealed.

    Source: Piiano Vault, ``POST /system/admin/keys/rotate``.
    """
    guard.require(actor, Capability.KMS_WRITER)
    active = DataKey.objects.filter(state=KeyState.ACTIVE)
    present = set(active.values_list("scope", flat=True))
    scopes = [row.scope for row in Collection.objects.live() if row.scope in present]
    for scope in scopes:
        rotation.rotate_data_key(scope)
    with trail.unit():
        trail.record(actor, "key.rotate", trail.Target("key", "", "collections"), count=len(scopes))


def vault_id() -> str:
    """Who this vault is."""
    return keyring.instance_id().hex()


@trail.unit()
def collect_garbage(actor: Actor, *, only: str, dry_run: bool) -> list[lifecycle.Collected]:
    """Erase what has been archived longer than the retention; with ``dry_run`` only count it.

    Source: Piiano Vault, ``POST /system/admin/lifecycle/gc``.
    """
    guard.require(actor, Capability.SYSTEM_GC_RUNNER)
    found = lifecycle.collect_garbage(only=only, dry_run=dry_run)
    trail.record(
        actor,
        "gc.run",
        trail.Target("gc", "", only or "all"),
        count=sum(each.count for each in found),
        dry_run=dry_run,
    )
    return found
