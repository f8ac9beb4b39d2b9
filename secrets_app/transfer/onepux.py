"""1Password's own archive, 1PUX: a zip with one document of accounts, vaults and items.

Source: 1Password support, "About the 1Password Unencrypted Export format".
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings

from secrets_app.transfer.entries import Entry, document_of, filled, name_of, unreadable

DOCUMENT = "export.data"
# Other methods are unpacked whole, however little of the document is asked for.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def read(content: bytes) -> Iterator[Entry]:
    """Items of all vaults; the vault is the folder."""
    document = document_of(_document(content))
    for account in _mappings(document, "accounts"):
        for vault in _mappings(account, "vaults"):
            folder = _text(_mapping(vault, "attrs").get("name"))
            for item in _mappings(vault, "items"):
                yield _entry(folder, item)


def _document(content: bytes) -> bytes:
    """The document, no larger unpacked than a file of another format may be."""
    most = settings.PORTAL_MAX_BODY
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if archive.getinfo(DOCUMENT).compress_type not in METHODS:
                raise unreadable("The file is not a 1PUX archive.")
            with archive.open(DOCUMENT) as document:
                unpacked = document.read(most + 1)
    except (zipfile.BadZipFile, zlib.error, KeyError, RuntimeError, OSError, EOFError, ValueError):
        raise unreadable("The file is not a 1PUX archive.") from None
    if len(unpacked) > most:
        raise unreadable("The archive is too large.")
    return unpacked


def _entry(folder: str, item: Mapping[str, Any]) -> Entry:
    overview, details = _mapping(item, "overview"), _mapping(item, "details")
    lost = []
    data = {"url": overview.get("url"), "notes": details.get("notesPlain")}
    for field in _mappings(details, "loginFields"):
        name = _text(field.get("designation")) or _text(field.get("name"))
        if name:
            data.setdefault(name, field.get("value"))
    for section in _mappings(details, "sections"):
        for field in _mappings(section, "fields"):
            name = _text(field.get("title")) or _text(field.get("id")) or "field"
            kind, value = next(iter(_mapping(field, "value").items()), ("", None))
            if kind == "file" or isinstance(value, (dict, list)):
                lost.append(f"the field {name}")
            else:
                data.setdefault("totp" if kind == "totp" else name, value)
    if details.get("documentAttributes"):
        lost.append("an attached file")
    if details.get("passwordHistory"):
        lost.append("older passwords")
    if overview.get("tags"):
        lost.append("tags")
    if item.get("favIndex"):
        lost.append("that it was a favourite")
    if item.get("state") == "archived":
        lost.append("that it was archived")
    kind = "login" if data.get("password") else ""
    title = name_of(folder, _text(overview.get("title")))
    return Entry(title, filled(data), kind, tuple(dict.fromkeys(lost)))


def _mapping(node: Any, key: str) -> Mapping[str, Any]:
    found = node.get(key) if isinstance(node, dict) else None
    return found if isinstance(found, dict) else {}


def _mappings(node: Any, key: str) -> list[Mapping[str, Any]]:
    found = node.get(key) if isinstance(node, dict) else None
    if key == "accounts" and not isinstance(found, list):
        raise unreadable("The file is not a 1PUX archive.")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
