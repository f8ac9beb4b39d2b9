"""When the person at this browser last showed who they are: as pages ask it."""

from __future__ import annotations

from vaultportal.identity.proof import is_recent

__all__ = ["is_recent"]
