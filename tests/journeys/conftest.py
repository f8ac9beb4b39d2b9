"""The client of the wire's tests."""

from __future__ import annotations

from tests.triggers_app.api.conftest import sail

__all__ = ["sail"]
