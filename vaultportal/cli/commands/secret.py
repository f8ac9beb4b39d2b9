"""``vp secret``: look, read, list, remove, go back. Writing is in ``put``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from vaultportal.cli import address, inputs, output
from vaultportal.cli.address import Secret
from vaultportal.cli.failures import Exit, Failure
from vaultportal.cli.output import Json
from vaultportal.cli.portal import ALL, Portal, because

PAGE = 200
Reason = Annotated[str, typer.Option(help="What it is for; the audit trail keeps it.")]
IfMatch = Annotated[
    str, typer.Option(help="Only if the secret still has this entity tag; else exit code 6.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


class Filter(StrEnum):
    PERSONAL = "personal"
    SHARED = "shared"
    READABLE = "readable"
    WRITABLE = "writable"
    ACCESSIBLE = "accessible"


def get(
    secret: Secret,
    *,
    field: Annotated[str, typer.Option(help="Only this field, as it is.")] = "",
    version: Annotated[int | None, typer.Option(help="An older version.", min=1)] = None,
    resolve: Annotated[
        bool, typer.Option("--resolve", help="Replace ${secret:name/field} in the data.")
    ] = False,
    info: Annotated[bool, typer.Option("--info", help="Everything but the data.")] = False,
    no_newline: Annotated[
        bool, typer.Option("--no-newline", help="No line end after a field.")
    ] = False,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Read a secret."""
    if sum((bool(version), resolve, info)) > 1 or (info and field):
        raise typer.BadParameter("--version, --resolve, --info and --field do not go together")
    with Portal() as portal:
        if info:
            found = portal.find(secret)
            output.show(found, output.pretty(found), as_json=as_json)
            return
        if version:
            place = f"{portal.one(secret)}/versions/{version}"
            found = portal.call("GET", place, headers=because(reason)).json()
        else:
            found = portal.read(secret, resolve=resolve, reason=reason)
    if not field:
        output.show(found, output.pretty(found["data"]), as_json=as_json)
        return
    value = field_of(found, field)
    if as_json:
        typer.echo(output.pretty(value))
    else:
        typer.echo(output.plain(value), nl=not no_newline)


def field_of(document: dict[str, Any], name: str) -> Any:
    """One field of the data; a Failure when there is none of that name."""
    data = document["data"] or {}
    if name not in data:
        raise Failure(Exit.NOT_FOUND, "The secret has no such field.")
    return data[name]


def list_(
    words: Annotated[list[str] | None, typer.Argument(help="Any of them in the name.")] = None,
    *,
    owner: Annotated[str, typer.Option(help="me, shared, or a user's id.")] = "",
    filter_: Annotated[Filter | None, typer.Option("--filter", help="What you may do.")] = None,
    type_: Annotated[str, typer.Option("--type", help="Only of this type.")] = "",
    limit: Annotated[int, typer.Option(help="At most so many; 0 for all.", min=0)] = 0,
    as_json: Json = False,
) -> None:
    """List the secrets that you may see."""
    query: dict[str, Any] = {
        "q": " ".join(words or ()),
        "owner": owner,
        "filter": filter_.value if filter_ else "",
        "type": type_,
        "limit": min(limit, PAGE) or PAGE,
    }
    items: list[dict[str, Any]] = []
    with Portal() as portal:
        after: str | None = ""
        while after is not None and not (limit and len(items) >= limit):
            page = portal.call("GET", ALL, query={**query, "after": after}).json()
            items += page["items"]
            after = page["next"]
    items = items[: limit or None]
    rows = [
        (address.of_document(item), item["type"], item["version"], item["updated_at"][:19] + "Z")
        for item in items
    ]
    head = ("SECRET", "TYPE", "VERSION", "UPDATED")
    output.show(items, output.table(head, rows), as_json=as_json)


def rm(
    secret: Secret,
    *,
    if_match: IfMatch = "",
    reason: Reason = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Erase a secret with all its versions."""
    with Portal() as portal:
        found = portal.find(secret)
        inputs.confirm(f"Erase {secret} with all its versions?", yes=yes)
        portal.call("DELETE", f"{ALL}/{found['id']}", headers=because(reason, if_match))
    output.show({"id": found["id"], "erased": True}, "", as_json=as_json)


def versions(secret: Secret, *, as_json: Json = False) -> None:
    """List the versions of a secret, newest first."""
    with Portal() as portal:
        items = portal.call("GET", f"{portal.one(secret)}/versions").json()["items"]
    rows = [
        (
            row["number"],
            row["created_at"][:19] + "Z",
            row["author_id"],
            "destroyed" if row["destroyed_at"] else "current" if row["is_current"] else "",
            row["reason"],
        )
        for row in items
    ]
    head = ("VERSION", "CREATED", "AUTHOR", "STATE", "REASON")
    output.show(items, output.table(head, rows), as_json=as_json)


def restore(
    secret: Secret,
    version: Annotated[int, typer.Argument(help="Which one.", min=1)],
    *,
    if_match: IfMatch = "",
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Write an older version as the newest one."""
    with Portal() as portal:
        place = f"{portal.one(secret)}/versions/{version}/restore"
        made = portal.call("POST", place, headers=because(reason, if_match)).json()
    output.show(made, f"Version {made['version']}.", as_json=as_json)
