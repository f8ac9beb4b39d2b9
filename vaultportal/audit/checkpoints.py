"""Signed checkpoints: all heads at one moment, and a copy of each outside the database.

Whoever can write to the database could cut off the newest entries and set the heads back. The file
that AUDIT_CHECKPOINT_FILE names (on another host, or where files can only be appended to) shows
it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.db import connection, transaction

from vaultportal.audit.chain import Head
from vaultportal.audit.entry import timestamp
from vaultportal.audit.models import AuditHead, Checkpoint, SigningKey
from vaultportal.audit.verification import Break

_LABEL = b"vault-portal audit checkpoint 1\x00"
# Any constant: one checkpoint is taken at a time, also by a command beside the schedule.
_LOCK = 0x7661756C74  # "vault"
_MISMATCHES = """
SELECT promised.shard, promised.seq
FROM unnest(%s::smallint[], %s::bigint[], %s::bytea[]) AS promised (shard, seq, mac)
LEFT JOIN audit_auditentry entry ON entry.shard = promised.shard AND entry.seq = promised.seq
WHERE promised.seq > 0 AND entry.mac IS DISTINCT FROM promised.mac
ORDER BY promised.shard
"""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a checkpoint says, and who signed it, wherever it was read. Numbers begin at 1."""

    number: int
    body: bytes
    signature: bytes
    public: bytes

    @classmethod
    def of(cls, row: Checkpoint) -> Statement:
        """From the database; the row's ``key`` is loaded."""
        return cls(row.number, bytes(row.body), bytes(row.signature), bytes(row.key.public))

    @classmethod
    def parse(cls, line: bytes) -> Statement:
        """From a line of the outside file; ValueError, TypeError or KeyError when it is none."""
        read = orjson.loads(line)
        body, number = read["checkpoint"].encode(), orjson.loads(read["checkpoint"])["number"]
        return cls(number, body, bytes.fromhex(read["signature"]), bytes.fromhex(read["key"]))

    def line(self) -> bytes:
        """As a line of the outside file."""
        return orjson.dumps(
            {
                "checkpoint": self.body.decode(),
                "signature": self.signature.hex(),
                "key": self.public.hex(),
            },
            option=orjson.OPT_APPEND_NEWLINE,
        )

    def is_signed(self) -> bool:
        """Whether the signature is that of its key over its body."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(
                self.signature, _LABEL + self.body
            )
        except (InvalidSignature, ValueError):
            return False
        return True

    @property
    def content(self) -> dict[str, Any]:
        """``number``, ``at``, ``entries``, ``heads`` as [shard, seq, mac], ``previous``."""
        content: dict[str, Any] = orjson.loads(self.body)
        return content

    @property
    def heads(self) -> list[Head]:
        """The heads that it promises."""
        return [Head(shard, seq, bytes.fromhex(mac)) for shard, seq, mac in self.content["heads"]]

    def digest(self) -> str:
        """How the next checkpoint names this one."""
        return hashlib.sha256(self.body).hexdigest()

    def names(self, before: Statement | None) -> bool:
        """Whether its body has its number and the digest of the one before it."""
        content, digest = self.content, before.digest() if before else ""
        return (content["number"], content["previous"]) == (self.number, digest)


def take() -> Checkpoint:
    """Sign all heads of now, and bring the outside file up to date.

    Raises:
        OSError: the file cannot be written. The checkpoint is kept; the next run appends it.
    """
    checkpoint = _sign()
    if settings.AUDIT_CHECKPOINT_FILE:
        _publish(Path(settings.AUDIT_CHECKPOINT_FILE))
    return checkpoint


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


@transaction.atomic
def _sign() -> Checkpoint:
    _lock()
    last = Checkpoint.objects.select_related("key").first()
    heads: list[Any] = [
        [head.shard, head.seq, bytes(head.mac).hex()] for head in AuditHead.objects.all()
    ]
    at = datetime.now(UTC)
    number = last.number + 1 if last else 1
    content = {
        "v": 1,
        "number": number,
        "at": timestamp(at),
        "heads": heads,
        "entries": sum(head[1] for head in heads),
        "previous": Statement.of(last).digest() if last else "",
    }
    body = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    key = _signing_key()
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key.private))
    signature = private.sign(_LABEL + body)
    return Checkpoint.objects.create(number=number, at=at, body=body, signature=signature, key=key)


def breaks() -> Iterator[Break]:
    """What is wrong with the checkpoints in the database, or with the chains according to them."""
    rows = Checkpoint.objects.select_related("key").order_by("number")
    yield from _breaks(Statement.of(row) for row in rows.iterator(chunk_size=200))


def breaks_against(path: Path) -> Iterator[Break]:
    """What is wrong with the database according to the outside copy.

    Raises:
        OSError: the file cannot be read.
    """
    statements: list[Statement] = []
    with path.open("rb") as file:
        for place, line in enumerate(file, start=1):
            try:
                statements.append(Statement.parse(line))
            except (ValueError, TypeError, KeyError):
                yield Break("checkpoint", f"line {place} of the outside copy is not a checkpoint")
    known = {row.number: bytes(row.body) for row in Checkpoint.objects.iterator()}
    for statement in statements:
        name = f"checkpoint {statement.number}"
        if known.get(statement.number) != statement.body:
            yield Break("checkpoint", f"{name} is not in the database as it was")
    yield from _breaks(statements)


def heads_at(number: int) -> dict[int, Head]:
    """The heads that a checkpoint promises, by shard.

    Raises:
        Checkpoint.DoesNotExist: there is none of this number.
    """
    statement = Statement.of(Checkpoint.objects.select_related("key").get(number=number))
    return {head.shard: head for head in statement.heads}


def _breaks(statements: Iterator[Statement] | list[Statement]) -> Iterator[Break]:
    before: Statement | None = None
    for statement in statements:
        name = f"checkpoint {statement.number}"
        follows = statement.number == (before.number + 1 if before else 1)
        if not statement.is_signed():
            yield Break("checkpoint", f"{name} is not signed by its key")
        elif not follows or not statement.names(before):
            yield Break("checkpoint", f"{name} does not follow from the one before it")
        else:
            for shard, seq in _mismatches(statement.heads):
                yield Break("checkpoint", f"it is not the entry that {name} saw", shard, seq)
        before = statement


def _mismatches(heads: list[Head]) -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        places = [[head.shard for head in heads], [head.seq for head in heads]]
        cursor.execute(_MISMATCHES, [*places, [head.mac for head in heads]])
        return [(shard, seq) for shard, seq in cursor.fetchall()]


def _signing_key() -> SigningKey:
    key = SigningKey.objects.first()
    if key is None:
        private = Ed25519PrivateKey.generate()
        key = SigningKey.objects.create(
            public=private.public_key().public_bytes_raw(),
            private=private.private_bytes_raw().hex(),
        )
    return key


@transaction.atomic
def _publish(path: Path) -> None:
    """Append each checkpoint that the file does not have, and put it on disk."""
    _lock()
    fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "r+b") as file:
        last = 0
        for line in file:
            last = Statement.parse(line).number
        missing = Checkpoint.objects.select_related("key").filter(number__gt=last)
        for row in missing.order_by("number"):
            file.write(Statement.of(row).line())
        file.flush()
        os.fsync(fd)
