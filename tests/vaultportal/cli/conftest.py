"""``vp`` as it runs in a shell: a process of its own, with a configuration folder of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.portal import Portal
from tests.secrets_app.api.conftest import World
from tests.secrets_app.api.conftest import world as world
from vaultportal.runtime.paths import BASE_DIR

# Stands in every value that these tests store; it must come out where it was asked for alone.
CANARY = "canary-71c5"


@dataclass
class Vp:
    """One account on one machine."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    program: tuple[str, ...] = (sys.executable, "-m", "vaultportal.cli")

    def start(self, *words: str, **more: str) -> subprocess.Popen[bytes]:
        """The process, its three streams as pipes."""
        own = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.folder),
            "PYTHONPATH": str(BASE_DIR),
            "LANG": "C.UTF-8",
        }
        return subprocess.Popen(
            [*self.program, *words],
            env={**own, **self.environment, **more},
            cwd=self.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, *words: str, exits: int = 0, given: bytes = b"", **more: str) -> bytes:
        """What it printed; it must end with ``exits`` and tell no value where errors are told."""
        return self._ended(words, exits, given, more)

    def json(self, *words: str, given: bytes = b"", **more: str) -> Any:
        """What it printed with ``--json``."""
        return json.loads(self._ended((*words, "--json"), 0, given, more))

    def refusal(self, exits: int, *words: str, given: bytes = b"", **more: str) -> dict[str, Any]:
        """What it told on standard error with ``--json``."""
        told: dict[str, Any] = json.loads(self._ended((*words, "--json"), exits, given, more))
        assert told["exit_code"] == exits
        return told

    def _ended(
        self, words: tuple[str, ...], exits: int, given: bytes, more: Mapping[str, str]
    ) -> bytes:
        assert CANARY not in " ".join(words)
        process = self.start(*words, **more)
        printed, told = process.communicate(given, timeout=60)
        assert process.returncode == exits, told.decode()
        assert CANARY.encode() not in told
        assert b"Traceback" not in told
        assert bool(told) or not exits, "a failure says why"
        return told if exits else printed

    @property
    def kept(self) -> Path:
        return self.folder / ".config" / "vp" / "credentials.json"


def machine_of(portal: Portal, folder: Path) -> Vp:
    """An account whose environment names an API client, as automation has it."""
    privx = portal.credentials["privx"]
    return Vp(
        folder,
        {
            "VP_URL": portal.url,
            "VP_CLIENT_ID": privx["api_client_id"],
            "VP_CLIENT_SECRET": privx["api_client_secret"],
        },
    )


@pytest.fixture
def nobody(portal: Portal, tmp_path: Path) -> Vp:
    """Not signed in."""
    return Vp(tmp_path)


@pytest.fixture
def owner(world: World, tmp_path: Path) -> Vp:
    """A person with an API key in the environment."""
    return keyed(world, "owner", tmp_path)


def keyed(world: World, who: str, folder: Path) -> Vp:
    """Somebody of the world, by an API key."""
    key = world.people[who]["token"]
    return Vp(folder, {"VP_URL": world.portal.url, "VP_API_KEY": key})
