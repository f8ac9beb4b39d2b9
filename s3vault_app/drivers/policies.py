"""What a person may do in a bucket, as policies that IAM-speaking stores take.

The engine refuses whole documents for one action that it does not know: these are the ones that it
knows. ListParts is spelled so there, not ListMultipartUploadParts.
"""

from __future__ import annotations

import json

from s3vault_app.drivers.base import Right

# The wire's predefined role "S3 User"; without the writing while a vault is full. An engine's own
# quota answers 500, which clients try again and again; a missing right is a plain 403.
_OBJECTS_READ = ["GetObject", "DeleteObject", "AbortMultipartUpload", "ListParts"]
_OBJECTS = [*_OBJECTS_READ, "PutObject"]
_BUCKET = ["ListBucket", "ListMultipartUploads"]
# What backup products ask for so that they can lock their own objects.
_OBJECTS_BACKUP = [
    "GetObjectVersion",
    "DeleteObjectVersion",
    "GetObjectRetention",
    "PutObjectRetention",
    "GetObjectLegalHold",
    "PutObjectLegalHold",
]
_BUCKET_BACKUP = [
    "ListBucketVersions",
    "GetBucketLocation",
    "GetBucketVersioning",
    "GetBucketObjectLockConfiguration",
]


_ACTIONS: dict[Right, tuple[list[str], list[str]]] = {
    "read": (_OBJECTS_READ, _BUCKET),
    "use": (_OBJECTS, _BUCKET),
    "backup": ([*_OBJECTS, *_OBJECTS_BACKUP], [*_BUCKET, *_BUCKET_BACKUP]),
    # No deletion either: what is being moved must not change meanwhile.
    "drained": (["GetObject"], ["ListBucket"]),
    "drained_backup": (
        ["GetObject", *(each for each in _OBJECTS_BACKUP if each.startswith("Get"))],
        ["ListBucket", *_BUCKET_BACKUP],
    ),
}


def name_for(bucket: str) -> str:
    """One policy for each bucket: they add up, and taking one away ends just that."""
    return f"v-{bucket}"


def document(bucket: str, right: Right) -> str:
    """The policy of one right on one bucket, as JSON."""
    objects, whole = _ACTIONS[right]
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                _allow(objects, f"arn:aws:s3:::{bucket}/*"),
                _allow(whole, f"arn:aws:s3:::{bucket}"),
            ],
        }
    )


def _allow(actions: list[str], resource: str) -> dict[str, object]:
    return {
        "Effect": "Allow",
        "Action": [f"s3:{action}" for action in actions],
        "Resource": [resource],
    }
