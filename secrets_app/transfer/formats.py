"""The formats of imports by their names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from secrets_app.transfer import bitwarden, dotenv, generic, keepass, kv, onepassword, onepux
from secrets_app.transfer.entries import Entry, distinct

FORMATS = (
    *("bitwarden-json", "bitwarden-csv", "1password-csv", "keepass", "dotenv", "kv-json"),
    *("csv", "1password-1pux"),
)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file with what is needed to read it. title: names an entry that has no name of its own."""

    content: bytes = field(repr=False)
    title: str = "imported"
    password: str = field(default="", repr=False)
    keyfile: bytes = field(default=b"", repr=False)


def read(source: str, upload: Upload) -> list[Entry]:
    """All entries of the file, no two of one name.

    Raises:
        Invalid: the file is not of that format, is encrypted, or its password is wrong.
    """
    return distinct(_read(source, upload))


def _read(source: str, upload: Upload) -> Iterator[Entry]:
    content = upload.content
    if source == "bitwarden-json":
        return bitwarden.read_json(content)
    if source == "bitwarden-csv":
        return bitwarden.read_csv(content)
    if source == "1password-csv":
        return onepassword.read_csv(content)
    if source == "1password-1pux":
        return onepux.read(content)
    if source == "keepass":
        return keepass.read(content, upload.password, upload.keyfile)
    if source == "dotenv":
        return dotenv.read(content, upload.title)
    if source == "csv":
        return generic.read_csv(content)
    return kv.read_json(content, upload.title)
