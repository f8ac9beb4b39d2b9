"""What may be seen of S3 vaults, one module a subject."""

from __future__ import annotations

from s3vault_app.selectors import health, jobs, keys, machines, people, plans, vaults

__all__ = ["health", "jobs", "keys", "machines", "people", "plans", "vaults"]
