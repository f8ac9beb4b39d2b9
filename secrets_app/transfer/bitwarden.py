"""Bitwarden's unencrypted exports, JSON and CSV.

Source: Bitwarden help, "Export vault data" and "Condition a Bitwarden .csv or .json".
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from secrets_app.transfer.entries import Entry, document_of, filled, name_of, unreadable

LOGIN, NOTE, CARD, IDENTITY, SSH_KEY = 1, 2, 3, 4, 5
_LINKED = 3  # a custom field that points to another field


def read_json(content: bytes) -> Iterator[Entry]:
    """Items of a JSON export; folders and collections become parts of the name."""
    document = document_of(content)
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        raise unreadable("The file is not a Bitwarden export.")
    if document.get("encrypted"):
        raise unreadable("The file is encrypted: export it without a password, over a safe line.")
    places = {
        place["id"]: str(place.get("name") or "")
        for key in ("folders", "collections")
        for place in _objects(document.get(key))
        if isinstance(place.get("id"), str)
    }
    for item in _objects(document["items"]):
        yield _item(item, places)


def _objects(value: Any) -> list[dict[str, Any]]:
    """The objects among ``value``, which should be a list of them."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _item(item: Mapping[str, Any], places: Mapping[str, str]) -> Entry:
    lost: list[str] = []
    ids = item.get("collectionIds")
    in_collections = (
        [str(each) for each in ids if str(each) in places] if isinstance(ids, list) else []
    )
    place = places.get(str(item.get("folderId") or ""), "")
    if not place and in_collections:
        place = places[in_collections[0]]
    if len(in_collections) > 1:
        lost.append("further collections")
    data, kind = _data(item, lost)
    data["notes"] = item.get("notes")
    for custom in _objects(item.get("fields")):
        if custom.get("type") == _LINKED:
            lost.append("linked field")
            continue
        _add(data, str(custom.get("name") or "field"), custom.get("value"))
    for key, word in (("passwordHistory", "password history"), ("attachments", "attachments")):
        if item.get(key):
            lost.append(word)
    if item.get("deletedDate"):
        lost.append("that it lay in the bin")
    return Entry(name_of(place, str(item.get("name") or "")), filled(data), kind, tuple(lost))


def _data(item: Mapping[str, Any], lost: list[str]) -> tuple[dict[str, Any], str]:
    kind = item.get("type")
    if kind == LOGIN:
        login = _object(item.get("login"))
        addresses = [uri["uri"] for uri in _objects(login.get("uris")) if uri.get("uri")]
        if login.get("fido2Credentials"):
            lost.append("passkeys")
        data = {
            "username": login.get("username"),
            "password": login.get("password") or "",
            "url": addresses[0] if addresses else None,
            "further_urls": addresses[1:],
            "totp": login.get("totp"),
        }
        return data, "login" if data["password"] else ""
    if kind == SSH_KEY:
        key = _object(item.get("sshKey"))
        data = {
            "private_key": key.get("privateKey"),
            "public_key": key.get("publicKey"),
            "fingerprint": key.get("keyFingerprint"),
        }
        return data, "ssh-key" if data["private_key"] else ""
    part = {CARD: "card", IDENTITY: "identity"}.get(kind if isinstance(kind, int) else 0, "")
    return dict(_object(item.get(part))), ""


def read_csv(content: bytes) -> Iterator[Entry]:
    """Rows of a CSV export of a person or an organization."""
    try:
        rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig")), strict=True)
        columns = set(rows.fieldnames or ())
        if not {"type", "name", "login_password"} <= columns:
            raise unreadable("The file is not a Bitwarden export.")
        for row in rows:
            yield _row(row)
    except (UnicodeDecodeError, csv.Error):
        raise unreadable("The file is not CSV in UTF-8.") from None


def _row(row: Mapping[str | None, Any]) -> Entry:
    lost = ["columns without a heading"] if row.get(None) else []
    place = row.get("folder") or row.get("collections") or ""
    if "," in place and row.get("collections"):
        place = place.split(",")[0]
        lost.append("further collections")
    data: dict[str, Any] = {
        "username": row.get("login_username"),
        "password": row.get("login_password"),
        "url": row.get("login_uri"),
        "totp": row.get("login_totp"),
        "notes": row.get("notes"),
    }
    for line in (row.get("fields") or "").splitlines():
        key, found, value = line.partition(": ")
        if found:
            _add(data, key, value)
        else:
            lost.append("a line among the custom fields")
    kind = "login" if row.get("type") == "login" and data["password"] else ""
    return Entry(name_of(place, row.get("name") or ""), filled(data), kind, tuple(lost))


def _add(data: dict[str, Any], key: str, value: Any) -> None:
    """A custom field, beside what is there: a second "pin" becomes "pin (2)"."""
    name, number = key, 1
    while data.get(name) not in (None, ""):
        number += 1
        name = f"{key} ({number})"
    data[name] = value
