"""Host keys and login keys as text: read from a machine without a login, made, told apart."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib

from vaultportal.errors import Unavailable

SECONDS = 10.0
_UNREACHED = "The machine does not answer over SSH."


def read(host: str, port: int) -> str:
    """The host key that ``host`` shows now, as "ssh-ed25519 AAAA…"; nothing is signed in to.

    Raises:
        Unavailable: nobody answers, or no SSH server.
    """
    import asyncssh  # noqa: PLC0415 33 MB that a web server needs for this alone

    try:
        key = asyncio.run(asyncio.wait_for(asyncssh.get_server_host_key(host, port), SECONDS))
    except (OSError, asyncssh.Error, TimeoutError):
        raise Unavailable("client", _UNREACHED, reason="s3.unreachable") from None
    if key is None:
        raise Unavailable("client", _UNREACHED, reason="s3.unreachable")
    return " ".join(key.export_public_key().decode().split()[:2])


def fingerprint(line: str) -> str:
    """``SHA256:…`` as ssh-keygen prints it; "" for what is no key."""
    parts = line.split()
    try:
        blob = base64.b64decode(parts[1], validate=True)
    except (IndexError, binascii.Error):
        return ""
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return f"SHA256:{digest}"


def new_login(comment: str) -> tuple[str, str]:
    """A new Ed25519 pair for signing in: the private key as OpenSSH text, the public as a line."""
    import asyncssh  # noqa: PLC0415 as above

    key = asyncssh.generate_private_key("ssh-ed25519", comment=comment)
    return key.export_private_key().decode(), key.export_public_key().decode().strip()
