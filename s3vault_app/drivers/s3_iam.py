"""A store that speaks S3 and IAM: buckets, users, policies and pairs through its own API."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError  # type: ignore[import-untyped]  # see s3.py

from s3vault_app.drivers import policies, s3
from s3vault_app.drivers.base import (
    BucketHoldsData,
    BucketRules,
    Capability,
    Door,
    EngineError,
    EngineRefused,
    EngineUnreachable,
    Pair,
    Report,
    Right,
    Usage,
)

# Objects of the portal's own proofs; they do not count as data.
PROOF_PREFIX = ".vault-portal-proof/"
GONE = {"NoSuchEntity", "NoSuchBucket", "NoSuchKey", "404"}
BATCH = 1000
SETTLE_SECONDS = 20.0


class IamEngine:
    """doors: every one leads to the same store; the first that answers is asked.

    Identities of one store are changed by one caller at a time: SeaweedFS keeps them in documents
    that it reads, changes and writes back, so that of two changes at once one is lost.
    """

    capabilities: frozenset[Capability] = frozenset(
        {"lock", "versioning", "iam_users", "bucket_admin", "lifecycle"}
    )

    def __init__(self, doors: Sequence[Door], admin: Pair, iam_url: str = "") -> None:
        self.doors = list(doors)
        self.admin = admin
        self._iam_url = iam_url

    def probe(self, door: Door, bucket: str | None = None) -> Report:
        began = time.monotonic()
        try:
            with s3.talking(door, "HeadBucket" if bucket else "ListBuckets"):
                client = s3.s3(door, self.admin, attempts=1)
                client.head_bucket(Bucket=bucket) if bucket else client.list_buckets()
        except EngineError as fault:
            return Report(ok=False, milliseconds=None, failure=str(fault)[:450])
        return Report(ok=True, milliseconds=int((time.monotonic() - began) * 1000))

    # -- buckets ----------------------------------------------------------------------------------

    def has_bucket(self, name: str) -> bool:
        """Whether the store has a bucket of the name, whoever made it."""
        door = self._open_door()
        client = s3.s3(door, self.admin)
        return _patiently(door, "Looking for the bucket", lambda: _is_there(client, name))

    def ensure_bucket(self, rules: BucketRules) -> bool:
        door = self._open_door()
        client = s3.s3(door, self.admin)
        made = _patiently(door, "Making the bucket", lambda: self._make(client, rules))
        with s3.talking(door, "Setting the rules of the bucket"):
            self._keep_rules(client, rules)
        return made

    def _make(self, client: Any, rules: BucketRules) -> bool:
        if _is_there(client, rules.name):
            return False
        options: dict[str, Any] = {"Bucket": rules.name}
        if rules.lock_mode != "none":
            options["ObjectLockEnabledForBucket"] = True
        if rules.region != "us-east-1":
            options["CreateBucketConfiguration"] = {"LocationConstraint": rules.region}
        try:
            client.create_bucket(**options)
        except ClientError as fault:
            if s3.code_of(fault) != "BucketAlreadyOwnedByYou":
                raise
            return False
        return True

    def _keep_rules(self, client: Any, rules: BucketRules) -> None:
        if rules.versioning and rules.lock_mode == "none":
            client.put_bucket_versioning(
                Bucket=rules.name, VersioningConfiguration={"Status": "Enabled"}
            )
        if rules.lock_mode != "none" and rules.lock_days:
            wanted = {"Mode": rules.lock_mode, "Days": rules.lock_days}
            found = client.get_object_lock_configuration(Bucket=rules.name)
            if found["ObjectLockConfiguration"].get("Rule", {}).get("DefaultRetention") != wanted:
                client.put_object_lock_configuration(
                    Bucket=rules.name,
                    ObjectLockConfiguration={
                        "ObjectLockEnabled": "Enabled",
                        "Rule": {"DefaultRetention": wanted},
                    },
                )
        if rules.lifecycle:
            client.put_bucket_lifecycle_configuration(
                Bucket=rules.name, LifecycleConfiguration={"Rules": [_lifecycle(rules.lifecycle)]}
            )

    def await_room(self, name: str) -> None:
        """The bucket takes an object: after a start that is later than the first answer."""
        door = self._open_door()
        client, key = s3.s3(door, self.admin), f"{PROOF_PREFIX}room"

        def put() -> bool:
            client.put_object(Bucket=name, Key=key, Body=b"x")
            client.delete_object(Bucket=name, Key=key)
            return True

        _patiently(door, "Writing", put)

    def usage(self, name: str) -> Usage:
        door = self._open_door()
        with s3.talking(door, "Counting"):
            held = [each for each in self._versions(door, name) if "Size" in each]
        return Usage(bytes=sum(each["Size"] for each in held), objects=len(held))

    def delete_bucket(self, name: str, *, force: bool = False) -> None:
        """Whether it is empty is counted here: the engine deletes versions with their bucket."""
        door = self._open_door()
        with s3.talking(door, "Deleting the bucket"):
            client = s3.s3(door, self.admin)
            if not _is_there(client, name):
                return
            held = list(self._versions(door, name))
            data = [each for each in held if not each["Key"].startswith(PROOF_PREFIX)]
            if data and not force:
                raise BucketHoldsData(f"{len(data)} objects and versions are in the bucket.")
            locked = [each for each in held if self._is_locked(client, name, each)]
            if locked:
                raise BucketHoldsData(
                    f"{len(locked)} versions in the bucket are locked.", locked=len(locked)
                )
            self._empty(client, name, held)
            if late := list(self._versions(door, name)):
                raise BucketHoldsData(f"{len(late)} versions were written to it meanwhile.")
            client.delete_bucket(Bucket=name)

    def _is_locked(self, client: Any, bucket: str, version: Mapping[str, Any]) -> bool:
        """Under a COMPLIANCE lock, or held: what governance protects may go with the vault."""
        if "Size" not in version:
            return False  # a marker of a deletion
        options = {"Bucket": bucket, "Key": version["Key"], "VersionId": version["VersionId"]}
        found = client.head_object(**options)
        if found.get("ObjectLockLegalHoldStatus") == "ON":
            return True
        until = found.get("ObjectLockRetainUntilDate")
        strict = found.get("ObjectLockMode") == "COMPLIANCE"
        return bool(strict and until and until > datetime.now(UTC))

    def _empty(self, client: Any, bucket: str, versions: Sequence[Mapping[str, Any]]) -> None:
        for start in range(0, len(versions), BATCH):
            names = [
                {"Key": each["Key"], "VersionId": each["VersionId"]}
                for each in versions[start : start + BATCH]
            ]
            answer = client.delete_objects(
                Bucket=bucket,
                Delete={"Objects": names, "Quiet": True},
                BypassGovernanceRetention=True,
            )
            if failed := answer.get("Errors"):
                raise BucketHoldsData(
                    f"{len(failed)} versions in the bucket could not be deleted.",
                    locked=len(failed),
                )

    def _versions(self, door: Door, bucket: str, prefix: str = "") -> Iterator[dict[str, Any]]:
        """Versions (with ``Size``) and deletion markers (without)."""
        pages = s3.s3(door, self.admin).get_paginator("list_object_versions")
        for page in pages.paginate(Bucket=bucket, Prefix=prefix):
            yield from page.get("Versions", ())
            for marker in page.get("DeleteMarkers", ()):
                yield {"Key": marker["Key"], "VersionId": marker["VersionId"]}

    def sweep_proofs(self, bucket: str) -> None:
        """Take away what proofs left in a bucket and may go by now."""
        door = self._open_door()
        client = s3.s3(door, self.admin)
        with s3.talking(door, "Clearing up after a proof"):
            for each in self._versions(door, bucket, PROOF_PREFIX):
                with suppress(ClientError):  # still locked: the next proof takes it
                    client.delete_object(
                        Bucket=bucket,
                        Key=each["Key"],
                        VersionId=each["VersionId"],
                        BypassGovernanceRetention=True,
                    )

    # -- identities -------------------------------------------------------------------------------

    def ensure_identity(
        self, name: str, pairs: Sequence[Pair], buckets: Mapping[str, Right]
    ) -> None:
        door = self._iam_door()
        client = s3.iam(door, self.admin)
        with s3.talking(door, "Telling the engine of a user"):
            _once(client.create_user, UserName=name)
            self._keep_policies(client, name, buckets)
            self._keep_pairs(client, name, pairs)

    def forget_identity(self, name: str) -> None:
        door = self._iam_door()
        client = s3.iam(door, self.admin)
        with s3.talking(door, "Taking a user from the engine"), _gone_is_fine():
            self._keep_pairs(client, name, ())  # pairs first: access ends here
            self._keep_policies(client, name, {})
            client.delete_user(UserName=name)

    def _keep_policies(self, client: Any, name: str, buckets: Mapping[str, Right]) -> None:
        wanted = {
            policies.name_for(each): policies.document(each, buckets[each]) for each in buckets
        }
        for known in client.list_user_policies(UserName=name)["PolicyNames"]:
            if known not in wanted:
                client.delete_user_policy(UserName=name, PolicyName=known)
        for policy, document in wanted.items():
            client.put_user_policy(UserName=name, PolicyName=policy, PolicyDocument=document)

    def _keep_pairs(self, client: Any, name: str, pairs: Sequence[Pair]) -> None:
        """Those that are not wanted go first: an old pair, and one that a dead worker left."""
        listed = client.list_access_keys(UserName=name)["AccessKeyMetadata"]
        known = {each["AccessKeyId"] for each in listed}
        for stray in known - {pair.access_key for pair in pairs}:
            client.delete_access_key(UserName=name, AccessKeyId=stray)
        for pair in pairs:
            if pair.access_key in known:
                continue
            with s3.chosen(pair):
                made = client.create_access_key(UserName=name)["AccessKey"]
            if made["AccessKeyId"] != pair.access_key:
                client.delete_access_key(UserName=name, AccessKeyId=made["AccessKeyId"])
                raise EngineRefused(
                    "This store chooses key pairs itself. Use one fixed pair (s3-static)."
                )

    # -- doors ------------------------------------------------------------------------------------

    def _open_door(self) -> Door:
        """The first that answers.

        Raises:
            EngineUnreachable: there is none.
        """
        if len(self.doors) == 1:
            return self.doors[0]
        for door in self.doors:
            if self.probe(door).ok:
                return door
        raise EngineUnreachable(
            "No endpoint of the store answers." if self.doors else "The store has no endpoint yet."
        )

    def _iam_door(self) -> Door:
        door = self._open_door()
        if not self._iam_url:
            return door
        return Door(door.name, self._iam_url, door.ca, door.region, door.path_style)


def _patiently(door: Door, what: str, call: Callable[[], bool]) -> bool:
    """The engine is up some moments before it has room for a bucket."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        try:
            with s3.talking(door, what):
                return call()
        except EngineUnreachable:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)  # asked again till the deadline: it tells nobody when it is ready


