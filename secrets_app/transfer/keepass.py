"""KeePass databases (KDBX): as a source, and as the archive of an export.

Any KeePass program opens the archive. Beside the fields that such programs know, each entry carries
the exact JSON of its secret, which an import prefers.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from secrets_app.payload import Payload
from secrets_app.transfer.entries import Entry, filled, name_of, unreadable
from secrets_app.transfer.kdbx_child import NOT_KDBX, SECONDS, TOO_COSTLY, WRONG_PASSWORD
from vaultportal.errors import Internal

JSON_FIELD = "vault-portal.json"
TYPE_FIELD = "vault-portal.type"
OWN_FIELDS = (JSON_FIELD, TYPE_FIELD)
_REFUSALS = {
    WRONG_PASSWORD: "The password of the database is not right.",
    NOT_KDBX: "The file is not a KeePass database.",
    TOO_COSTLY: "The key of the database costs more memory than there is for it.",
}
# XML 1.0 has no way to write these (its section 2.2).
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_CHILD = Path(__file__).with_name("kdbx_child.py")


def read(content: bytes, password: str, keyfile: bytes = b"") -> Iterator[Entry]:
    """Entries of a database; groups become parts of the name."""
    rows: list[dict[str, Any]] = _in_child(
        "read",
        {
            "content": b64encode(content).decode(),
            "password": password,
            "keyfile": b64encode(keyfile).decode() if keyfile else None,
        },
    )
    for row in rows:
        yield _entry(row)


def _entry(row: Mapping[str, Any]) -> Entry:
    name = name_of(*row["path"], row["title"] or "")
    expires = datetime.fromisoformat(row["expires_at"]) if row["expires_at"] else None
    custom = dict(row["custom"])
    kind = custom.pop(TYPE_FIELD, None) or ""  # a field that is empty has no value at all
    exact = custom.pop(JSON_FIELD, None)
    if exact:
        try:
            data = json.loads(exact)
        except ValueError:
            data = None
        if isinstance(data, dict):
            return Entry(name, data, kind, tuple(row["lost"]), expires)
    known = {
        "username": row["username"],
        "password": row["password"],
        "url": row["url"],
        "totp": row["otp"],
        "notes": row["notes"],
    }
    data = filled({**custom, **filled(known)})
    return Entry(name, data, "login" if row["password"] else "", tuple(row["lost"]), expires)


def write(entries: Iterable[tuple[str, str, Payload]], password: str) -> bytes:
    """A database of secrets, each a name, a type and its data."""
    rows = [_row(name, kind, payload) for name, kind, payload in entries]
    answer: str = _in_child("write", {"password": password, "entries": rows})
    return b64decode(answer)


def _row(name: str, kind: str, payload: Payload) -> dict[str, Any]:
    *path, title = _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", name).split("/")
    texts = {
        key: _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", item)
        for key, item in payload.value.items()
        if isinstance(item, str)
    }
    # Within JSON such characters stand in strings only, where an escape says the same.
    exact = _NOT_IN_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", payload.text.decode())
    return {
        "path": path,
        "title": title,
        "username": texts.get("username", ""),
        "password": texts.get("password", ""),
        "url": texts.get("url", ""),
        "custom": {JSON_FIELD: exact, TYPE_FIELD: kind},
    }


def _in_child(verb: str, request: Mapping[str, Any]) -> Any:
    try:
        done = subprocess.run(  # noqa: S603 our own file, and what varies goes through a pipe
            [sys.executable, "-I", str(_CHILD), verb],
            input=json.dumps(request).encode(),
            capture_output=True,
            env={},
            timeout=2 * SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise unreadable(_REFUSALS[TOO_COSTLY]) from None
    if done.returncode in _REFUSALS:
        raise unreadable(_REFUSALS[done.returncode])
    if done.returncode < 0:  # ended by a limit
        raise unreadable(_REFUSALS[TOO_COSTLY])
    if done.returncode:
        raise Internal("export")
    return json.loads(done.stdout)
