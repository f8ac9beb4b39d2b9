"""The engine that the portal installs: an IAM-speaking store on machines of its own."""

from __future__ import annotations

from s3vault_app.drivers.base import Capability
from s3vault_app.drivers.s3_iam import IamEngine


class SeaweedEngine(IamEngine):
    """Users, buckets and locks go through its S3 and IAM API, at any of its endpoints."""

    capabilities: frozenset[Capability] = IamEngine.capabilities | {"install"}
