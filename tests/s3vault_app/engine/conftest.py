"""Machines for the tests of the engine: two real SSH servers, and labs on them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.s3vault_app.engine.lab import Lab, open_lab
from tests.s3vault_app.engine.reaper import reaping
from tests.s3vault_app.engine.site import Site, run_site
from tests.s3vault_app.engine.sshd import SshServer, run_sshd

HOSTS = ("127.0.0.1", "127.0.0.2")


@pytest.fixture(scope="session")
def ground() -> Iterator[Path]:
    """A folder with a short path: sockets lie below it."""
    folder = Path(tempfile.mkdtemp(prefix="s3v-"))
    with reaping(folder):
        yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def ssh_servers(ground: Path) -> Iterator[tuple[SshServer, SshServer]]:
    """Two machines, by address."""
    with ExitStack() as running:
        first, second = (
            running.enter_context(run_sshd(ground / f"sshd-{host}", host)) for host in HOSTS
        )
        yield first, second


@pytest.fixture(scope="session")
def site(ground: Path) -> Iterator[Site]:
    """An engine of two endpoints that stands for the whole session."""
    with run_site(ground) as running:
        yield running


@pytest.fixture
def shared(site: Site, ground: Path, db: None) -> Lab:
    """Rows of a pool whose engine is the session's."""
    return site.rows(ground)


@pytest.fixture
def lab(ground: Path, db: None) -> Iterator[Lab]:
    """A pool of its own, with machines that are cleared when the test is over."""
    with open_lab(ground) as made:
        yield made
