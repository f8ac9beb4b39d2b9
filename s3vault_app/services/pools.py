"""Storage pools: our own engine, or an S3 store that is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.utils import timezone

from s3vault_app import names, rows
from s3vault_app.models import StoragePool
from s3vault_app.permissions import PoolPermission
from vaultportal import trail
from vaultportal.errors import Conflict, Fault, Invalid
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.trail import Target

NAME_TAKEN = "s3.name_taken"
MOST_ENDPOINTS = 20
_TEXTS = ("region", "ca", "iam_endpoint", "bucket")
_MOST_TEXT = 65_536  # a bundle of certificates


@dataclass(frozen=True, slots=True)
class PoolFields:
    """What may be said about a pool; None leaves a field as it is.

    settings: of an existing store: ``endpoints`` (URLs, at least one), ``region``, ``path_style``,
        ``ca`` (PEM), ``iam_endpoint``, ``bucket``.
    access_key, secret_key: of an existing store; they go in, and never come out.
    """

    name: str | None = None
    engine: str | None = None
    comment: str | None = None
    settings: Mapping[str, Any] | None = None
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)


@trail.unit()
def create_pool(actor: Actor, fields: PoolFields) -> StoragePool:
    """A pool.

    Raises:
        Forbidden; Invalid: settings that do not describe a store; Conflict: the name is taken.
    """
    access.require(actor, PoolPermission.ADD, StoragePool)
    pool = StoragePool(engine=fields.engine or StoragePool.Engine.SEAWEEDFS)
    _apply(pool, fields)
    _save(pool, new=True)
    trail.record(actor, "s3_pool.create", target(pool), number=pool.number, engine=pool.engine)
    return pool


@trail.unit()
def change_pool(actor: Actor, number: int, fields: PoolFields) -> StoragePool:
    """Change a pool; what kind of engine it is stays. Raises as ``create_pool``, and NotFound."""
    access.require(actor, PoolPermission.CHANGE, StoragePool)
    pool = rows.pool(number)
    if fields.engine is not None and fields.engine != pool.engine:
        raise _refuse("engine", "readonly", "cannot be changed")
    _apply(pool, fields)
    _save(pool)
    trail.record(actor, "s3_pool.change", target(pool), number=number)
    return pool


@trail.unit()
def delete_pool(actor: Actor, number: int) -> None:
    """Take a pool away on which neither plans nor machines stand; its credentials are erased.

    Raises:
        Forbidden, NotFound; Conflict: plans or machines stand on it.
    """
    access.require(actor, PoolPermission.DELETE, StoragePool)
    pool = rows.pool(number)
    plans = pool.plans.filter(deleted_at=None).order_by("name").values_list("name", flat=True)
    if plans:
        message = f"Plans stand on the pool: {', '.join(plans[:10])}."
        raise Conflict("pool", message, reason="in_use")
    if pool.machines.exists():
        message = "Machines serve the pool: uninstall their endpoints first."
        raise Conflict("pool", message, reason="in_use")
    pool.deleted_at = timezone.now()
    pool.credentials = pool.secrets = None
    pool.save()
    trail.record(actor, "s3_pool.delete", target(pool), number=number)


def target(pool: StoragePool) -> Target:
    """The pool as the trail names it."""
    return Target("s3_pool", str(pool.pk), pool.name)


def _apply(pool: StoragePool, fields: PoolFields) -> None:
    if fields.name is not None:
        pool.name = fields.name
    if fields.comment is not None:
        pool.comment = fields.comment
    if fields.settings is not None:
        pool.settings = dict(fields.settings)
    if fields.access_key is not None or fields.secret_key is not None:
        known = pool.credentials or {}
        pool.credentials = {
            "access_key": fields.access_key or known.get("access_key", ""),
            "secret_key": fields.secret_key or known.get("secret_key", ""),
        }
    _check(pool)


def _check(pool: StoragePool) -> None:
    names.check_name(pool.name)
    if pool.engine not in StoragePool.Engine.values:
        raise _refuse("engine", "choice", f"must be one of {', '.join(StoragePool.Engine.values)}")
    if pool.installs:
        if pool.settings or pool.credentials:
            raise _refuse("settings", "unknown", "are for existing stores only")
        return
    known = {"endpoints", "path_style", *_TEXTS}
    if unknown := pool.settings.keys() - known:
        raise _refuse("settings", "unknown", f"has {len(unknown)} fields that are not known")
    urls = pool.settings.get("endpoints")
    if not isinstance(urls, list) or not 1 <= len(urls) <= MOST_ENDPOINTS:
        raise _refuse("settings.endpoints", "missing", f"must be 1 to {MOST_ENDPOINTS} URLs")
    for url in (*urls, pool.settings.get("iam_endpoint") or urls[0]):
        if not _is_url(url):
            raise _refuse("settings.endpoints", "format", "must be https or http URLs of a host")
    for name in _TEXTS:
        value = pool.settings.get(name, "")
        if not isinstance(value, str) or len(value) > _MOST_TEXT:
            raise _refuse(f"settings.{name}", "type", "must be text")
    if not isinstance(pool.settings.get("path_style", True), bool):
        raise _refuse("settings.path_style", "type", "must be true or false")
    if pool.engine == StoragePool.Engine.STATIC and not pool.settings.get("bucket"):
        raise _refuse("settings.bucket", "missing", "is required")
    held = pool.credentials or {}
    if not (held.get("access_key") and held.get("secret_key")):
        raise _refuse("credentials", "missing", "are required: access_key and secret_key")


def _is_url(url: object) -> bool:
    if not isinstance(url, str) or len(url) > 450:
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("https", "http") and bool(parts.hostname) and not parts.username
    except ValueError:
        return False


def _refuse(place: str, code: str, message: str) -> Invalid:
    return Invalid(message=f"{place} {message}.", faults=(Fault(place, code, message),))


def _save(pool: StoragePool, *, new: bool = False) -> None:
    try:
        with transaction.atomic():
            pool.save(force_insert=new)
    except IntegrityError as clash:
        fault = Fault("name", "duplicate", "is taken")
        message = "A storage pool with this name exists."
        raise Conflict("pool", message, reason=NAME_TAKEN, faults=(fault,)) from clash
    if new:
        pool.refresh_from_db(fields=["number"])
