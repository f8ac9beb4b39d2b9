"""Replace keys while everything stays readable.

Each step is one transaction that says in its rows what is left to do, so a job that was killed is
simply run again. Rotations refuse to run inside a transaction of their caller.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from vaultportal.crypto import keyring, rewrap, roots
from vaultportal.crypto.errors import KeyGone, UnknownKey
from vaultportal.crypto.message import KEY_BYTES
from vaultportal.crypto.models import DataKey, KeyScope, KeyState, ObjectKey, RootKeyVersion
from vaultportal.crypto.providers import registry
from vaultportal.crypto.ring import wrap_data_key
from vaultportal.errors import Conflict

BATCH = 500
# Longer than any transaction that may still seal under the version before.
SETTLES = timedelta(hours=1)


def promote_root_key() -> RootKeyVersion:
    """Let a newer root key wrap from now on: the provider's newest, or one made for it.

    With a rotation half done it does nothing: finish that one first (``rewrap_data_keys``).

    Raises:
        RootKeyRefused: the provider does not make keys; the message says how to add one.
    """
    provider = registry.provider()
    keyring.check()
    instance = keyring.instance_id()
    with transaction.atomic(durable=True):
        # Waits for processes that are just wrapping a new data key, and lets no second rotation in.
        active = RootKeyVersion.objects.select_for_update().get(state=KeyState.ACTIVE)
        if rewrap.data_keys_to_rewrap().exists():
            return active
        provider.prepare(fresh=False)
        same_family = active.provider == provider.family
        version = provider.current_version()
        if same_family and version <= active.version:
            version = provider.add_version()
        row = roots.row_for(instance, provider, version, KeyState.ACTIVE)
        RootKeyVersion.objects.filter(pk=active.pk).update(state=KeyState.DECRYPT_ONLY)
        promoted, _ = RootKeyVersion.objects.update_or_create(
            provider=row.provider,
            version=row.version,
            defaults={"label": row.label, "state": row.state, "sentinel": row.sentinel},
        )
    keyring.forget()
    return promoted


def rotate_data_key(scope: str) -> int:
    """A new version of the scope's key seals from now on, everywhere within a second; its number.

    Raises:
        UnknownKey: the scope has no key.
        KeyGone: all of its keys are destroyed.
    """
    instance = keyring.instance_id()
    with transaction.atomic(durable=True):
        root = RootKeyVersion.objects.select_for_update().get(state=KeyState.ACTIVE)
        versions = DataKey.objects.select_for_update().filter(scope=scope)
        active = next((row for row in versions if row.state == KeyState.ACTIVE), None)
        if active is None:
            raise KeyGone if versions else UnknownKey
        version = max(row.version for row in versions) + 1
        kek = (root.provider, root.version)
        secret = secrets.token_bytes(KEY_BYTES)
        wrapped = wrap_data_key(instance, scope, version, secret, kek)
        DataKey.objects.filter(pk=active.pk).update(state=KeyState.DECRYPT_ONLY)
        DataKey.objects.create(
            scope=scope,
            version=version,
            state=KeyState.ACTIVE,
            wrapped=wrapped,
            provider=root.provider,
            kek_version=root.version,
        )
    keyring.refresh()
    return version


def refuse_below(scope: str, version: int) -> None:
    """Open no version below ``version`` any more, although the keys are still there."""
    newest = DataKey.objects.filter(scope=scope).aggregate(newest=Max("version"))["newest"]
    if newest is None or version > newest:
        raise UnknownKey
    KeyScope.objects.update_or_create(scope=scope, defaults={"min_open_version": version})
    keyring.refresh()


def destroy_data_key(scope: str, version: int) -> None:
    """Forget a version for good: what is sealed under it stays sealed.

    Raises:
        Conflict: it is the active version, object keys are still wrapped by it, or it was active
            less than ``SETTLES`` ago.
    """
    with transaction.atomic():
        row = DataKey.objects.select_for_update().filter(scope=scope, version=version).first()
        if row is None:
            raise UnknownKey
        if row.state == KeyState.ACTIVE:
            raise Conflict("key", "The active version of a key is not destroyed: rotate it first.")
        later = DataKey.objects.filter(scope=scope, version__gt=version).order_by("version").first()
        if later is None or later.created_at > timezone.now() - SETTLES:
            raise Conflict(
                "key",
                "Something may still be being sealed under this version: wait for an hour after "
                "the rotation.",
            )
        if ObjectKey.objects.filter(scope=scope, data_key_version=version).exists():
            raise Conflict(
                "key", "Object keys are still wrapped by this version: rewrap them first."
            )
        _destroy(DataKey.objects.filter(pk=row.pk))


def destroy_scope(scope: str) -> None:
    """Erase all that a scope ever sealed: every version of its key is destroyed, for good."""
    _destroy(DataKey.objects.filter(scope=scope))


def _destroy(rows: QuerySet[DataKey]) -> None:
    rows.update(state=KeyState.DESTROYED, wrapped=b"")
    transaction.on_commit(keyring.refresh)