def _is_there(client: Any, bucket: str) -> bool:
    """Another answer than yes or "there is none" is nothing to go on."""
    try:
        client.head_bucket(Bucket=bucket)
    except ClientError as fault:
        if s3.code_of(fault) in GONE:
            return False
        raise
    return True


@contextmanager
def _gone_is_fine() -> Iterator[None]:
    """What is gone already needs no taking away."""
    try:
        yield
    except ClientError as fault:
        if s3.code_of(fault) not in GONE:
            raise


def _once(call: Any, **arguments: Any) -> None:
    try:
        call(**arguments)
    except ClientError as fault:
        if s3.code_of(fault) != "EntityAlreadyExists":
            raise


def _lifecycle(days: Mapping[str, int]) -> dict[str, Any]:
    rule: dict[str, Any] = {"ID": "vault", "Status": "Enabled", "Filter": {"Prefix": ""}}
    if days.get("expire_days"):
        rule["Expiration"] = {"Days": days["expire_days"]}
    if days.get("noncurrent_days"):
        rule["NoncurrentVersionExpiration"] = {"NoncurrentDays": days["noncurrent_days"]}
    if days.get("abort_multipart_days"):
        rule["AbortIncompleteMultipartUpload"] = {
            "DaysAfterInitiation": days["abort_multipart_days"]
        }
    return rule
