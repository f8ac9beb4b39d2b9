"""``vp run``: a program with secrets in its environment, and nowhere else."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from typing import Annotated, NoReturn

import typer

from vaultportal.cli import address, output
from vaultportal.cli.address import Address
from vaultportal.cli.commands.secret import Reason, field_of
from vaultportal.cli.failures import Exit, Failure
from vaultportal.cli.output import Json
from vaultportal.cli.portal import Portal
from vaultportal.cli.profile import VARIABLES
from vaultportal.cli.steering import steers

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def run(
    command: Annotated[list[str], typer.Argument(metavar="-- COMMAND", show_default=False)],
    *,
    secret: Annotated[
        list[str] | None,
        typer.Option("--secret", "-s", help="Each field becomes a variable: db-user as DB_USER."),
    ] = None,
    env: Annotated[
        list[str] | None,
        typer.Option("--env", "-e", help="VARIABLE=SECRET#FIELD: one field in this variable."),
    ] = None,
    prefix: Annotated[str, typer.Option(help="Before the variables of --secret.")] = "",
    resolve: Annotated[
        bool, typer.Option("--resolve", help="Replace ${secret:name/field} in the data.")
    ] = False,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Run a program with secrets in its environment.

    vp becomes the program: its exit code is the program's, or 125 when it was never started, 126
    when it cannot be executed and 127 when there is none.
    """
    wanted = [_one(text) for text in env or ()]
    whole = [address.parse(text) for text in secret or ()]
    if not wanted and not whole:
        raise typer.BadParameter("give --secret or --env")
    try:
        values = dict(_distinct(_values(whole, wanted, prefix, resolve=resolve, reason=reason)))
    except Failure as failure:
        failure.context["cause"] = int(failure.code)
        failure.code = Exit.BEFORE_CHILD
        raise
    _become(command, values)


def _one(text: str) -> tuple[str, Address, str]:
    variable, _, rest = text.partition("=")
    place, _, field = rest.rpartition("#")
    if not _VARIABLE.fullmatch(variable) or not field:
        raise typer.BadParameter("--env is VARIABLE=SECRET#FIELD")
    return variable, address.parse(place), field


def _values(
    whole: list[Address],
    wanted: list[tuple[str, Address, str]],
    prefix: str,
    *,
    resolve: bool,
    reason: str,
) -> Iterator[tuple[str, str]]:
    with Portal() as portal:
        places = dict.fromkeys([*whole, *(place for _, place, _ in wanted)])
        read = {place: portal.read(place, resolve=resolve, reason=reason) for place in places}
    for place in dict.fromkeys(whole):
        for name, value in read[place]["data"].items():
            yield _harmless(prefix, name), output.plain(value)
    for variable, place, field in wanted:
        yield variable, output.plain(field_of(read[place], field))


def _variable(prefix: str, name: str) -> str:
    """``db-user`` as ``DB_USER``."""
    made = prefix + re.sub(r"[^A-Za-z0-9]", "_", name, flags=re.ASCII).upper()
    return made if _VARIABLE.fullmatch(made) else f"_{made}"


def _harmless(prefix: str, name: str) -> str:
    """Fields are named by whoever may write the secret, not by who runs the program."""
    variable = _variable(prefix, name)
    if steers(variable, is_prefixed=bool(prefix)):
        message = f"A field would be {variable}, which programs obey: use --prefix or --env."
        raise Failure(Exit.INVALID, message)
    return variable


def _distinct(pairs: Iterator[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    seen = set()
    for variable, value in pairs:
        if variable in seen:
            raise Failure(Exit.CONFLICT, f"Two fields would be the variable {variable}.")
        if "\0" in value:
            raise Failure(Exit.INVALID, f"The value for {variable} holds a NUL.")
        seen.add(variable)
        yield variable, value


def _become(command: list[str], values: dict[str, str]) -> NoReturn:
    """This process turns into the program, so signals and the exit code are its own."""
    kept = {name: value for name, value in os.environ.items() if not _opens_the_portal(name)}
    # By the caller's own PATH, whatever the values say.
    place = command[0] if "/" in command[0] else shutil.which(command[0])
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        if not place:
            raise FileNotFoundError
        os.execve(place, command, kept | values)  # noqa: S606 the caller's own program, without a shell
    except FileNotFoundError:
        raise Failure(Exit.NO_SUCH_PROGRAM, f"There is no program {command[0]}.") from None
    except OSError as fault:
        message = f"{command[0]} cannot be executed: {fault.strerror}."
        raise Failure(Exit.NOT_EXECUTABLE, message) from None


def _opens_the_portal(name: str) -> bool:
    return name.removesuffix("_FILE") in VARIABLES
