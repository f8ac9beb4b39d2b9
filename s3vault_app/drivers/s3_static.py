"""One bucket of a store without user management: one fixed pair, which all users share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from s3vault_app.drivers import s3
from s3vault_app.drivers.base import (
    BucketHoldsData,
    BucketRules,
    Capability,
    Door,
    EngineRefused,
    Pair,
    Right,
)
from s3vault_app.drivers.s3_iam import IamEngine


class StaticEngine(IamEngine):
    """The bucket is there and stays there. It has no users of its own, and says so."""

    capabilities: frozenset[Capability] = frozenset()

    def __init__(self, doors: Sequence[Door], pair: Pair, bucket: str) -> None:
        super().__init__(doors, pair)
        self.bucket = bucket

    def ensure_bucket(self, rules: BucketRules) -> bool:
        """Only the bucket of the pool can be a vault here; its rules are its owner's."""
        if rules.name != self.bucket:
            raise EngineRefused("This store has one bucket, and the vault must bear its name.")
        door = self._open_door()
        with s3.talking(door, "Looking at the bucket"):
            s3.s3(door, self.admin).head_bucket(Bucket=rules.name)
        return False

    def ensure_identity(
        self, name: str, pairs: Sequence[Pair], buckets: Mapping[str, Right]
    ) -> None:
        raise EngineRefused("This store has one fixed pair: users get no pairs of their own.")

    def forget_identity(self, name: str) -> None:
        """There are none."""

    def delete_bucket(self, name: str, *, force: bool = False) -> None:
        """The vault lets go of the bucket; what is in it belongs to the store's owner."""
        if force:
            raise BucketHoldsData("The bucket belongs to the store and is not emptied from here.")
