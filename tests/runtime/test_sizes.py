"""A wrong number of processes or threads ends ``serve`` before it starts anything."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from vaultportal.runtime import serving


@pytest.mark.parametrize(
    "name", ["PORTAL_WEB_PROCESSES", "PORTAL_WEB_THREADS", "PORTAL_WORKER_PROCESSES"]
)
def test_serve_refuses_what_is_no_number(name: str, empty_environment: pytest.MonkeyPatch) -> None:
    empty_environment.setenv(name, "many")

    with pytest.raises(ImproperlyConfigured, match=name):
        serving.serve()
