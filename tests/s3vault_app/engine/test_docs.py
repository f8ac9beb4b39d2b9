"""The commands of "Your first S3 vault", copied as they stand, against a real portal."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from s3vault_app.drivers.hosts.local import LocalHost
from s3vault_app.drivers.seaweedfs.installer import Installer
from tests.portal import Portal
from tests.s3vault_app.engine.lab import free_ports
from tests.s3vault_app.engine.reaper import reaping

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("s3vault")]
ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 60.0


@pytest.fixture
def here(portal: Portal) -> Iterator[Path]:
    """Where the portal installs on its own machine, at ports that are free."""
    portal.manage(
        "shell",
        "--no-imports",
        "-c",
        "from s3vault_app.models import Machine; "
        f"Machine.objects.filter(kind='local').update(ports={free_ports('127.0.0.1')})",
    )
    root = portal.data_dir / "s3" / "here"
    with reaping(root.parent):
        yield root
    mark = root / "engine" / "etc" / "node"
    node = mark.read_text().strip() if mark.exists() else "none"
    Installer(LocalHost(), "0", str(root), node=node).remove(purge=True)


def test_the_commands_of_the_page_do_what_it_says(portal: Portal, here: Path) -> None:
    text = (ROOT / "docs" / "your-first-s3-vault.md").read_text(encoding="utf-8")
    script = "\n".join(re.findall(r"```bash\n(.*?)```", text, re.DOTALL))
    programs = Path(sys.executable).parent
    environment = dict(portal.environment)
    environment["PATH"] = f"{programs}:{environment['PATH']}"
    environment["CA"] = str(portal.data_dir / "tls" / "ca.pem")

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr + portal.log()[-3000:]
    assert "the vault is READY" in done.stdout
    assert "two and two" in done.stdout
    assert "refused, as it should be" in done.stdout
    deadline = time.monotonic() + PATIENCE
    while any(here.iterdir()) if here.exists() else False:
        assert time.monotonic() < deadline, "the engine was not taken off"
        time.sleep(0.1)  # between two looks
