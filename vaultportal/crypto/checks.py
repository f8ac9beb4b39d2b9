"""System checks: the root key is the right one and lies apart; no admin shows a sealed field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from vaultportal.crypto import keyring
from vaultportal.crypto.errors import RootKeyRefused
from vaultportal.crypto.fields import VaultField
from vaultportal.errors import Unavailable

if TYPE_CHECKING:
    from django.contrib.admin.options import BaseModelAdmin

_SHOWN = (
    "fields",
    "readonly_fields",
    "list_display",
    "list_editable",
    "list_filter",
    "search_fields",
    "ordering",
    "sortable_by",
)


@register(Tags.database, Tags.security)
def root_key_opens(*, databases: Sequence[str] | None = None, **_: object) -> list[CheckMessage]:
    """Refuse a database whose sealed data this process could not open. A fresh database passes."""
    if not databases or "default" not in databases:
        return []
    try:
        if not keyring.is_fresh():
            keyring.check()
    except (RootKeyRefused, Unavailable) as refusal:
        return [Error(refusal.message, id="crypto.E010")]
    finally:
        keyring.forget()
    return []


@register(Tags.security)
def keys_lie_apart(**_: object) -> list[CheckMessage]:
    """Warn of a key folder in the data folder: a copy of the one would be a copy of the vault."""
    data, keys = (
        getattr(settings, "PORTAL_DATA_DIR", None),
        getattr(settings, "PORTAL_KEY_DIR", None),
    )
    if data and keys and Path(keys).is_relative_to(data):
        hint = "Move it, and point PORTAL_KEY_DIR at the new place."
        return [Warning("The key folder lies in the data folder.", hint=hint, id="crypto.W001")]
    return []


@register(Tags.admin, Tags.security)
def no_admin_shows_vault_fields(
    *, app_configs: Sequence[AppConfig] | None = None, **_: object
) -> list[CheckMessage]:
    """Find vault fields that a registered admin or its inlines would open and show."""
    if not apps.is_installed("django.contrib.admin"):
        return []
    # Imported late: the package needs its app to be installed.
    from django.contrib.admin.sites import all_sites  # noqa: PLC0415

    labels = None if app_configs is None else {config.label for config in app_configs}
    return [
        Error(
            f"{type(admin).__name__} shows the vault field {admin.model._meta.label}.{name}.",
            hint="Offer a separate view that reveals it and leaves a trace.",
            obj=type(admin),
            id="crypto.E003",
        )
        for site in all_sites
        for registered in site._registry.values()
        if labels is None or registered.model._meta.app_label in labels
        for admin in _with_inlines(registered)
        for name in _shown_vault_fields(admin)
    ]


def _with_inlines(registered: Any) -> Iterator[BaseModelAdmin[Any]]:
    yield registered
    for inline in registered.inlines:
        yield inline(registered.model, registered.admin_site)


def _shown_vault_fields(admin: BaseModelAdmin[Any]) -> list[str]:
    vault = {
        field.name for field in admin.model._meta.get_fields() if isinstance(field, VaultField)
    }
    named = {name for attribute in _SHOWN for name in _names(getattr(admin, attribute, None))}
    named |= {
        name for _, options in admin.fieldsets or () for name in _names(options.get("fields"))
    }
    return sorted(vault & named)


def _names(declared: Any) -> Iterator[str]:
    """Field names of any admin option: nested tuples, ``-name``, ``^name``, ``relation__name``."""
    if isinstance(declared, str):
        yield declared.lstrip("-^=@").partition("__")[0]
    elif isinstance(declared, (list, tuple)):
        for part in declared:
            yield from _names(part)
