"""A world of principals in a real portal, and clients that speak for each of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.factories import unique
from tests.portal import Portal


@dataclass(frozen=True)
class World:
    """Who is there. ``http`` sends what it is given and follows nothing."""

    portal: Portal
    http: httpx.Client
    people: Mapping[str, Mapping[str, str]]
    roles: Mapping[str, Mapping[str, str]]

    def id_of(self, who: str) -> str:
        return self.people[who]["id"]

    def handles(self, *words: str) -> list[dict[str, str]]:
        """Role handles as a request has them: the id counts."""
        return [{"id": self.roles[word]["id"]} for word in words]

    def call(self, who: str, method: str, path: str, **options: Any) -> httpx.Response:
        """A request as ``who``; "" for nobody."""
        headers = dict(options.pop("headers", {}))
        if who:
            headers["Authorization"] = f"Bearer {self.people[who]['token']}"
        return self.http.request(method, path, headers=headers, **options)

    def create(
        self, owner: str | None = "owner", *, by: str = "", name: str = "", **body: Any
    ) -> str:
        """A secret that is there; its path. owner None makes a shared one."""
        name = name or unique("secret")
        store = "/vault/api/v1/secrets" if owner is None else store_of(self.id_of(owner))
        who = by or owner or "admin"
        answer = self.call(who, "POST", store, json={"name": name, "data": {"a": 1}, **body})
        assert answer.status_code == 201, answer.text
        return f"{store}/{quote(name, safe='')}"


def store_of(user_id: str) -> str:
    return f"/vault/api/v1/user/{user_id}/secrets"


@pytest.fixture(scope="session")
def world(portal: Portal) -> Iterator[World]:
    code = "from tests.secrets_app.api import principals; principals.main()"
    printed = portal.manage("shell", "--verbosity", "0", "-c", code)
    found = json.loads(printed)
    with httpx.Client(base_url=portal.url, follow_redirects=False, timeout=30) as http:
        yield World(portal, http, found["people"], found["roles"])
