"""A place on disk that the services' account can pass to, and a portal's environment in it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services import PREFIXES
from vaultportal.runtime import paths
from vaultportal.runtime.paths import Layout


@pytest.fixture
def place() -> Iterator[Path]:
    """A new folder. pytest's own are closed to other accounts, and root's services have one."""
    folder = Path(tempfile.mkdtemp(prefix="vp-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No variable of the portal is set."""
    for name in [name for name in os.environ if name.startswith(PREFIXES)]:
        monkeypatch.delenv(name)
    return monkeypatch


@pytest.fixture
def layout(place: Path, empty_environment: pytest.MonkeyPatch) -> Iterator[Layout]:
    """The environment of a portal in a path with a blank."""
    empty_environment.setenv("PORTAL_DATA_DIR", str(place / "the data"))
    found = paths.layout()
    yield found
    shutil.rmtree(found.sockets, ignore_errors=True)
