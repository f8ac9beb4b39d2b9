"""A process of its own that reads or writes one KeePass database: ``python -m … read|write``.

Whoever made the file chose how much memory and time its key costs and how far it unpacks, so the
work is done under limits, away from the web server. JSON comes in by standard input and leaves by
standard output; nothing is written to a disk. This file imports nothing of the portal.

    read   {"content": base64, "password": str, "keyfile": base64 or null}
        →  [{"path": [str], "title", "username", "password", "url", "notes", "otp": str or null,
             "custom": {str: str}, "expires_at": str or null, "lost": [str]}]
    write  {"password": str,
            "entries": [{"path", "title", "username", "password", "url", "custom"}]}
        →  base64 of the database

Exit codes: 0 done; 3 wrong password; 4 not a KeePass database; 5 too costly.
"""

from __future__ import annotations

import base64
import io
import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

WRONG_PASSWORD, NOT_KDBX, TOO_COSTLY = 3, 4, 5
MEMORY = 1 << 30
SECONDS = 60
BLANK_PASSWORD = "password"  # noqa: S105 of the empty database that pykeepass brings along


def limit() -> None:
    """No more than 1 GiB, 60 s of CPU, no files, no core."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def read(request: dict[str, Any]) -> list[dict[str, Any]]:
    """All entries of a database."""
    import pykeepass  # type: ignore[import-untyped]  # noqa: PLC0415 after the limits are set

    keyfile = request["keyfile"]
    try:
        database = pykeepass.PyKeePass(
            io.BytesIO(base64.b64decode(request["content"])),
            password=request["password"],
            keyfile=io.BytesIO(base64.b64decode(keyfile)) if keyfile else None,
        )
    except pykeepass.exceptions.CredentialsError:
        sys.exit(WRONG_PASSWORD)
    except MemoryError:
        sys.exit(TOO_COSTLY)
    except Exception:  # a hostile file makes the parsers raise anything; the exit code tells it all
        sys.exit(NOT_KDBX)
    waste = database.recyclebin_group
    return [_entry(entry, waste) for entry in database.entries or []]


def _entry(entry: Any, waste: Any) -> dict[str, Any]:
    lost = []
    if entry.history:
        lost.append("history")
    if entry.attachments:
        lost.append("attachments")
    if entry.tags:
        lost.append("tags")
    path = [part for part in entry.group.path if part]
    if waste is not None and path[: len(waste.path)] == waste.path:
        lost.append("that it lay in the bin")
    expires = entry.expiry_time if entry.expires else None
    return {
        "path": path,
        "title": entry.title,
        "username": entry.username,
        "password": entry.password,
        "url": entry.url,
        "notes": entry.notes,
        "otp": entry.otp,
        "custom": dict(entry.custom_properties),
        "expires_at": expires.isoformat() if expires else None,
        "lost": lost,
    }


def write(request: dict[str, Any]) -> str:
    """A database with the entries, under the password."""
    import pykeepass  # noqa: PLC0415 after the limits are set

    blank = Path(pykeepass.__file__).with_name("blank_database.kdbx").read_bytes()
    database = pykeepass.PyKeePass(io.BytesIO(blank), password=BLANK_PASSWORD)
    database.password = request["password"]
    groups: dict[tuple[str, ...], Any] = {(): database.root_group}
    for entry in request["entries"]:
        group = _group(database, groups, tuple(entry["path"]))
        made = database.add_entry(
            group, entry["title"], entry["username"], entry["password"], url=entry["url"] or None
        )
        for key, value in entry["custom"].items():
            made.set_custom_property(key, value, protect=True)
    written = io.BytesIO()
    database.save(written)
    return base64.b64encode(written.getvalue()).decode()


def _group(database: Any, groups: dict[tuple[str, ...], Any], path: tuple[str, ...]) -> Any:
    if path not in groups:
        parent = _group(database, groups, path[:-1])
        groups[path] = database.add_group(parent, path[-1])
    return groups[path]


def main() -> None:
    """Do what the argument says."""
    os.umask(0o077)
    limit()
    request = json.load(sys.stdin)
    answer = read(request) if sys.argv[1] == "read" else write(request)
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
