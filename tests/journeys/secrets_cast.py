"""Who acts in the table of the secrets, and what a cell of it acts on: all made over HTTP."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import httpx

from tests.journeys.secrets_table import A, L, P, R, Row
from tests.portal import Portal
from tests.secrets_app.identity_api.wire import CodeFlow, basic, log_in_machine, unique

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
PASSWORD = "four quite long words"
NOBODY = "5f0e7d6c-1b2a-4c3d-8e9f-0123456789ab"


class Cast:
    """The callers, signed in. ``guest`` is a client that reads what it is let into."""

    def __init__(self, portal: Portal, http: httpx.Client) -> None:
        self.portal = portal
        self.http = http
        self.plaintext = unique("plaintext")
        privx = portal.credentials["privx"]
        self.program = basic(privx["oauth_client_id"], privx["oauth_client_secret"])
        self.ids: dict[str, str] = {}
        self.tokens = {
            "root": log_in_machine(portal, privx["api_client_id"], privx["api_client_secret"]).token
        }
        self.readers, self.writers = self.role(), self.role()
        self.client_secret = ""
        self._client("guest", self.readers)
        self._client("machine", self.readers, self.writers)
        named = self.do("POST", f"/{R}/roles/resolve", json=["privx-admin"])["items"]
        self.person_name = self._person("ada", self.readers)
        self._person("ben", self.writers)
        self._person("manager", named[0]["id"])
        self._person("auditor", self.role("logs-view"))

    def call(self, who: str, method: str, path: str, **parts: Any) -> httpx.Response:
        """A request as ``who``; "" for nobody."""
        headers = dict(parts.pop("headers", {}))
        if who:
            headers.setdefault("Authorization", f"Bearer {self.tokens[who]}")
        return self.http.request(method, path, headers=headers, **parts)

    def do(self, method: str, path: str, *, who: str = "root", **parts: Any) -> Any:
        """The JSON of a request that succeeds."""
        answer = self.call(who, method, path, **parts)
        assert answer.is_success, (method, path, answer.text)
        return answer.json() if answer.content else None

    def role(self, *permissions: str) -> str:
        body = {"name": unique("role"), "permissions": list(permissions)}
        return str(self.do("POST", f"/{R}/roles", json=body)["id"])

    def client(self, *roles: str) -> tuple[str, str]:
        """Id and secret of a new API client."""
        body = {"name": unique("client"), "roles": [{"id": role} for role in roles]}
        made = self.do("POST", f"/{L}/api-clients", json=body)["id"]
        return made, self.do("GET", f"/{L}/api-clients/{made}")["secret"]

    def _client(self, name: str, *roles: str) -> None:
        self.ids[name], self.client_secret = self.client(*roles)
        signed_in = log_in_machine(self.portal, self.ids[name], self.client_secret)
        self.tokens[name] = signed_in.token

    def _person(self, name: str, role: str) -> str:
        username = unique(name)
        body = {"username": username, "password": {"password": PASSWORD}}
        made = self.do("POST", f"/{L}/users", json=body)["id"]
        self.do("PUT", f"/{R}/users/{made}/roles", json=[{"id": role}])
        self.ids[name] = made
        self.tokens[name] = CodeFlow(self.portal).run(username, PASSWORD)["access_token"]
        return username


class Cell:
    """One caller before one space, and what its placeholders stand for: each made once, when met.

    nobody: the placeholders stand for nothing at all.
    """

    def __init__(self, cast: Cast, who: str, space: str, *, nobody: bool = False) -> None:
        self.cast, self.who, self.space = cast, who, space
        self.nobody = nobody
        self.made: dict[str, Any] = {}
        self.headers: dict[str, str] = {}

    def send(self, row: Row) -> httpx.Response:
        """The request of the cell, after what has to be before."""
        path = self.fill(f"/{row.path}")
        parts: dict[str, Any] = {"params": self.fill(row.query)} if row.query else {}
        if row.json is not None:
            parts["json"] = self.fill(row.json)
        if row.form:
            parts["data"] = self.fill(row.form)
        if row.before and not self.nobody:
            getattr(self, row.before)()
        return self.cast.call(self.who, row.method, path, headers=self.headers, **parts)

    def fill(self, value: Any) -> Any:
        if isinstance(value, str):
            if whole := _PLACEHOLDER.fullmatch(value):
                return self.named(whole[1])
            return _PLACEHOLDER.sub(lambda found: str(self.named(found[1])), value)
        if isinstance(value, Mapping):
            return {key: self.fill(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.fill(each) for each in value]
        return value

    def named(self, name: str) -> Any:
        if self.nobody:
            return NOBODY
        if name not in self.made:
            self.made[name] = getattr(self, f"_{name}")()
        return self.made[name]

    def _new(self) -> str:
        return unique("new")

    def _type_name(self) -> str:
        return unique("type")

    def _plaintext(self) -> str:
        return self.cast.plaintext

    def _readers(self) -> str:
        return self.cast.readers

    def _writers(self) -> str:
        return self.cast.writers

    def _guest(self) -> str:
        return self.cast.ids["guest"]

    def _holder(self) -> str:
        """Whose secret it is: the caller, or another of the two people."""
        if self.space != "other":
            return self.who
        return "ada" if self.who == "ben" else "ben"

    def _owner(self) -> str:
        return self.cast.ids[self.named("holder")]

    def _owner_or_null(self) -> str | None:
        return None if self.space == "shared" else self.named("owner")

    def _owner_or_shared(self) -> str:
        return self.named("owner_or_null") or "shared"

    def _is_shared(self) -> bool:
        return self.space == "shared"

    def _name(self) -> str:
        """Of a secret that is there, with its id beside it."""
        name = unique("folder/secret")
        body: dict[str, Any] = {"name": name, "data": {"word": self.cast.plaintext}}
        by = self.named("holder")
        if self.space == "shared":
            by = "manager"
            body |= {"read_roles": [self.cast.readers], "write_roles": [self.cast.writers]}
        else:
            body["owner_id"] = "me"
        self.made["id"] = self.cast.do("POST", f"/{P}", who=by, json=body)["id"]
        self.made["by"] = by
        return name

    def _id(self) -> str:
        self.named("name")
        return str(self.made["id"])

    def _link(self) -> str:
        made = self.cast.do(
            "POST", f"/{P}/{self.named('id')}/links", who=self.named("holder"), json={}
        )
        self.made["token"] = made["token"]
        return str(made["id"])

    def _token(self) -> str:
        self.named("link")
        return str(self.made["token"])

    def _import(self) -> str:
        body = {"format": "dotenv"}
        made = self.cast.do("POST", f"/{P}/imports", who=self.named("holder"), json=body)
        return str(made["id"])

    def _type(self) -> str:
        body = {"name": unique("type"), "title": "Kind", "schema": {"type": "object"}}
        return str(self.cast.do("POST", f"/{P}/types", who="manager", json=body)["name"])

    def _role(self) -> str:
        return self.cast.role()

    def _user(self) -> str:
        """The caller, or somebody new."""
        if self.space == "own":
            return self.cast.ids[self.who]
        return str(self.cast.do("POST", f"/{L}/users", json={"username": unique("user")})["id"])

    def _session(self) -> str:
        """Of a client of its own."""
        client, secret = self.cast.client()
        log_in_machine(self.cast.portal, client, secret)
        path = f"/{A}/sessionstorage/users/{client}/sessions"
        return str(self.cast.do("GET", path)["items"][0]["id"])

    def _new_client(self) -> str:
        return self.cast.client()[0]

    def _client(self) -> str:
        return self.cast.ids["machine"]

    def _client_secret(self) -> str:
        return self.cast.client_secret

    def _person_name(self) -> str:
        return self.cast.person_name

    def _password(self) -> str:
        return PASSWORD

    def _ticket(self) -> str:
        return CodeFlow(self.cast.portal).ticket()

    def second_version(self) -> None:
        body = {"data": {"word": "second"}}
        self.cast.do("PUT", f"/{P}/{self.named('id')}", who=self.made["by"], json=body)

    def let_the_guest_in(self) -> None:
        body = {"kind": "user", "id": self.cast.ids["guest"], "right": "read"}
        path = f"/{P}/{self.named('id')}/grants"
        self.cast.do("POST", path, who=self.made["by"], json=body)

    def check_out(self) -> None:
        """The caller has it, if the caller may."""
        body = {"reason": "Deploy", "minutes": 5}
        self.cast.call(self.who, "POST", f"/{P}/{self.named('id')}/checkouts", json=body)

    def guest_checks_out(self) -> None:
        body = {"reason": "Deploy", "minutes": 5}
        self.cast.call("guest", "POST", f"/{P}/{self.named('id')}/checkouts", json=body)

    def as_the_program(self) -> None:
        self.headers["Authorization"] = self.cast.program

    def spend_another_token(self) -> None:
        client, secret = self.cast.client()
        token = log_in_machine(self.cast.portal, client, secret).token
        self.headers["Authorization"] = f"Bearer {token}"
