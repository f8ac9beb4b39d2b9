"""Programs with an ordinary HTTP client, against the one command as a person runs it, over TLS."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import certifi
import pytest

from tests.portal import Portal, free_port
from vaultportal.runtime.paths import BASE_DIR

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
SECONDS = 120.0
EXAMPLE = BASE_DIR / "deploy" / "examples" / "personal_secrets.py"


@dataclass(frozen=True)
class Served:
    """A running ``serve --tls``, by its address and the authority that it printed."""

    url: str
    ca: Path


@pytest.fixture(scope="module")
def served(portal: Portal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One more way in to the portal of the session: its database and keys, own port and folder."""
    folder, port = tmp_path_factory.mktemp("serve"), free_port()
    url = f"https://localhost:{port}"
    environment = {
        **portal.environment,
        "PORTAL_DATA_DIR": str(folder / "data"),
        "PUBLIC_BASE_URL": url,
    }
    log = folder / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--tls", "--no-worker", "--port", str(port)],
            cwd=BASE_DIR,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
    try:
        until = time.monotonic() + SECONDS
        while "Ctrl-C stops everything." not in log.read_text():
            assert time.monotonic() < until, log.read_text()[-4000:]
            assert process.poll() is None, log.read_text()[-4000:]
            time.sleep(0.1)  # between two looks
        told = re.search(r"Clients must trust its CA: (.+)", log.read_text())
        assert told
        yield Served(url, Path(told[1].strip()))
    finally:
        process.terminate()
        process.wait(timeout=60)


def credentials(portal: Portal, served: Served) -> dict[str, str]:
    """As ``bootstrap --env`` prints them."""
    privx = {f"PRIVX_{name.upper()}": value for name, value in portal.credentials["privx"].items()}
    return {"PORTAL_URL": served.url, "PORTAL_CA": str(served.ca), **privx}


def test_the_example_program_gets_every_answer_it_expects(portal: Portal, served: Served) -> None:
    done = subprocess.run(
        [sys.executable, "-I", str(EXAMPLE)],
        env=credentials(portal, served),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout == "All answers are as the wire has them.\n"


def test_it_trusts_nobody_else(portal: Portal, served: Served) -> None:
    """Not even those whom every browser trusts."""
    done = subprocess.run(
        [sys.executable, "-I", str(EXAMPLE)],
        env=credentials(portal, served) | {"PORTAL_CA": certifi.where()},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 1
    assert "CERTIFICATE_VERIFY_FAILED" in done.stderr


def test_vp_signs_in_with_the_portals_own_authority(
    portal: Portal, served: Served, tmp_path: Path
) -> None:
    known = credentials(portal, served)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "VP_CLIENT_SECRET": known["PRIVX_API_CLIENT_SECRET"],
    }

    def vp(*words: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [str(BASE_DIR / "deploy" / "vp"), *words],
            env=environment,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )

    sign_in = ("login", served.url, "--client", known["PRIVX_API_CLIENT_ID"])
    untrusted = vp(*sign_in)
    assert untrusted.returncode == 7
    assert b"certificate verify failed" in untrusted.stderr
    assert vp(*sign_in, "--ca", str(served.ca)).returncode == 0
    listed = vp("secret", "list")
    assert listed.returncode == 0, listed.stderr
