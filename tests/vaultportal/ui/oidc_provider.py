"""A real provider of OpenID Connect in a process of its own, and a browser that signs in there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.test import Client

SLUG, NAME = "acme", "Acme"
START = f"/accounts/oidc/{SLUG}/"
COMMAND = (sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", "0")


@dataclass(frozen=True)
class Issuer:
    """url: what it calls itself."""

    url: str

    def knows(self, sub: str, **claims: object) -> None:
        """Have it say ``claims`` about ``sub``."""
        answer = httpx.put(f"{self.url}/users/{sub}", json=claims, verify=False)  # noqa: S501 plain http
        answer.raise_for_status()

    def setting(self, **changes: Any) -> dict[str, Any]:
        """The portal's setting for it."""
        return {
            "prefix": "PORTAL_OIDC_",
            "provider_id": SLUG,
            "name": NAME,
            "client_id": "portal",
            "secret": "a-secret-of-tests",
            "settings": {"server_url": self.url, "issuer": self.url},
            **changes,
        }


@contextmanager
def running() -> Iterator[Issuer]:
    """The provider, as long as it is needed. It chooses its port itself."""
    process = subprocess.Popen(
        COMMAND, stderr=subprocess.PIPE, text=True, env={**os.environ, "NO_COLOR": "1"}
    )
    assert process.stderr is not None
    # It would stand still before a pipe that is full.
    drain = threading.Thread(target=process.stderr.read, daemon=True)
    try:
        issuer = Issuer(_address(process.stderr))
        drain.start()
        yield issuer
    finally:
        process.terminate()
        process.wait(timeout=30)
        if drain.ident is not None:
            drain.join()
        process.stderr.close()


def _address(lines: Iterable[str]) -> str:
    said = ""
    for line in lines:
        said += line
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            return found[0]
    raise AssertionError(f"The provider did not start: {said}")


def leave(client: Client, purpose: str = "sign-in", next_url: str = "") -> str:
    """Press the button; the address at the provider that the answer leads to."""
    answer = client.post(START, {"purpose": purpose, "next": next_url})
    assert answer.status_code == 200, answer.content
    return str(answer["Refresh"]).removeprefix("0; url=")


def sign_in_there(url: str, sub: str) -> str:
    """Sign in at the provider; the path, with its query, that it sends the browser back to."""
    answer = httpx.post(url, data={"sub": sub}, verify=False)  # noqa: S501 plain http
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def go(client: Client, sub: str, purpose: str = "sign-in", next_url: str = "") -> Any:
    """There and back again; the answer to what the provider said."""
    return client.get(sign_in_there(leave(client, purpose, next_url), sub))
