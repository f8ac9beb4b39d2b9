"""What may be seen of S3 vaults, one module a subject."""

from __future__ import annotations

from s3vault_app.selectors import (
    counts,
    grants,
    health,
    jobs,
    keys,
    machines,
    people,
    plans,
    steps,
    strips,
    vaults,
    watch,
)

__all__ = [
    "counts",
    "grants",
    "health",
    "jobs",
    "keys",
    "machines",
    "people",
    "plans",
    "steps",
    "strips",
    "vaults",
    "watch",
]
