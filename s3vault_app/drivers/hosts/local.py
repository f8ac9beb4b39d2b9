"""The machine that the portal runs on: the same script in a child process."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from s3vault_app.drivers.hosts.base import HostLost, Script, answer

PASSED_ON = ("PATH", "HOME", "LANG")


class LocalHost:
    """No login, and nothing of the portal's environment goes along."""

    is_remote = False

    def run(
        self,
        script: Script,
        verb: str,
        values: Mapping[str, str],
        *,
        stdin: bytes = b"",
        seconds: float = 60,
    ) -> dict[str, str]:
        return self.send(script, verb, values, [stdin] if stdin else [], seconds=seconds)

    def send(
        self,
        script: Script,
        verb: str,
        values: Mapping[str, str],
        chunks: Iterable[bytes],
        *,
        seconds: float = 600,
    ) -> dict[str, str]:
        child = subprocess.Popen(  # noqa: S603 our own script, its values quoted
            ["/bin/sh", "-c", script.command(verb, values)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
            env=_environment(),
            start_new_session=True,
        )
        if child.stdin is None:  # it was asked for; said for the type checker's sake
            raise HostLost("The script has no input.")
        try:
            with suppress(BrokenPipeError):  # it ended early, and its exit code says why
                for chunk in chunks:
                    child.stdin.write(chunk)
            stdout, stderr = child.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise HostLost(f"{verb} took longer than {seconds:.0f} seconds.") from None
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
            for pipe in (child.stdin, child.stdout, child.stderr):
                if pipe is not None:
                    with suppress(BrokenPipeError):
                        pipe.close()
        return answer(verb, child.returncode, stdout, stderr)

    def close(self) -> None:
        """There is nothing to leave."""


def _environment() -> dict[str, str]:
    found = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {"HOME": str(Path.home()), "PATH": os.defpath} | found
