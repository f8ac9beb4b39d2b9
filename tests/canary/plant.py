"""Takes canaries through every feature, to places where they belong and to places where not."""

from __future__ import annotations

import re
import secrets
from typing import Any

import httpx

from tests.portal import Portal

PIIANO = "/api/pvlt/1.0"
REASON = {"reason": "AppFunctionality"}
_CSRF = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


class Planter:
    """``words``: what must be nowhere, by where it was put. ``marker``: what is kept in clear."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.access = access = portal.credentials
        self.words: dict[str, str] = {}
        self.marker = "marker" + secrets.token_hex(12)
        self.client = httpx.Client(base_url=portal.url, timeout=30)
        self.admin = {"Authorization": f"Bearer {access['piiano']['api_key']}"}

    def word(self, place: str) -> str:
        """A new canary."""
        self.words[place] = "cnry" + secrets.token_hex(12)
        return self.words[place]

    def plant(self) -> None:
        """All of it."""
        for wire, values in self.access.items():
            hidden = {"api_key", "password", "oauth_client_secret", "api_client_secret"}
            for name in hidden | {"client_secret"}:
                if values.get(name):
                    self.words[f"bootstrap {wire} {name}"] = values[name]
        self._log_ins()
        self._people()
        self._secrets()
        self._collections()
        self._errors()
        self._pages()
        self.client.close()

    def _send(self, method: str, path: str, status: int, **parts: Any) -> httpx.Response:
        answer = self.client.request(method, path, **parts)
        assert answer.status_code == status, (method, path, answer.status_code, answer.text)
        return answer

    def _log_ins(self) -> None:
        privx = self.access["privx"]
        basic = (privx["oauth_client_id"], privx["oauth_client_secret"])
        token = "/auth/api/v1/oauth/token"
        form = {
            "grant_type": "password",
            "username": privx["api_client_id"],
            "password": privx["api_client_secret"],
        }
        issued = self._send("POST", token, 200, data=form, auth=basic).json()
        self.words["access token"] = issued["access_token"]
        self.words["refresh token"] = issued["refresh_token"]
        self.owner = {"Authorization": f"Bearer {issued['access_token']}"}
        form["password"] = self.word("wrong client secret")
        assert self.client.post(token, data=form, auth=basic).status_code in {400, 401}
        wrong = {"Authorization": f"Bearer {self.word('wrong bearer')}"}
        self._send("GET", "/vault/api/v1/secrets", 401, headers=wrong)
        self._send("GET", f"{PIIANO}/ctl/collections", 401, headers=wrong)

    def _people(self) -> None:
        users, clients = "/local-user-store/api/v1/users", "/local-user-store/api/v1/api-clients"
        person = {"username": "pat", "password": {"password": self.word("password") + " Long 1"}}
        made = self._send("POST", users, 201, json=person, headers=self.owner).json()["id"]
        changed = {"password": self.word("changed password") + " Long 1"}
        self._send("PUT", f"{users}/{made}/password", 200, json=changed, headers=self.owner)
        body = {"name": "robot", "roles": []}
        made = self._send("POST", clients, 201, json=body, headers=self.owner).json()["id"]
        shown = self._send("GET", f"{clients}/{made}", 200, headers=self.owner).json()
        self.words["API client secret"] = shown["secret"]
        regen = f"{PIIANO}/ctl/iam/user/regen"
        key = self._send("POST", regen, 200, json={"name": "Webapp"}, headers=self.admin).json()
        self.words["regenerated API key"] = key["api_key"]

    def _secrets(self) -> None:
        owner = self.access["privx"]["api_client_id"]
        for place, path in (
            ("personal", f"/vault/api/v1/user/{owner}/secrets"),
            ("shared", "/vault/api/v1/secrets"),
        ):
            name = f"{place}-{self.marker}"
            data = {"word": self.word(f"{place} secret"), "long": self.word("long") * 400}
            body = {"name": name, "data": data}
            self._send("POST", path, 201, json=body, headers=self.owner)
            data = {"word": self.word(f"changed {place} secret")}
            if place == "personal":
                body = {"data": data}
                self._send("PUT", f"{path}/{name}", 200, json=body, headers=self.owner)
                self._send("GET", f"{path}/{name}", 200, headers=self.owner)

    def _collections(self) -> None:
        properties = [
            {"name": "secret", "data_type_name": "STRING", "is_index": True},
            {
                "name": "plain",
                "data_type_name": "STRING",
                "is_encrypted": False,
                "is_nullable": True,
            },
        ]
        body = {"name": "people", "type": "PERSONS", "properties": properties}
        self._send("POST", f"{PIIANO}/ctl/collections", 200, json=body, headers=self.admin)
        data = f"{PIIANO}/data/collections/people"
        common: dict[str, Any] = {"params": REASON, "headers": self.admin}
        body = {"secret": self.word("object value"), "plain": self.marker}
        made = self._send("POST", f"{data}/objects", 200, json=body, **common).json()["id"]
        bulk = [{"secret": self.word(f"bulk value {number}")} for number in range(2)]
        self._send("POST", f"{data}/bulk/objects", 200, json=bulk, **common)
        body = {"secret": self.word("changed value")}
        self._send("PATCH", f"{data}/objects/{made}", 200, json=body, **common)
        unsafe = {"params": REASON | {"options": "unsafe"}, "headers": self.admin}
        self._send("GET", f"{data}/objects/{made}", 200, **unsafe)
        match = {"match": {"secret": self.word("searched value")}}
        chosen = {"params": REASON | {"props": "secret"}, "headers": self.admin}
        self._send("POST", f"{data}/query/objects", 200, json=match, **chosen)
        token = [{"type": "randomized", "object": {"fields": {"secret": self.word("token value")}}}]
        self._send("POST", f"{data}/tokens", 200, json=token, **common)
        self._send("POST", f"{data}/encrypt/objects", 200, json=token, **common)

    def _errors(self) -> None:
        """Secrets where none belong: the refusal must not keep them either."""
        data = f"{PIIANO}/data/collections/people/objects"
        owner = self.access["privx"]["api_client_id"]
        store = f"/vault/api/v1/user/{owner}/secrets"
        wrong: dict[str, Any] = {"secret": {"deep": self.word("value of a wrong type")}}
        self._send("POST", data, 400, json=wrong, params=REASON, headers=self.admin)
        wrong = {"secret": "x", self.word("unknown property"): 1}
        self._send("POST", data, 404, json=wrong, params=REASON, headers=self.admin)
        broken = '{"name": "' + self.word("broken body") + '", "data": '
        self._send("POST", store, 400, content=broken, headers=self.owner)
        wrong = {"name": 5, "data": self.word("data of a wrong type")}
        self._send("POST", store, 400, json=wrong, headers=self.owner)
        unread = {"access_token": self.word("query of an API")}
        self._send("GET", "/vault/api/v1/secrets", 200, params=unread, headers=self.owner)
        self._send("GET", "/none", 404, params={"password": self.word("query of no page")})
        self._send("GET", f"/vault/api/{self.word('path of no route')}", 404, headers=self.owner)

    def _pages(self) -> None:
        page = self._send("GET", "/accounts/login/", 200)
        found = _CSRF.search(page.text)
        assert found is not None
        form = {
            "csrfmiddlewaretoken": found[1],
            "login": self.access["portal"]["email"],
            "password": self.word("password typed wrongly"),
        }
        referer = {"Referer": f"{self.portal.url}/accounts/login/"}
        answer = self.client.post("/accounts/login/", data=form, headers=referer)
        assert answer.status_code in {200, 400, 401}, answer.status_code
