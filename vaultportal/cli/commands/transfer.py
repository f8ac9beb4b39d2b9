"""``vp import`` and ``vp export``."""

from __future__ import annotations

import os
import sys
import tempfile
from base64 import b64encode
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from vaultportal.cli import inputs, output
from vaultportal.cli.commands.secret import Filter
from vaultportal.cli.failures import Exit, Failure
from vaultportal.cli.output import Json
from vaultportal.cli.portal import ALL, Portal


class Format(StrEnum):
    BITWARDEN_JSON = "bitwarden-json"
    BITWARDEN_CSV = "bitwarden-csv"
    ONEPASSWORD_CSV = "1password-csv"
    KEEPASS = "keepass"
    DOTENV = "dotenv"
    KV_JSON = "kv-json"


class OnConflict(StrEnum):
    REFUSE = "refuse"
    SKIP = "skip"


def import_(
    format_: Annotated[Format, typer.Argument(metavar="FORMAT")],
    file: Annotated[str, typer.Argument(help="- for standard input.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell.")] = False,
    shared: Annotated[bool, typer.Option("--shared", help="Shared, not your own.")] = False,
    folder: Annotated[str, typer.Option(help="Before every name.")] = "",
    on_conflict: Annotated[OnConflict, typer.Option(help="Names that are taken.")] = (
        OnConflict.REFUSE
    ),
    read_role: Annotated[list[str] | None, typer.Option(help="Name or id.")] = None,
    write_role: Annotated[list[str] | None, typer.Option(help="Name or id.")] = None,
    keyfile: Annotated[str, typer.Option(help="Of a KeePass database.")] = "",
    password_file: Annotated[str, typer.Option(help="Of a KeePass database.")] = "",
    as_json: Json = False,
) -> None:
    """Take over the secrets of another program: all of the file, or nothing of it.

    A KeePass database asks for its password, or takes it from VP_IMPORT_PASSWORD.
    """
    upload: dict[str, Any] = {"content": _encoded(inputs.content(file))}
    if file != inputs.STDIN:
        upload["title"] = Path(file).stem
    if keyfile:
        upload["keyfile"] = _encoded(inputs.content(keyfile))
    if format_ == Format.KEEPASS:
        upload["password"] = inputs.secret(
            "Password of the database", variable="VP_IMPORT_PASSWORD", path=password_file
        )
    with Portal() as portal:
        plan = {
            "format": format_.value,
            "dry_run": dry_run,
            "shared": shared,
            "folder": folder,
            "on_conflict": on_conflict.value,
            "read_roles": portal.role_ids(read_role or []),
            "write_roles": portal.role_ids(write_role or []),
        }
        job = f"{ALL}/imports/{portal.call('POST', f'{ALL}/imports', json=plan).json()['id']}"
        try:
            done = portal.call("PUT", f"{job}/content", json=upload).json()
        except Failure as failure:
            report = portal.call("GET", job).json()["report"]
            failure.context["report"] = report
            failure.details += tuple(_obstacles(report))
            raise
    output.show(done, _told(done), as_json=as_json)


def _encoded(content: bytes) -> str:
    return b64encode(content).decode()


def _obstacles(report: dict[str, Any]) -> list[str]:
    taken = [f"taken: {name}" for name in report.get("taken", ())]
    return taken + [f"{row['name']}: {row['problem']}" for row in report.get("problems", ())]


def _told(job: dict[str, Any]) -> str:
    report = job["report"]
    would = "would become secrets" if job["dry_run"] else "are secrets now"
    lines = [f"{report['secrets']} of {job['total']} entries {would}."]
    for row in report["entries"]:
        if row["becomes"] != "secret":
            lines.append(f"  {row['becomes']}: {row['name']}")
        elif row["lost"]:
            lines.append(f"  without {', '.join(row['lost'])}: {row['name']}")
    return "\n".join(lines)


def export(
    file: Annotated[str, typer.Argument(help="A KeePass database (KDBX); - for standard output.")],
    *,
    query: Annotated[str, typer.Option(help="Words, any of them in the name.")] = "",
    filter_: Annotated[Filter, typer.Option("--filter", help="Which.")] = Filter.READABLE,
    passphrase_file: Annotated[str, typer.Option(help="Where the passphrase is.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
    as_json: Json = False,
) -> None:
    """Write what you may read into an archive under a passphrase.

    The passphrase is asked for, or taken from VP_EXPORT_PASSPHRASE. The file is yours alone (0600).
    """
    to_stdout = file == inputs.STDIN
    if to_stdout and (as_json or sys.stdout.isatty()):
        raise typer.BadParameter("an archive does not go to a terminal, nor beside JSON")
    if not to_stdout and not force and Path(file).exists():
        raise Failure(Exit.CONFLICT, f"{file} exists: say --force to replace it.")
    passphrase = inputs.secret(
        "Passphrase", variable="VP_EXPORT_PASSPHRASE", path=passphrase_file, confirm=True
    )
    wanted = {"passphrase": passphrase, "q": query, "filter": filter_.value}
    with Portal() as portal:
        archive = portal.call("POST", f"{ALL}/export", json=wanted).content
    if to_stdout:
        sys.stdout.buffer.write(archive)
        return
    _write(Path(file), archive)
    output.show({"file": file, "bytes": len(archive)}, "", as_json=as_json)


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, and for nobody else to read."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".vp-")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except OSError as fault:
        raise Failure(Exit.USAGE, f"{path} cannot be written: {fault.strerror}.") from None
