"""The boundary of S3 engines: what a pool's engine can be asked for, whatever it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

# "read" is what is left of "use" while a vault is full: reading, and making room. "drained" and
# "drained_backup" are what is left of "use" and "backup" while a store drains: reading alone.
Right = Literal["read", "use", "backup", "drained", "drained_backup"]
Capability = Literal["install", "lock", "versioning", "iam_users", "bucket_admin", "lifecycle"]


class EngineError(Exception):
    """What an engine would not do, in a sentence for a person; never with a secret."""


class EngineUnreachable(EngineError):
    """It does not answer: trying again may help."""


class EngineRefused(EngineError):
    """It answers, and says no: trying again does not help."""


class BucketHoldsData(EngineRefused):
    """Objects are in the bucket. locked: how many of the versions nobody may delete now."""

    def __init__(self, message: str, *, locked: int = 0) -> None:
        super().__init__(message)
        self.locked = locked


@dataclass(frozen=True, slots=True)
class Pair:
    """An access key and its secret."""

    access_key: str
    secret_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Door:
    """One endpoint. ca: path of the certificates to trust; None for those of the system."""

    name: str
    url: str
    ca: str | None = None
    region: str = "us-east-1"
    path_style: bool = True


@dataclass(frozen=True, slots=True)
class BucketRules:
    """How a bucket is to be. lock_mode: "none", "GOVERNANCE" or "COMPLIANCE"; lock_days: 0 for no
    default retention. lifecycle: ``noncurrent_days``, ``abort_multipart_days``, ``expire_days``."""

    name: str
    region: str = "us-east-1"
    lock_mode: str = "none"
    lock_days: int = 0
    versioning: bool = True
    lifecycle: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Usage:
    """Bytes and objects of a bucket, all versions counted."""

    bytes: int
    objects: int


@dataclass(frozen=True, slots=True)
class Report:
    """Whether an endpoint answers a signed request, in how many milliseconds, and what is wrong."""

    ok: bool
    milliseconds: int | None
    failure: str = ""


class Engine(Protocol):
    """One store and all its doors. Every ``ensure`` may be repeated; nothing is done twice."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it can be asked for beyond objects."""

    @property
    def doors(self) -> Sequence[Door]:
        """Its endpoints; each leads to the same objects."""

    def probe(self, door: Door, bucket: str | None = None) -> Report:
        """A signed request at one door. It never raises."""

    def ensure_bucket(self, rules: BucketRules) -> bool:
        """True when the bucket was made now; its rules are brought to what is wanted.

        Raises:
            EngineError: the store will not; BucketRules that cannot be undone are not undone.
        """

    def ensure_identity(
        self, name: str, pairs: Sequence[Pair], buckets: Mapping[str, Right]
    ) -> None:
        """``name`` exists, has exactly these pairs, and may use exactly these buckets."""

    def forget_identity(self, name: str) -> None:
        """``name``, its pairs and its rights are gone."""

    def delete_bucket(self, name: str, *, force: bool = False) -> None:
        """The bucket is gone; force empties it first.

        Raises:
            BucketHoldsData: it is not empty, or what is locked in it cannot go.
        """

    def usage(self, name: str) -> Usage:
        """What the bucket holds now."""
