"""Where the portal is and what opens it: from the environment, or from a file that is one's own.

The file is 0600 in a folder that is 0700 and is replaced as a whole. Credentials of one portal are
never sent to another.
"""

from __future__ import annotations

import fcntl
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import typer

from vaultportal.cli import inputs
from vaultportal.cli.failures import Exit, Failure

# What ``run`` keeps from its child.
VARIABLES = (
    "VP_API_KEY",
    "VP_CLIENT_ID",
    "VP_CLIENT_SECRET",
    "VP_PASSWORD",
    "VP_IMPORT_PASSWORD",
    "VP_EXPORT_PASSPHRASE",
)


class Kind(StrEnum):
    API_KEY = "api-key"
    CLIENT = "client"
    PERSON = "person"


@dataclass
class Profile:
    """One portal and one credential.

    ca: PEM of the authorities that its certificate must come from; "" for the system's.
    name: the API client's id or the person's name.
    secret: the API key, the client's secret, or a person's refresh token.
    token, expires_at: the access token, and until when (seconds of the epoch).
    stored: it lies in the file, and what changes in it is written back.
    """

    url: str
    kind: Kind
    name: str = ""
    ca: str = ""
    secret: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    expires_at: float = 0.0
    stored: bool = False


def checked_url(text: str) -> str:
    """An address to send credentials to: https, or plain http on this machine.

    Raises:
        Failure: it is none. ``VP_ALLOW_HTTP=1`` allows plain http elsewhere.
    """
    parts = urlsplit(text.rstrip("/"))
    host = parts.hostname
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.username:
        raise Failure(Exit.USAGE, "The address of the portal must be like https://vault.example.")
    if parts.scheme == "http" and not is_here(host) and os.environ.get("VP_ALLOW_HTTP") != "1":
        raise Failure(Exit.USAGE, "Credentials are not sent over plain http to another machine.")
    return parts.geturl()


def is_here(host: str) -> bool:
    """Whether ``host`` is this machine by a name that nobody else can answer to."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def ca_of(path: str) -> str:
    """The PEM text of a file of authorities; "" for no file."""
    return inputs.text(path) if path else ""


def load() -> Profile:
    """What the environment says, else what ``login`` has kept.

    Raises:
        Failure: neither is there, or the environment names another portal than the file.
    """
    url = os.environ.get("VP_URL", "")
    key, client = inputs.from_environment("VP_API_KEY"), os.environ.get("VP_CLIENT_ID", "")
    if key or client:
        if not url:
            raise Failure(Exit.USAGE, "VP_URL must say which portal the credentials are for.")
        ca = ca_of(os.environ.get("VP_CA", ""))
        if key:
            return Profile(checked_url(url), Kind.API_KEY, ca=ca, secret=key)
        secret = inputs.from_environment("VP_CLIENT_SECRET")
        return Profile(checked_url(url), Kind.CLIENT, client, ca, secret)
    found = read()
    if found is None:
        raise signed_out()
    if url and checked_url(url) != found.url:
        raise Failure(Exit.SIGNED_OUT, f"You are signed in at {found.url}, not at VP_URL.")
    if path := os.environ.get("VP_CA"):
        found.ca = ca_of(path)
    return found


def again(used: Profile) -> Profile:
    """What the file holds now, of the same credential as ``used``.

    Raises:
        Failure: it holds none, or another sign-in has taken its place.
    """
    found = read()
    if found is None:
        raise signed_out()
    if (found.url, found.kind, found.name) != (used.url, used.kind, used.name):
        raise Failure(Exit.SIGNED_OUT, "Another sign-in has taken this one's place: begin anew.")
    return found


def signed_out() -> Failure:
    return Failure(Exit.SIGNED_OUT, "You are not signed in: use vp login.")


def read() -> Profile | None:
    """What the file holds; None when there is none.

    Raises:
        Failure: others may read the file, or it is damaged.
    """
    path = _path()
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise Failure(Exit.USAGE, f"Others may read {path}: chmod 600, and sign in anew.")
            kept = json.load(file)
        return Profile(**{**kept, "kind": Kind(kept["kind"]), "stored": True})
    except FileNotFoundError:
        return None
    except (KeyError, TypeError, ValueError):
        raise Failure(Exit.USAGE, f"{path} is damaged: remove it, and sign in anew.") from None


def write(profile: Profile) -> None:
    """Replace the file."""
    folder = _folder()
    handle, name = tempfile.mkstemp(dir=folder, prefix=".credentials-")  # 0600 from the start
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(profile), file)
            file.flush()
            os.fsync(handle)
        Path(name).replace(_path())
    except BaseException:  # Ctrl-C too: no credentials may stay in a file that nobody knows
        Path(name).unlink(missing_ok=True)
        raise


def forget() -> None:
    """Remove the file."""
    _path().unlink(missing_ok=True)


@contextmanager
def locked() -> Iterator[None]:
    """Alone among the commands of this account: a refresh token works once."""
    with (_folder() / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _folder() -> Path:
    folder = Path(typer.get_app_dir("vp"))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _path() -> Path:
    return Path(typer.get_app_dir("vp")) / "credentials.json"
