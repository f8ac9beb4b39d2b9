"""How secret values come in: from a file, the environment, a prompt or standard input, and never
from the command line, which every process of the machine can read."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import typer

from vaultportal.cli.failures import Exit, Failure

STDIN = "-"


def content(path: str) -> bytes:
    """What is in a file, or on standard input for ``-``."""
    if path == STDIN:
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except OSError as fault:
        raise Failure(Exit.USAGE, f"{path} cannot be read: {fault.strerror}.") from None


def text(path: str) -> str:
    """The same as text, without the one line end that editors and ``echo`` add."""
    try:
        found = content(path).decode()
    except UnicodeDecodeError:
        raise Failure(Exit.USAGE, "The value is not UTF-8 text.") from None
    return found.removesuffix("\n").removesuffix("\r")


def from_environment(name: str) -> str:
    """The variable ``name``, or what is in the file that ``name``_FILE names; "" for neither."""
    path = os.environ.get(f"{name}_FILE", "")
    return text(path) if path else os.environ.get(name, "")


def secret(label: str, *, variable: str = "", path: str = "", confirm: bool = False) -> str:
    """One secret: from ``path``, else the variable, else asked for, else standard input.

    Raises:
        Failure: it is empty, or cannot be read.
    """
    found = text(path) if path else from_environment(variable) if variable else ""
    if not found and not path:
        if sys.stdin.isatty():
            found = typer.prompt(label, hide_input=True, confirmation_prompt=confirm, err=True)
        else:
            found = text(STDIN)
    if not found:
        raise Failure(Exit.USAGE, f"{label}: nothing was given.")
    return found


def confirm(question: str, *, yes: bool) -> None:
    """Ask a person; a script must say ``--yes``.

    Raises:
        Failure: neither was said.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise Failure(Exit.USAGE, "Say --yes where nobody can be asked.")
    if not typer.confirm(question, err=True):
        raise Failure(Exit.FAILED, "Nothing was done.")
