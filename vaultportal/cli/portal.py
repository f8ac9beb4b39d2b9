"""Requests to the portal, signed in; refusals become ``Failure``."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlsplit
from uuid import UUID

import httpx

from vaultportal import __version__
from vaultportal.cli import profile as profiles
from vaultportal.cli import signin
from vaultportal.cli.address import Address
from vaultportal.cli.failures import Exit, Failure, of_answer
from vaultportal.cli.profile import Kind, Profile

ALL = "/api/v1/secrets"
ROLES = "/role-store/api/v1/roles/resolve"
REASON = "X-Audit-Reason"
OK = {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT}
SECONDS = httpx.Timeout(120.0, connect=10.0)


@contextmanager
def reachable(url: str) -> Iterator[None]:
    """What the network does wrong, as a Failure."""
    try:
        yield
    except httpx.InvalidURL:
        raise Failure(Exit.USAGE, "The address of the portal is not one.") from None
    except httpx.TransportError as fault:
        raise Failure(Exit.UNREACHABLE, f"{url} cannot be reached: {fault}") from None


def client(url: str, ca: str) -> httpx.Client:
    """Follows no redirect, so that a credential stays with whom it is for.

    Plain http to this machine goes through no proxy, which would read the credential elsewhere.

    Raises:
        Failure: ``ca`` is no PEM text of certificates.
    """
    parts = urlsplit(url)
    stays_here = parts.scheme == "http" and profiles.is_here(parts.hostname or "")
    try:
        trust = ssl.create_default_context(cadata=ca or None)
    except ssl.SSLError:
        raise Failure(Exit.USAGE, "The file of authorities holds no PEM certificate.") from None
    return httpx.Client(
        base_url=url,
        verify=trust,
        trust_env=not stays_here,
        timeout=SECONDS,
        headers={"User-Agent": f"vp/{__version__}", "Accept": "application/json"},
    )


class Portal:
    """One signed-in connection."""

    def __init__(self, profile: Profile | None = None) -> None:
        self.profile = profile or profiles.load()
        self.http = client(self.profile.url, self.profile.ca)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.http.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        json: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """One request; it is sent once more when the access token turns out to have ended.

        content: JSON text that is ready, instead of ``json``.
        """
        parts: dict[str, Any] = {"params": query} if query else {}
        sent = dict(headers or {})
        if content is not None:
            parts["content"] = content
            sent["Content-Type"] = "application/json"
        elif json is not None:
            parts["json"] = json
        with reachable(self.profile.url):
            answer = self._send(method, path, sent, parts)
            if answer.status_code == HTTPStatus.UNAUTHORIZED and self._renewed():
                answer = self._send(method, path, sent, parts)
        if answer.status_code not in OK:
            raise of_answer(answer)
        return answer

    def _send(
        self, method: str, path: str, headers: Mapping[str, str], parts: Mapping[str, Any]
    ) -> httpx.Response:
        bearer = {"Authorization": f"Bearer {self._token()}"}
        return self.http.request(method, path, headers={**headers, **bearer}, **parts)

    def _token(self) -> str:
        if self.profile.kind == Kind.API_KEY:
            return self.profile.secret
        if not signin.is_good(self.profile):
            self._renewed()
        return self.profile.token

    def _renewed(self) -> bool:
        """Whether there is another access token now than there was."""
        profile, old = self.profile, self.profile.token
        if profile.kind == Kind.API_KEY:
            return False
        if not profile.stored:
            signin.renew(self.http, profile)
            return True
        with profiles.locked():
            kept = profiles.again(profile)
            kept.ca = profile.ca
            self.profile = kept
            if kept.token == old or not signin.is_good(kept):
                signin.renew(self.http, kept)
                profiles.write(kept)
        return True

    def find(self, address: Address) -> dict[str, Any]:
        """The secret without its data; a Failure when there is none to be seen."""
        query = {"name": address.name, "owner": address.owner}
        found: dict[str, Any] = self.call("GET", f"{ALL}/lookup", query=query).json()
        return found

    def one(self, address: Address) -> str:
        """Its place in the API."""
        return f"{ALL}/{UUID(self.find(address)['id'])}"

    def read(self, address: Address, *, resolve: bool = False, reason: str = "") -> dict[str, Any]:
        """The secret with its data, and with its entity tag."""
        query = {"resolve": "true"} if resolve else None
        answer = self.call("GET", f"{self.one(address)}/data", query=query, headers=because(reason))
        return {**answer.json(), "etag": answer.headers["ETag"]}

    def role_ids(self, roles: list[str]) -> list[str]:
        """The ids of roles that are given by id or by name, in their order."""
        named = [role for role in roles if not _is_uuid(role)]
        known: dict[str, str] = {}
        if named:
            items = self.call("POST", ROLES, json=named).json()["items"]
            known = {item["name"]: item["id"] for item in items}
        if missing := [name for name in named if name not in known]:
            raise Failure(Exit.NOT_FOUND, "A role is not there.", tuple(missing))
        return [known.get(role, role) for role in roles]


def because(reason: str, if_match: str = "") -> dict[str, str]:
    """The headers for a reason and a condition."""
    headers = {REASON: quote(reason)} if reason else {}
    return headers | ({"If-Match": if_match} if if_match else {})


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
