"""``vp login`` and ``vp logout``."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from vaultportal.cli import inputs, output, portal, signin
from vaultportal.cli import profile as profiles
from vaultportal.cli.failures import Exit, Failure
from vaultportal.cli.output import Json
from vaultportal.cli.portal import Portal
from vaultportal.cli.profile import Kind, Profile

LOG_OUT = "/auth/api/v1/logout"


def login(
    url: Annotated[str, typer.Argument(envvar="VP_URL", help="https://vault.example")],
    *,
    user: Annotated[str, typer.Option("--user", help="A person: the user name.")] = "",
    client: Annotated[
        str, typer.Option("--client", envvar="VP_CLIENT_ID", help="An API client: its id.")
    ] = "",
    api_key: Annotated[bool, typer.Option("--api-key", help="An API key.")] = False,
    secret_file: Annotated[
        str, typer.Option(help="Where the password, secret or key is; - for standard input.")
    ] = "",
    ca: Annotated[
        str, typer.Option(envvar="VP_CA", help="PEM file of the portal's certificate authority.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Sign in, and keep the credential in your own configuration folder (0600).

    The secret part is asked for; without a terminal it is read from VP_PASSWORD, VP_CLIENT_SECRET
    or VP_API_KEY, or from standard input. A person's password is not kept: a token is.
    """
    if not (user or client or api_key) and os.environ.get("VP_API_KEY"):
        api_key = True
    if sum(map(bool, (user, client, api_key))) != 1:
        raise typer.BadParameter("give one of --user, --client and --api-key")
    made = Profile(
        profiles.checked_url(url),
        Kind.PERSON if user else Kind.CLIENT if client else Kind.API_KEY,
        user or client,
        profiles.ca_of(ca),
    )
    with portal.client(made.url, made.ca) as http, portal.reachable(made.url):
        if made.kind == Kind.PERSON:
            password = inputs.secret("Password", variable="VP_PASSWORD", path=secret_file)
            signin.with_password(http, made, password)
        elif made.kind == Kind.CLIENT:
            variable = "VP_CLIENT_SECRET"
            made.secret = inputs.secret("Client secret", variable=variable, path=secret_file)
            signin.renew(http, made)
        else:
            made.secret = inputs.secret("API key", variable="VP_API_KEY", path=secret_file)
    with Portal(made) as signed_in:
        signed_in.call("GET", portal.ALL, query={"limit": 1})
    with profiles.locked():
        profiles.write(made)
    document = {"url": made.url, "kind": made.kind.value, "name": made.name or None}
    output.show(document, f"Signed in at {made.url}.", as_json=as_json)


def logout(*, as_json: Json = False) -> None:
    """End the token at the portal, and forget the credential."""
    with profiles.locked():
        kept = profiles.read()
        profiles.forget()
    ended = kept is not None and kept.kind != Kind.API_KEY and _ended(kept)
    output.show({"signed_out": kept is not None, "token_ended": ended}, "", as_json=as_json)


def _ended(kept: Profile) -> bool:
    """Whether the token is dead; what is kept here is gone either way."""
    renews = not signin.is_good(kept)
    if renews and kept.kind != Kind.PERSON:
        return False
    try:
        with portal.client(kept.url, kept.ca) as http, portal.reachable(kept.url):
            if renews:  # the refresh token lives longer, and ends with the access token made of it
                signin.renew(http, kept)
            bearer = {"Authorization": f"Bearer {kept.token}"}
            return http.post(LOG_OUT, headers=bearer).is_success
    except Failure as failure:
        if failure.code == Exit.SIGNED_OUT:  # the refresh token has ended before
            return True
        if failure.code != Exit.UNREACHABLE:
            raise
        typer.echo("vp: the portal could not be told; its token ends by itself.", err=True)
        return False
