"""What each child of ``children`` begins with: Django and the engine, no thread and no session."""

from __future__ import annotations

import django
import pytest

from tests import network

django.setup()
network.install(pytest.MonkeyPatch())

from s3vault_app.engine import jobs, keys  # noqa: E402 they have models

__all__ = ["jobs", "keys"]
