"""Fixtures of the identity tests."""

from __future__ import annotations

from tests.vaultportal.identity.books import shelf

__all__ = ["shelf"]
