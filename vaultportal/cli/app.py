"""All commands of ``vp``, and how it ends."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from vaultportal import __version__
from vaultportal.cli.commands import put, run, secret, session, transfer
from vaultportal.cli.failures import Exit, Failure

# Plain text, and never a traceback with values in it.
app = typer.Typer(
    name="vp",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Secrets of the Vault Portal, for people and scripts.",
)
secrets = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Read and write secrets.")
app.add_typer(secrets, name="secret")

secrets.command()(secret.get)
secrets.command()(put.put)
secrets.command("list")(secret.list_)
secrets.command()(secret.rm)
secrets.command()(secret.versions)
secrets.command()(secret.restore)
app.command()(session.login)
app.command()(session.logout)
app.command("import")(transfer.import_)
app.command()(transfer.export)
app.command(context_settings={"allow_interspersed_args": False})(run.run)


def _version(asked: bool) -> None:  # noqa: FBT001 typer's signature of a callback
    if asked:
        typer.echo(f"vp {__version__}")
        raise typer.Exit


@app.callback()
def options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Tell it, and end.")
    ] = False,
) -> None:
    """Secrets of the Vault Portal, for people and scripts."""


def main() -> None:
    """Run one command; ends the process with a code of ``Exit``."""
    words = sys.argv[1:]
    as_json = "--json" in (words[: words.index("--")] if "--" in words else words)
    try:
        app(prog_name="vp")
    except Failure as failure:
        failure.tell(as_json=as_json)
        sys.exit(failure.code)
    except Exception as fault:
        # A traceback may hold what must not be seen; its kind and place are enough for a report.
        place = fault.__traceback__
        while place and place.tb_next:
            place = place.tb_next
        where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else "?"
        Failure(Exit.FAILED, f"vp itself failed: {type(fault).__name__} at {where}").tell(
            as_json=as_json
        )
        sys.exit(Exit.FAILED)
