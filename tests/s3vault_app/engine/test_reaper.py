"""Tests that are killed leave no engine behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.s3vault_app.engine.reaper import running

ROOT = Path(__file__).parents[3]
PATIENCE = 30.0
INSIDE = """
import subprocess, sys, time
from pathlib import Path
from tests.s3vault_app.engine.reaper import reaping
folder = Path(sys.argv[1])
with reaping(folder):
    subprocess.Popen(["sleep", "300"], cwd=folder, start_new_session=True)
    (folder / "up").touch()
    time.sleep(300)  # till somebody ends it
"""


def test_what_killed_tests_have_installed_is_ended() -> None:
    folder = Path(tempfile.mkdtemp(prefix="s3v-"))
    tests = subprocess.Popen(
        [sys.executable, "-c", INSIDE, folder], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    deadline = time.monotonic() + PATIENCE
    while not (folder / "up").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)  # between two looks

    tests.send_signal(signal.SIGKILL)
    tests.wait()

    while folder.exists() or running(folder):
        assert time.monotonic() < deadline, running(folder)
        time.sleep(0.05)  # between two looks
