"""A machine as drivers see it: it runs one shell script's verbs, and takes bytes on their input.

Nothing secret is ever an argument: command lines can be read by everybody on a machine. Secrets go
to the standard input of a verb.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

LOCK_BUSY = 75  # EX_TEMPFAIL: another run of a verb holds the machine's lock


class HostError(Exception):
    """What went wrong on a machine, in a sentence for a person. It never holds a secret."""


class HostLost(HostError):
    """The machine cannot be reached, or the connection broke: trying again may help."""


class HostKeyChanged(HostError):
    """The machine does not show the key that was accepted for it: nothing more is done there."""


class VerbFailed(HostError):
    """The machine is there, and says why it will not do this."""


@dataclass(frozen=True, slots=True)
class Script:
    """A POSIX shell program whose first argument is a verb. It answers in lines ``name=value``."""

    program: str

    def command(self, verb: str, values: Mapping[str, str]) -> str:
        """One command line for a login shell of any kind."""
        named = " ".join(f"{name}={shlex.quote(value)}" for name, value in values.items())
        return f"exec env {named} sh -c {shlex.quote(self.program)} s3vault {shlex.quote(verb)}"


class Host(Protocol):
    """One machine, for one thread at a time."""

    # Bytes that travel a real network are worth compressing.
    is_remote: bool

    def run(
        self,
        script: Script,
        verb: str,
        values: Mapping[str, str],
        *,
        stdin: bytes = b"",
        seconds: float = 60,
    ) -> dict[str, str]:
        """Run a verb; its answer by name.

        Raises:
            HostLost, VerbFailed.
        """

    def send(
        self,
        script: Script,
        verb: str,
        values: Mapping[str, str],
        chunks: Iterable[bytes],
        *,
        seconds: float = 600,
    ) -> dict[str, str]:
        """The same with a long input, taken from ``chunks`` as fast as the machine reads it."""

    def close(self) -> None:
        """Leave the machine."""


def answer(verb: str, code: int, stdout: bytes, stderr: bytes) -> dict[str, str]:
    """The lines of a verb that went well.

    Raises:
        HostLost: the lock was busy to the end. VerbFailed: with what the script said.
    """
    if code == LOCK_BUSY:
        raise HostLost(f"{verb}: other work on this machine has not come to an end.")
    if code:
        said = stderr.decode(errors="replace").strip().splitlines()
        raise VerbFailed(said[-1][:300] if said else f"{verb} ended with code {code}.")
    lines = stdout.decode(errors="replace").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)
