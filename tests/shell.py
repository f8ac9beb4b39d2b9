"""A process beside a running portal that runs scripts: to start one for each would take seconds."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO

# Each line it reads is a script as JSON; each line it writes is what came of that.
_SERVING = """
import contextlib, io, json, sys, traceback
import django
django.setup()
from django.db import connections
for line in sys.stdin:
    printed, failed = io.StringIO(), ""
    with contextlib.redirect_stdout(printed):
        try:
            exec(json.loads(line), {"__name__": "__main__"})
        except Exception:  # whatever it was, the test is told
            failed = traceback.format_exc()
        connections.close_all()
    print(json.dumps([printed.getvalue(), failed]), flush=True)
"""


class Shell:
    """Started at the first script; each has its own names and its own connection."""

    def __init__(self, environment: Mapping[str, str], log_path: Path) -> None:
        self._environment = dict(environment)
        self._log_path = log_path
        self._process: subprocess.Popen[str] | None = None

    def run(self, script: str) -> str:
        """What the script printed. AssertionError with its traceback when it failed."""
        process = self._process or self._start()
        print(json.dumps(script), file=process.stdin, flush=True)
        answer = _of(process.stdout).readline()
        if not answer:
            raise AssertionError(f"The shell ended; {self._log_path} may say why.")
        printed, failed = json.loads(answer)
        if failed:
            raise AssertionError(failed)
        return str(printed)

    def stop(self) -> None:
        """End it, if it was ever started."""
        if self._process is not None:
            with self._process:
                _of(self._process.stdin).close()

    def _start(self) -> subprocess.Popen[str]:
        with self._log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _SERVING],
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        return self._process


def _of(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe
