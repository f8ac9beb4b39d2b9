"""A running vault and its callers: Admin, and users with just the rights a test is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

import httpx
import pytest
import tomlkit

from tests.portal import Portal

ERROR_URL = "https://docs.piiano.com/api/error-codes#"
PATIENTS: list[dict[str, Any]] = [
    {"name": "full_name", "data_type_name": "NAME"},
    {"name": "mail", "data_type_name": "EMAIL", "is_unique": True, "is_index": True,
     "is_nullable": True},
    {"name": "ssn", "data_type_name": "SSN", "is_nullable": True},
    {"name": "note", "data_type_name": "STRING", "is_nullable": True, "is_encrypted": False},
]  # fmt: skip


def error(code: str, message: str, context: Mapping[str, str | None] | None = None) -> Any:
    """The whole body of an error."""
    return {
        "error_code": code,
        "message": message,
        "error_url": f"{ERROR_URL}{code}",
        "context": dict(context or {}),
    }


class Vault:
    """Calls the portal as one user."""

    def __init__(self, client: httpx.Client, key: str) -> None:
        self.client = client
        self.key = key

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One call; ``path`` is below ``/api/pvlt/1.0/``."""
        headers = {"Authorization": f"Bearer {self.key}"} | options.pop("headers", {})
        return self.client.request(method, f"/api/pvlt/1.0/{path}", headers=headers, **options)

    def ok(self, method: str, path: str, **options: Any) -> Any:
        """The JSON of a call that must succeed, None for an empty body."""
        answer = self.call(method, path, **options)
        assert answer.status_code == 200, answer.text
        if not answer.content:
            assert "content-type" not in answer.headers
            return None
        return answer.json()

    def refused(self, status: int, method: str, path: str, **options: Any) -> Any:
        """The body of a call that must fail with ``status``: always the four keys."""
        answer = self.call(method, path, **options)
        assert answer.status_code == status, answer.text
        body = answer.json()
        assert body.keys() == {"error_code", "message", "error_url", "context"}
        assert body["error_url"] == ERROR_URL + body["error_code"]
        assert isinstance(body["context"], dict)
        return body

    def collection(
        self, properties: list[dict[str, Any]] | None = None, *, kind: str = "PERSONS"
    ) -> str:
        """A new collection; its name."""
        name = f"c{uuid4().hex[:12]}"
        body = {
            "name": name,
            "type": kind,
            "properties": PATIENTS if properties is None else properties,
        }
        self.ok("POST", "ctl/collections", json=body)
        return name

    def add(self, collection: str, body: Mapping[str, Any], **options: Any) -> str:
        """A new object; its id."""
        made = self.ok("POST", f"data/collections/{collection}/objects", json=body, **options)
        assert made.keys() == {"id"}
        return str(made["id"])

    def read(self, collection: str, object_id: str, **params: Any) -> Any:
        """One object, all of it unless ``params`` choose."""
        params = params or {"options": "unsafe"}
        return self.ok("GET", f"data/collections/{collection}/objects/{object_id}", params=params)

    def user(self, capabilities: list[str], *policies: Mapping[str, Any], name: str = "") -> Vault:
        """A new user with one role: these capabilities and these policies."""
        name = name or f"u{uuid4().hex[:12]}"
        conf = tomlkit.parse(self.call("GET", "ctl/iam/conf").text).unwrap()
        made = {f"{name}-{number}": dict(each) for number, each in enumerate(policies)}
        conf.setdefault("policies", {}).update(made)
        conf.setdefault("roles", {})[name] = {
            "capabilities": capabilities,
            "policies": list(made),
        }
        conf.setdefault("users", {})[name] = {"role": name}
        self.ok("POST", "ctl/iam/conf", content=tomlkit.dumps(conf),
                headers={"Content-Type": "application/toml"})  # fmt: skip
        made_key = self.ok("POST", "ctl/iam/user/regen", json={"name": name})
        return Vault(self.client, made_key["api_key"])


def policy(
    *resources: str,
    kind: str = "allow",
    operations: tuple[str, ...] = ("*",),
    reasons: Any = ("*",),
) -> dict[str, Any]:
    """A policy of the IAM file."""
    return {
        "policy_type": kind,
        "operations": list(operations),
        "reasons": list(reasons),
        "resources": list(resources or ("*",)),
    }


@pytest.fixture(scope="session")
def http(portal: Portal) -> Iterator[httpx.Client]:
    """Connections to the running portal."""
    with httpx.Client(base_url=portal.url, timeout=30) as client:
        yield client


@pytest.fixture
def vault(http: httpx.Client, portal: Portal) -> Vault:
    """The vault as Admin sees it."""
    return Vault(http, portal.credentials["piiano"]["api_key"])
