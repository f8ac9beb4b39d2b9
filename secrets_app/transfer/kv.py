"""JSON exports of HashiCorp Vault's and OpenBao's KV engines.

Three forms are known: the answer to one ``kv get -format=json``; an object whose keys are paths; a
tree whose branches are folders. A leaf may carry the engine's own ``data`` and ``metadata``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from secrets_app.transfer.entries import Entry, document_of, name_of, unreadable

MAX_DEPTH = 50


def read_json(content: bytes, name: str) -> Iterator[Entry]:
    """Entries of an export. ``name`` is for one that has no path of its own."""
    document = document_of(content)
    if not isinstance(document, dict):
        raise unreadable("The file is not an export of a KV engine.")
    if "request_id" in document or "lease_id" in document:
        data = document.get("data")
        if not isinstance(data, dict):
            raise unreadable("The file holds no secret.")
        yield _leaf((name,), data)
        return
    yield from _branch((), document)


def _branch(path: tuple[str, ...], node: Mapping[str, Any]) -> Iterator[Entry]:
    if len(path) > MAX_DEPTH:
        raise unreadable("The file is nested too deeply.")
    if path and _is_versioned(node):
        yield _leaf(path, node)
        return
    plain = {key: value for key, value in node.items() if not isinstance(value, dict)}
    if plain:
        if not path:
            raise unreadable("The file is not an export of a KV engine.")
        yield Entry(name_of(*path), plain)
    for key, value in node.items():
        if isinstance(value, dict):
            yield from _branch((*path, key), value)


def _leaf(path: tuple[str, ...], node: Mapping[str, Any]) -> Entry:
    if not _is_versioned(node):
        return Entry(name_of(*path), dict(node))
    metadata = node["metadata"]
    lost = []
    if metadata.get("custom_metadata"):
        lost.append("custom metadata")
    if isinstance(metadata.get("version"), int) and metadata["version"] > 1:
        lost.append("older versions")
    return Entry(name_of(*path), dict(node["data"] or {}), lost=tuple(lost))


def _is_versioned(node: Mapping[str, Any]) -> bool:
    return isinstance(node.get("metadata"), dict) and isinstance(
        node.get("data"), dict | type(None)
    )
