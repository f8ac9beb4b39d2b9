"""A hardened process keeps its memory to itself. Tried in a child: it cannot be undone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
SCRIPT = """
import ctypes, json, resource
from vaultportal.crypto import process
process.harden()
process.harden()
print(json.dumps({
    "core": resource.getrlimit(resource.RLIMIT_CORE),
    "dumpable": ctypes.CDLL(None).prctl(3, 0, 0, 0, 0),
}))
"""


def test_a_hardened_process_is_not_dumped() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )

    assert json.loads(answer.stdout) == {"core": [0, 0], "dumpable": 0}
    assert answer.stderr == b""
