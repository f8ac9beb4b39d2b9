"""Clients that write without pause and remember what was acknowledged."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any

import httpx

from tests.chaos.served import Served

SECRETS = "/vault/api/v1/user/{owner}/secrets"
CTL = "/api/pvlt/1.0/ctl/collections"
DATA = "/api/pvlt/1.0/data/collections/{collection}/objects"
REASON = {"reason": "AppFunctionality"}
COLLECTION = "people"
RETRY_SECONDS = 0.05
READ_AT_ONCE = 100


@dataclass
class Acknowledged:
    """What the portal has said yes to: names of secrets and ids of objects, with their values."""

    secrets: dict[str, str] = field(default_factory=dict)
    objects: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def count(self) -> int:
        with self.lock:
            return len(self.secrets) + len(self.objects)


class Clients:
    """Two wires and the threads that write over them."""

    def __init__(self, portal: Served, access: dict[str, Any]) -> None:
        self.url = portal.url
        self.privx = access["privx"]
        self.owner = self.privx["api_client_id"]
        self.key = {"Authorization": f"Bearer {access['piiano']['api_key']}"}
        self.token = {"Authorization": f"Bearer {self._token()}"}
        self.done = Acknowledged()
        self.enough = Event()

    def _token(self) -> str:
        form = {
            "grant_type": "password",
            "username": self.owner,
            "password": self.privx["api_client_secret"],
        }
        basic = (self.privx["oauth_client_id"], self.privx["oauth_client_secret"])
        answer = httpx.post(
            f"{self.url}/auth/api/v1/oauth/token", data=form, auth=basic, timeout=30
        )
        assert answer.status_code == httpx.codes.OK, answer.text
        return str(answer.json()["access_token"])

    def make_collection(self) -> None:
        body = {
            "name": COLLECTION,
            "type": "PERSONS",
            "properties": [{"name": "email", "data_type_name": "EMAIL", "is_index": True}],
        }
        answer = httpx.post(f"{self.url}{CTL}", json=body, headers=self.key, timeout=30)
        assert answer.status_code == httpx.codes.OK, answer.text

    def write(self, pool: ThreadPoolExecutor, *, threads: int) -> None:
        """Begin; ``enough`` ends it."""
        for number in range(threads):
            pool.submit(self._run, self._add_secret if number % 2 else self._add_object)

    def _run(self, add: Any) -> None:
        while not self.enough.is_set():
            try:
                with httpx.Client(base_url=self.url, timeout=15) as client:
                    while not self.enough.is_set():
                        add(client)
            except httpx.TransportError:  # the server is away: nothing was acknowledged
                self.enough.wait(RETRY_SECONDS)

    def _add_secret(self, client: httpx.Client) -> None:
        name, value = f"chaos-{secrets.token_hex(8)}", secrets.token_hex(16)
        body = {"name": name, "data": {"word": value}}
        path = SECRETS.format(owner=self.owner)
        answer = client.post(path, json=body, headers=self.token)
        self._note(answer, 201, self.done.secrets, name, value)

    def _add_object(self, client: httpx.Client) -> None:
        value = f"{secrets.token_hex(16)}@example.com"
        path = DATA.format(collection=COLLECTION)
        answer = client.post(path, json={"email": value}, params=REASON, headers=self.key)
        made = answer.json()["id"] if answer.status_code == httpx.codes.OK else ""
        self._note(answer, 200, self.done.objects, made, value)

    def _note(
        self, answer: httpx.Response, status: int, kept: dict[str, str], name: str, value: str
    ) -> None:
        with self.done.lock:
            if answer.status_code == status:
                kept[name] = value
                return
            self.done.refused.append(f"{answer.status_code} {answer.text[:200]}")
        self.enough.wait(RETRY_SECONDS)

    def lost(self) -> list[str]:
        """Acknowledged writes that do not come back as they were."""
        with (
            httpx.Client(base_url=self.url, timeout=30) as client,
            ThreadPoolExecutor(4) as pool,
        ):
            ids = list(self.done.objects)
            parts = [ids[at : at + READ_AT_ONCE] for at in range(0, len(ids), READ_AT_ONCE)]
            objects = pool.map(lambda part: self._lost_objects(client, part), parts)
            names = pool.map(lambda name: self._lost_secret(client, name), self.done.secrets)
            return [*(each for part in objects for each in part), *filter(None, names)]

    def _lost_objects(self, client: httpx.Client, ids: list[str]) -> list[str]:
        path = DATA.format(collection=COLLECTION)
        wanted = REASON | {"ids": ",".join(ids), "props": "id,email"}
        answer = client.get(path, params=wanted, headers=self.key)
        if answer.status_code != httpx.codes.OK:
            return [f"{answer.status_code} {answer.text[:300]}"]
        found = {each["id"]: each["email"] for each in answer.json()["results"]}
        return [each for each in ids if found.get(each) != self.done.objects[each]]

    def _lost_secret(self, client: httpx.Client, name: str) -> str:
        path = f"{SECRETS.format(owner=self.owner)}/{name}"
        answer = client.get(path, headers=self.token)
        if answer.status_code == httpx.codes.OK:
            kept = answer.json()["data"]["word"]
            return "" if kept == self.done.secrets[name] else name
        return f"{name} {answer.status_code}"
