"""``vp secret put``: make a secret, or write its next version."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from vaultportal.cli import inputs, output
from vaultportal.cli.address import Address, Secret
from vaultportal.cli.commands.secret import IfMatch, Reason
from vaultportal.cli.failures import Exit, Failure
from vaultportal.cli.output import Json
from vaultportal.cli.portal import ALL, Portal, because

Roles = list[str] | None


def put(
    secret: Secret,
    *,
    data: Annotated[
        str, typer.Option(help="File with the whole data, a JSON object; - for standard input.")
    ] = "",
    field: Annotated[
        list[str] | None, typer.Option(help="A field, by name: its value is asked for.")
    ] = None,
    field_file: Annotated[
        list[str] | None, typer.Option(help="NAME=FILE: a field, from a file; - as above.")
    ] = None,
    merge: Annotated[
        bool, typer.Option("--merge", help="Keep the fields that are not given.")
    ] = False,
    create: Annotated[
        bool, typer.Option("--create", help="Only make it; exit code 6 if it is there.")
    ] = False,
    if_match: IfMatch = "",
    type_: Annotated[str, typer.Option("--type", help="Of a new secret.")] = "",
    expires: Annotated[str, typer.Option(help="Of a new secret: an RFC 3339 time.")] = "",
    read_role: Annotated[Roles, typer.Option(help="Replaces the list; name or id.")] = None,
    write_role: Annotated[Roles, typer.Option(help="Replaces the list; name or id.")] = None,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Store a secret: a new one, or the next version of one that is there.

    Without --data and --field the data are read from standard input. Values are never taken from
    the command line.
    """
    if create and (merge or if_match):
        raise typer.BadParameter("--create does not go with --merge or --if-match")
    if merge and data:
        raise typer.BadParameter("--merge is for --field and --field-file")
    given = _given(data, field or [], field_file or [])
    with Portal() as portal:
        roles: dict[str, Any] = {}
        if read_role is not None:
            roles["read_roles"] = portal.role_ids(read_role)
        if write_role is not None:
            roles["write_roles"] = portal.role_ids(write_role)
        found = None if create else _found(portal, secret)
        headers = because(reason, if_match)
        if found is None:
            if merge or if_match:
                raise Failure(Exit.NOT_FOUND, "There is no such secret to change.")
            new = {"name": secret.name, "owner_id": secret.owner_id, **roles}
            new |= {"type": type_} if type_ else {}
            new |= {"expires_at": expires} if expires else {}
            made = portal.call("POST", ALL, content=_body(new, given), headers=headers)
        else:
            if type_ or expires:
                raise Failure(Exit.USAGE, "--type and --expires are for a new secret: --create.")
            if merge:
                old = portal.read(secret, reason=reason)
                given = json.dumps({**old["data"], **json.loads(given)})
                headers = because(reason, if_match or old["etag"])
            place = f"{ALL}/{found['id']}"
            made = portal.call("PUT", place, content=_body(roles, given), headers=headers)
    document = made.json()
    output.show(document, f"Version {document['version']}.", as_json=as_json)


def _given(data: str, fields: list[str], files: list[str]) -> str:
    """The data as JSON text."""
    if data or not (fields or files):
        if fields or files:
            raise typer.BadParameter("give --data, or fields")
        if not data and sys.stdin.isatty():
            raise typer.BadParameter("give --data or --field, or the data on standard input")
        return _object(inputs.text(data or inputs.STDIN))
    named = [pair.partition("=") for pair in files]
    if any(not name or not path for name, _, path in named):
        raise typer.BadParameter("--field-file is NAME=FILE")
    piped = [] if sys.stdin.isatty() else fields
    if len(piped) + sum(path == inputs.STDIN for _, _, path in named) > 1:
        raise typer.BadParameter("standard input is good for one field")
    values = {name: inputs.secret(name, confirm=True) for name in fields}
    values |= {name: inputs.text(path) for name, _, path in named}
    return json.dumps(values)


def _object(text: str) -> str:
    """``text``, which is a JSON object."""
    try:
        if isinstance(json.loads(text), dict):
            return text
    except ValueError:
        pass  # what is wrong with it may not be repeated
    raise Failure(Exit.INVALID, "The data are not a JSON object.")


def _found(portal: Portal, secret: Address) -> dict[str, Any] | None:
    try:
        return portal.find(secret)
    except Failure as failure:
        if failure.code == Exit.NOT_FOUND:
            return None
        raise


def _body(head: dict[str, Any], data: str) -> bytes:
    """The body with the data as they were given, byte for byte."""
    before = json.dumps(head)[:-1]
    return f'{before}{", " if head else ""}"data": {data}}}'.encode()
