"""The actors of the matrix, and what they act on: all made over HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from tests.authorization.matrix import Row
from tests.portal import Portal
from tests.secrets_app.identity_api.wire import Wire, log_in_machine, unique

ROLES = "/role-store/api/v1/roles"
CLIENTS = "/local-user-store/api/v1/api-clients"
USERS = "/local-user-store/api/v1/users"
VAULT = "/vault/api/v1"
PIIANO = "/api/pvlt/1.0"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Cast:
    """Actors by name. ``plaintext`` is what only some of them may ever see."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        # Also a password: too long to be like a name by chance.
        self.plaintext = unique("words-that-only-some-may-ever-see")
        privx = portal.credentials["privx"]
        self.manager = log_in_machine(portal, privx["api_client_id"], privx["api_client_secret"])
        self.admin = Wire(portal.url, portal.credentials["piiano"]["api_key"])
        self.read_role, self.write_role = self.make_role(), self.make_role()
        self.owner_id, owner = self.make_client(self.make_role("vault-add"))
        gone_id, gone = self.make_client()
        self.manager.delete(f"{CLIENTS}/{gone_id}")
        self.wires = {
            "anonymous": Wire(portal.url),
            "revoked": gone,
            "stranger": self.make_client()[1],
            "reader": self.make_client(self.read_role)[1],
            "writer": self.make_client(self.write_role)[1],
            "owner": owner,
            "manager": self.manager,
            "developer": self.key_of("Developer"),
            "application": self.key_of("SupportApp"),
            "admin": self.admin,
        }

    def make_role(self, *permissions: str) -> str:
        body = {"name": unique("role"), "permissions": list(permissions)}
        return str(self.manager.post(ROLES, body, 201)["id"])

    def make_client(self, *roles: str) -> tuple[str, Wire]:
        body = {"name": unique("client"), "roles": [{"id": role} for role in roles]}
        made = self.manager.post(CLIENTS, body, 201)["id"]
        secret = self.manager.get(f"{CLIENTS}/{made}")["secret"]
        return made, log_in_machine(self.portal, made, secret)

    def key_of(self, user: str) -> Wire:
        """A user of the IAM file that every portal begins with."""
        made = self.admin.post(f"{PIIANO}/ctl/iam/user/regen", {"name": user})
        return Wire(self.portal.url, made["api_key"])


class Targets:
    """What one cell acts on, made when its placeholder is met; ``missing`` makes nothing."""

    def __init__(self, cast: Cast, *, missing: bool = False) -> None:
        self.cast = cast
        self.missing = missing
        self.made: dict[str, str] = {}

    def fill(self, value: Any) -> Any:
        """``value`` with every placeholder in it filled."""
        if isinstance(value, str):
            return _PLACEHOLDER.sub(lambda found: self._named(found[1]), value)
        if isinstance(value, Mapping):
            return {key: self.fill(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.fill(each) for each in value]
        return value

    def _named(self, name: str) -> str:
        if name not in self.made:
            make: Callable[[], str] = getattr(self, f"_{name}")
            self.made[name] = make()
        return self.made[name]

    def _new(self) -> str:
        return unique("new").replace("-", "_")

    def _plaintext(self) -> str:
        return self.cast.plaintext

    def _owner(self) -> str:
        return self.cast.owner_id

    def _secret(self) -> str:
        return self._kept(f"{VAULT}/user/{self.cast.owner_id}/secrets", self.cast.wires["owner"])

    def _shared(self) -> str:
        return self._kept(f"{VAULT}/secrets", self.cast.manager)

    def _kept(self, path: str, wire: Wire) -> str:
        name = unique("secret")
        if self.missing:
            return name
        body = {
            "name": name,
            "data": {"word": self.cast.plaintext},
            "read_roles": [{"id": self.cast.read_role}],
            "write_roles": [{"id": self.cast.write_role}],
        }
        wire.post(path, body, 201)
        return name

    def _role(self) -> str:
        return _id() if self.missing else self.cast.make_role()

    def _client(self) -> str:
        return _id() if self.missing else self.cast.make_client()[0]

    def _user(self) -> str:
        if self.missing:
            return _id()
        body = {"username": unique("person"), "password": {"password": self.cast.plaintext}}
        return str(self.cast.manager.post(USERS, body, 201)["id"])

    def _session(self) -> str:
        """A log-in of a client of its own."""
        if self.missing:
            return _id()
        client, _ = self.cast.make_client()
        path = f"/auth/api/v1/sessionstorage/users/{client}/sessions"
        return str(self.cast.manager.get(path)["items"][0]["id"])

    def _collection(self) -> str:
        name = self._new()
        if not self.missing:
            properties = [
                {"name": "word", "data_type_name": "STRING", "is_index": True},
                {"name": "spare", "data_type_name": "STRING", "is_nullable": True},
            ]
            body = {"name": name, "type": "DATA", "properties": properties}
            self.cast.admin.post(f"{PIIANO}/ctl/collections", body)
            self.made["collection"] = name
            self.made["object"] = self._add(name)
        return name

    def _object(self) -> str:
        return _id() if self.missing else self._add(self._named("collection"))

    def _add(self, collection: str) -> str:
        path = f"{PIIANO}/data/collections/{collection}/objects?reason=AppFunctionality"
        return str(self.cast.admin.post(path, {"word": self.cast.plaintext})["id"])


def send(wire: Wire, row: Row, targets: Targets) -> httpx.Response:
    """The request of one cell."""
    parts: dict[str, Any] = {}
    if row.json is not None:
        parts["json"] = targets.fill(row.json)
    if row.form:
        parts["data"] = dict(row.form)
    return wire.send(
        row.method, "/" + targets.fill(row.path), params=targets.fill(row.query), **parts
    )


def _id() -> str:
    return "5f0e7d6c-1b2a-4c3d-8e9f-" + unique("")[1:]
