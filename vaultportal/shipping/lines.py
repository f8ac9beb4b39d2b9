"""What is sent: one line for an entry, a checkpoint or a test.

JSON is one object, for an entry with its exact bytes as the chain covers them. Syslog is RFC 5424
in the frames of RFC 5425, 4.3.1 and RFC 6587, 3.4.1: the number of bytes, a blank, the message.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import orjson
from django.conf import settings

from vaultportal.audit.checkpoints import Statement
from vaultportal.audit.entry import Document, timestamp
from vaultportal.audit.models import LogTarget

APP_NAME = "vault-portal"
FACILITY = 13  # log audit
INFORMATIONAL, WARNING = 6, 4
_FINE = frozenset({"success", "pending"})
# IANA gave the number out for examples (RFC 5612); the project has none of its own.
_SD_ID = "audit@32473"
_SD_ESCAPED = re.compile(r'(["\\\]])')
# A receiver that writes lines to a file must not be made to write one of somebody else's.
_CONTROL = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]")
_NO_WORD = re.compile(r"[^!-~]")


@dataclass(frozen=True, slots=True)
class Line:
    """One of them, before it is dressed for its receiver.

    name: what happened, for the header. json: the object.
    facts: the same as pairs, for structured data; none where the object is all that counts.
    """

    name: str
    at: str
    json: bytes = field(repr=False)
    severity: int = INFORMATIONAL
    facts: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands in the trail."""

    shard: int
    seq: int
    epoch: int
    mac: bytes


def of_entry(place: Place, body: bytes) -> Line:
    """An entry, whose id is the same whenever it is sent.

    One that was damaged is sent as its bytes are: it must not hold up those behind it.
    """
    mac = place.mac.hex()
    where = (
        ("shard", str(place.shard)),
        ("seq", str(place.seq)),
        ("epoch", str(place.epoch)),
        ("mac", mac),
    )
    start = b'{"shard":%d,"seq":%d,"epoch":%d,"mac":"%s",' % (
        place.shard, place.seq, place.epoch, mac.encode(),
    )  # fmt: skip
    document = _document(body)
    if document is None:
        damaged = b64encode(body)
        return Line(
            name="unreadable",
            at="-",
            json=b'%s"unreadable":"%s"}' % (start, damaged),
            severity=WARNING,
            facts=(*where, ("unreadable", damaged.decode())),
        )
    return Line(
        name=document["action"],
        at=document["at"],
        json=b'%s"entry":%s}' % (start, body),
        severity=INFORMATIONAL if document["outcome"] in _FINE else WARNING,
        facts=(*where, *_facts(document)),
    )


def of_checkpoint(statement: Statement) -> Line:
    """A signed checkpoint: the line of the outside copy, which ``verify_audit`` reads."""
    return Line("checkpoint", statement.content["at"], statement.line().rstrip(b"\n"))


def of_test(at: datetime) -> Line:
    """A line that says nothing, to see whether it arrives."""
    said = timestamp(at)
    return Line("test", said, orjson.dumps({"test": said}), facts=(("test", said),))


def payload(kind: str, form: str, lines: list[Line]) -> bytes:
    """All of them as they are sent. kind, form: of the target."""
    if kind == LogTarget.Kind.HTTPS:
        return b"".join(line.json + b"\n" for line in lines)
    structured = form == LogTarget.Format.STRUCTURED
    messages = (_message(line, structured=structured) for line in lines)
    return b"".join(b"%d %s" % (len(message), message) for message in messages)


def _message(line: Line, *, structured: bool) -> bytes:
    host = _word(urlsplit(settings.PUBLIC_BASE_URL).hostname or "", 255)
    name = _word(line.name, 32)
    header = f"<{FACILITY * 8 + line.severity}>1 {_word(line.at, 32)} {host} {APP_NAME} - {name}"
    if structured and line.facts:
        pairs = " ".join(f'{key}="{_value(value)}"' for key, value in line.facts)
        return f"{header} [{_SD_ID} {pairs}] {_word(line.name, 255)}".encode()
    return f"{header} - ".encode() + line.json


def _document(body: bytes) -> Document | None:
    """None for what cannot be put into one line."""
    try:
        found: Any = orjson.loads(body)
    except ValueError:
        return None
    match found:
        case {"action": str(), "at": str(), "outcome": str()} if b"\n" not in body:
            document: Document = found
            return document
    return None


def _word(text: str, most: int) -> str:
    """A word of the header: visible ASCII, "-" for none."""
    return _NO_WORD.sub("_", text)[:most] or "-"


def _value(text: str) -> str:
    return _SD_ESCAPED.sub(r"\\\1", _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text))


def _facts(document: Document) -> Iterator[tuple[str, str]]:
    """What the entry says, flat: ``actor.name``; the details as JSON; without what is empty."""
    for name, value in document.items():
        if name == "detail":
            if value:
                yield name, orjson.dumps(value).decode()
        elif isinstance(value, dict):
            yield from ((f"{name}.{part}", _text(each)) for part, each in value.items() if each)
        elif value not in ("", None):
            yield name, _text(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
