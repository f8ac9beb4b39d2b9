"""What the wire says of a token without its values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from collections_app.rows.tokens import StoredToken
from collections_app.schema.timestamps import wire_time


def metadata(
    token_id: str, group: Sequence[StoredToken], *, with_aggregate: bool
) -> dict[str, Any]:
    """What the wire says of a token id: one entry for each object behind it."""
    answer: dict[str, Any] = {
        "token_id": token_id,
        "type": group[0].type,
        "scope": group[0].scope,
        "tokens": [_entry(each) for each in group],
    }
    if with_aggregate:
        ends = [each.ends_at for each in group]
        never = any(end is None for end in ends)
        latest = None if never else max(end for end in ends if end is not None)
        answer["agg"] = {"max_effective_expiration_time": _time(latest)}
    return answer


def _entry(each: StoredToken) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "creation_time": wire_time(each.created_at),
        "expiration_time": _time(each.expires_at),
        "effective_expiration_time": _time(each.ends_at),
        "tags": list(each.tags),
    }
    if each.object_id is not None:
        entry["object_id"] = str(each.object_id)
    if each.tenant is not None:
        entry["effective_tenant_id"] = each.tenant
    return entry


def _time(moment: Any) -> str | None:
    return None if moment is None else wire_time(moment)
