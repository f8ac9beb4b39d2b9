"""Secrets ⇄ the JSON of our own API."""

from __future__ import annotations

from typing import Any

import orjson

from secrets_app.feed import Feed
from secrets_app.models import Checkout, ImportJob, OneTimeLink, SecretVersion
from secrets_app.readers import Reader, Reading
from secrets_app.records import OpenSecret, SecretInfo, Written
from secrets_app.services.grants import Grant
from secrets_app.types import Kind

Document = dict[str, Any]


def encode(document: Document) -> bytes:
    """The document as JSON, times in UTC with a Z."""
    return orjson.dumps(document, option=orjson.OPT_UTC_Z)


def secret(info: SecretInfo) -> Document:
    """All of a secret but its data, with what the caller may do."""
    held = {"by": info.held_by, "until": info.held_until} if info.held_by else None
    return {
        "id": info.id,
        "name": info.name,
        "owner_id": info.owner_id,
        "type": info.type or "json",
        "version": info.version,
        "etag": info.etag,
        "author_id": info.author_id,
        "updated_by_id": info.updated_by_id,
        "created_at": info.created_at,
        "updated_at": info.updated_at,
        "expires_at": info.expires_at,
        "keep_versions": info.keep_versions,
        "keep_days": info.keep_days,
        "needs_ticket": info.needs_ticket,
        "read_roles": orjson.Fragment(info.read_handles),
        "write_roles": orjson.Fragment(info.write_handles),
        "held": held,
        "may": {
            "read": info.may_read,
            "write": info.may_write,
            "delete": info.may_delete,
            "own": info.may_own,
        },
    }


def opened(found: OpenSecret) -> Document:
    """Which version of which secret, and its data."""
    return {
        "id": found.info.id,
        "name": found.info.name,
        "owner_id": found.info.owner_id,
        "type": found.info.type or "json",
        "version": found.number,
        "data": orjson.Fragment(found.payload.text) if found.payload else None,
    }


def written(made: Written) -> Document:
    """What a write made."""
    return {"id": made.id, "name": made.name, "version": made.version, "etag": made.etag}


def version(row: SecretVersion, *, current: int) -> Document:
    """A version without what it held."""
    return {
        "number": row.number,
        "is_current": row.number == current,
        "size": row.size,
        "author_id": row.author_id,
        "reason": row.reason,
        "created_at": row.created_at,
        "restored_from": row.restored_from,
        "destroyed_at": row.destroyed_at,
        "destroyed_by_id": row.destroyed_by_id,
    }


def grant(row: Grant) -> Document:
    """One right of one holder."""
    return {
        "kind": row.holder.kind,
        "id": row.holder.id,
        "name": row.holder_name,
        "right": row.right,
        "valid_until": row.valid_until,
        "ended": row.ended,
        "deleted": row.deleted,
        "granted_by_id": row.granted_by_id,
        "created_at": row.created_at,
    }


def link(row: OneTimeLink) -> Document:
    """A one-time link, and when it was opened. Its token is nowhere."""
    return {
        "id": row.pk,
        "secret_id": row.secret_id,
        "secret_name": row.secret.name,
        "version": row.version,
        "views": row.views,
        "views_left": row.views_left,
        "has_passphrase": bool(row.passphrase),
        "receiver_id": row.receiver_id,
        "author_id": row.author_id,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "revoked_at": row.revoked_at,
        "receipts": [
            {"at": receipt.at, "reader_id": receipt.reader_id, "address": receipt.address}
            for receipt in row.receipts.all()
        ],
    }


def checkout(row: Checkout) -> Document:
    """A check-out, or a place in the line."""
    return {
        "id": row.pk,
        "user_id": row.user_id,
        "state": row.state,
        "reason": row.reason,
        "minutes": row.minutes,
        "requested_at": row.requested_at,
        "started_at": row.started_at,
        "ends_at": row.ends_at,
        "ended_at": row.ended_at,
        "ended_by_id": row.ended_by_id,
    }


def kind(found: Kind) -> Document:
    """A type of secrets."""
    return {
        "name": found.name,
        "title": str(found.title),
        "schema": found.schema,
        "sensitive": list(found.sensitive),
        "builtin": found.builtin,
    }


def feed(found: Feed) -> Document:
    """Changes, and where to go on."""
    return {
        "items": [
            {
                "secret_id": change.secret_id,
                "change": change.kind,
                "version": change.version,
                "actor_id": change.actor_id,
                "at": change.at,
                "name": change.name,
                "owner_id": change.owner_id,
            }
            for change in found.changes
        ],
        "cursor": found.cursor,
        "more": found.more,
    }


def reader(row: Reader) -> Document:
    """Somebody who can read, and one reason for it."""
    return {
        "user_id": row.user_id,
        "name": row.name,
        "kind": row.kind,
        "grant": row.grant.removesuffix("_secret"),
        "role": {"id": row.role_id, "name": row.role_name} if row.role_id else None,
        "until": row.until,
    }


def reading(row: Reading) -> Document:
    """Somebody who did read."""
    return {
        "user_id": row.user_id,
        "name": row.name,
        "at": row.at,
        "reason": row.reason,
        "address": row.address,
    }


def job(row: ImportJob) -> Document:
    """How far an import is, or what became of it."""
    return {
        "id": row.pk,
        "format": row.source,
        "dry_run": row.dry_run,
        "state": row.state,
        "total": row.total,
        "done": row.done,
        "report": row.report,
        "created_at": row.created_at,
        "finished_at": row.finished_at,
    }
