"""The proof: that a vault is open to those who may, and closed to everybody else, by trying it.

Nothing here can cost anybody data: what is tried on the bucket itself is tried with an identity
that has no right to it, or on objects that the proof has put there under a prefix of its own.
"""

from __future__ import annotations

import hashlib
import secrets as random
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from botocore.exceptions import (  # type: ignore[import-untyped]  # see drivers/s3.py
    BotoCoreError,
    ClientError,
)

from s3vault_app.drivers import s3
from s3vault_app.drivers.base import Door, EngineError, Pair, Right
from s3vault_app.drivers.s3_iam import PROOF_PREFIX, IamEngine

SIZE = 64 * 1024
KEEP = timedelta(minutes=10)  # a lock that an administrator lifts when the proof is over
# Nobody lifts these: as short as a slow machine lets them be, and longer at the next try.
STRICT_SECONDS = (4, 20, 60)
REFUSED = {401, 403}
BACK_DOOR_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Check:
    """One thing tried. name: stable; endpoint: where, "" for the store as a whole."""

    name: str
    endpoint: str
    ok: bool
    message: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What is proved.

    guard: another bucket of the store, which the proof's user has no right on; "" for none.
    lock_mode: "none", "GOVERNANCE" or "COMPLIANCE".
    back_doors: addresses and ports of the engine's inner parts.
    """

    bucket: str
    guard: str
    lock_mode: str
    encrypts: bool
    back_doors: Sequence[tuple[str, str, int]] = ()


class ProofUser(Protocol):
    """A user of the engine for this proof alone."""

    def give(self, pair: Pair, rights: dict[str, Right]) -> None:
        """It has this pair, and these rights by bucket."""

    def forget(self) -> None:
        """It is gone."""


def prove(
    engine: IamEngine,
    subject: Subject,
    check: Callable[[], None],
    user: ProofUser | None = None,
) -> list[Check]:
    """Try everything at every endpoint.

    check: raises when the work is to end early. user: None for a store that can be given none; then
    the portal's own pair is tried.
    """
    pair = Pair("VPP" + random.token_hex(8).upper(), random.token_urlsafe(30))
    proof = _Proof(engine, subject, pair, user)
    found: list[Check] = []
    try:
        if user is not None:
            user.give(pair, {subject.bucket: "backup"})
        for each in proof.all():
            check()
            found.append(each)
    finally:
        _clear(engine, subject, user)
    return found


def report(checks: Sequence[Check]) -> dict[str, Any]:
    """As ``Vault.verify_report`` keeps it."""
    return {"checks": [asdict(check) for check in checks]}


def failures(checks: Sequence[Check]) -> str:
    """What failed, for people; "" when nothing did."""
    return "; ".join(
        f"{each.name} at {each.endpoint or 'the store'}: {each.message}"
        for each in checks
        if not each.ok
    )


def _clear(engine: IamEngine, subject: Subject, user: ProofUser | None) -> None:
    try:
        if user is not None:
            user.forget()
        engine.sweep_proofs(subject.bucket)
    except EngineError:
        return  # the next proof clears up after this one


class _Proof:
    def __init__(
        self, engine: IamEngine, subject: Subject, pair: Pair, user: ProofUser | None
    ) -> None:
        self._engine = engine
        self._user = user
        self._subject = subject
        self._bucket = subject.bucket
        self._pair = pair if user else engine.admin
        self._run = f"{PROOF_PREFIX}{random.token_hex(8)}/"

    def all(self) -> Iterator[Check]:
        doors = self._engine.doors
        for door in doors:
            yield from self._strangers(door)
            if self._user is not None:
                yield from self._limits(door)
            yield from self._everywhere(door, doors)
            if self._subject.lock_mode != "none":
                yield self._governed(door)
        if self._subject.lock_mode == "COMPLIANCE":
            yield self._strict(doors[0])
        yield from self._lasting(doors)
        if self._subject.encrypts:
            yield self._encrypted(doors[0])
        for part, host, port in self._subject.back_doors:
            yield _back_door(part, host, port)

    def _strangers(self, door: Door) -> Iterator[Check]:
        unknown = Pair("VPK" + random.token_hex(8).upper(), random.token_urlsafe(30))
        forged = Pair(self._pair.access_key, random.token_urlsafe(30))
        for name, pair in (("unsigned", None), ("unknown key", unknown), ("wrong secret", forged)):
            client = s3.s3(door, pair, attempts=1)
            yield self._refused(f"{name} read", door, client.list_objects_v2, Bucket=self._bucket)
            yield self._refused(
                f"{name} write", door, client.put_object, Bucket=self._bucket, Key=self._run + "x"
            )

    def _limits(self, door: Door) -> Iterator[Check]:
        client = s3.s3(door, self._pair, attempts=1)
        if guard := self._subject.guard:
            yield self._refused("other bucket read", door, client.list_objects_v2, Bucket=guard)
            yield self._refused(
                "other bucket write", door, client.put_object, Bucket=guard, Key=self._run + "x"
            )

    def _lasting(self, doors: Sequence[Door]) -> Iterator[Check]:
        """Whoever may use a bucket may not delete it: tried with the guard, under the same right.

        Never with the vault's own: were the engine or somebody's policy wrong, the proof would be
        what destroys the data.
        """
        guard = self._subject.guard
        if not guard or self._user is None:
            return
        self._user.give(self._pair, {self._bucket: "backup", guard: "backup"})
        for door in doors:
            client = s3.s3(door, self._pair, attempts=1)
            yield self._refused("bucket deletion", door, client.delete_bucket, Bucket=guard)
        if self._subject.encrypts:
            yield self._unshared(doors[0])

    def _unshared(self, door: Door) -> Check:
        """A policy on the bucket could open it to others; the portal puts none there."""
        name = "no policy on the bucket"
        try:
            s3.s3(door, self._engine.admin).get_bucket_policy(Bucket=self._bucket)
        except ClientError as fault:
            absent = s3.code_of(fault) == "NoSuchBucketPolicy"
            return Check(name, door.name, ok=absent, message=f"answered {s3.code_of(fault)}")
        except BotoCoreError as fault:
            return Check(name, door.name, ok=False, message=type(fault).__name__)
        return Check(name, door.name, ok=False, message="somebody put one there")

    def _everywhere(self, door: Door, doors: Sequence[Door]) -> Iterator[Check]:
        """What one endpoint took, every endpoint gives at once."""
        key = f"{self._run}{hashlib.sha256(door.url.encode()).hexdigest()[:12]}"
        body = random.token_bytes(SIZE)
        try:
            with s3.talking(door, "Writing"):
                s3.s3(door, self._pair).put_object(
                    Bucket=self._bucket, Key=key, Body=body, **self._kept()
                )
        except EngineError as fault:
            yield Check("write", door.name, ok=False, message=str(fault))
            return
        yield Check("write", door.name, ok=True, message="taken")
        for other in doors:
            name = f"read of what {door.name} took"
            try:
                with s3.talking(other, "Reading"):
                    client = s3.s3(other, self._pair)
                    same = client.get_object(Bucket=self._bucket, Key=key)["Body"].read() == body
                    listed = client.list_objects_v2(Bucket=self._bucket, Prefix=key)["KeyCount"]
            except EngineError as fault:
                yield Check(name, other.name, ok=False, message=str(fault))
                continue
            good = same and listed == 1
            yield Check(name, other.name, ok=good, message="the same" if good else "not the same")

    def _kept(self) -> dict[str, Any]:
        """A bucket's own retention could keep a proof's object for years: say a short one."""
        if self._subject.lock_mode == "none":
            return {}
        until = datetime.now(UTC) + KEEP
        return {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": until}

    def _governed(self, door: Door) -> Check:
        """Even the administrator may not delete a locked version without saying so."""
        name = "lock"
        try:
            with s3.talking(door, "Writing"):
                client = s3.s3(door, self._engine.admin)
                key = self._run + "governed"
                made = client.put_object(Bucket=self._bucket, Key=key, Body=b"x", **self._kept())
        except EngineError as fault:
            return Check(name, door.name, ok=False, message=str(fault))
        return self._refused(
            name,
            door,
            client.delete_object,
            Bucket=self._bucket,
            Key=key,
            VersionId=made.get("VersionId", "null"),
        )

    def _strict(self, door: Door) -> Check:
        """Under COMPLIANCE nobody at all: with the right to bypass, and saying so."""
        name = "lock that nobody lifts"
        client = s3.s3(door, self._engine.admin)
        for seconds in STRICT_SECONDS:
            key = f"{self._run}strict-{seconds}"
            until = datetime.now(UTC) + timedelta(seconds=seconds)
            try:
                with s3.talking(door, "Writing"):
                    made = client.put_object(
                        Bucket=self._bucket,
                        Key=key,
                        Body=b"x",
                        ObjectLockMode="COMPLIANCE",
                        ObjectLockRetainUntilDate=until,
                    )
            except EngineError as fault:
                return Check(name, door.name, ok=False, message=str(fault))
            tried = self._refused(
                name,
                door,
                client.delete_object,
                Bucket=self._bucket,
                Key=key,
                VersionId=made.get("VersionId", "null"),
                BypassGovernanceRetention=True,
            )
            if tried.ok or datetime.now(UTC) < until:
                return tried  # else the lock had ended by itself before it could be tried
        return tried

    def _encrypted(self, door: Door) -> Check:
        """Without its key the engine answers each encrypted put with an error."""
        try:
            with s3.talking(door, "Writing"):
                s3.s3(door, self._engine.admin, attempts=1).put_object(
                    Bucket=self._bucket,
                    Key=self._run + "encrypted",
                    Body=b"x",
                    ServerSideEncryption="AES256",
                    **self._kept(),
                )
        except EngineError as fault:
            return Check("encryption at rest", door.name, ok=False, message=str(fault))
        return Check("encryption at rest", door.name, ok=True, message="taken")

    def _refused(self, name: str, door: Door, call: Callable[..., Any], **arguments: Any) -> Check:
        try:
            call(**arguments)
        except ClientError as fault:
            ok = s3.status_of(fault) in REFUSED
            answer = s3.code_of(fault) or s3.status_of(fault)
            return Check(name, door.name, ok=ok, message=f"answered {answer}")
        except BotoCoreError as fault:
            return Check(name, door.name, ok=False, message=type(fault).__name__)
        return Check(name, door.name, ok=False, message="was let in")


def _back_door(part: str, host: str, port: int) -> Check:
    """The filer deletes any object and the master hands out write tokens: to those they trust.

    They trust holders of the pool's certificate: without one a connection ends before an answer.
    """
    name = f"back door: {part}"
    request = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # whoever it is
    for wrap in (context, None):
        try:
            with ExitStack() as open_now:
                line = open_now.enter_context(
                    socket.create_connection((host, port), timeout=BACK_DOOR_SECONDS)
                )
                if wrap is not None:
                    line = open_now.enter_context(wrap.wrap_socket(line))
                line.sendall(request)
                answer = line.recv(64)
        except OSError:  # TLS alerts are of this kind too: nobody is let in
            continue
        status = answer.split(b" ")[1:2]
        if status and status[0] not in (b"400", b"401", b"403"):
            return Check(name, "", ok=False, message="answers strangers")
    return Check(name, "", ok=True, message="closed")
