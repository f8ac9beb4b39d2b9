"""A client of the personal secrets that needs nothing but Python: tokens, TLS, exact statuses.

    PORTAL_URL=https://localhost:8000 PORTAL_CA=…/ca.pem \
    PRIVX_OAUTH_CLIENT_ID=… PRIVX_OAUTH_CLIENT_SECRET=… \
    PRIVX_API_CLIENT_ID=… PRIVX_API_CLIENT_SECRET=… python3 personal_secrets.py

``python manage.py bootstrap --dev --env`` prints all but the first two. The program creates, lists,
reads, replaces and deletes one personal secret, and ends with 0 when each answer was what it has to
be. It opens a connection for each call, sends few headers, and takes any other status for failure.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import secrets
import ssl
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

DATA = {"user": "ci", "token": "t-81f0", "ttl": 3600, "": [None, True, {"é": "🔑"}]}


class Answer:
    """Status, headers in lower case, and the body."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.content = response.read()

    @property
    def json(self) -> Any:
        return json.loads(self.content)


class Client:
    """Calls to one portal, whose certificate ``tls`` checks."""

    def __init__(self, url: str, tls: ssl.SSLContext) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname:
            raise SystemExit("PORTAL_URL must be https://…")
        self.host, self.port = parts.hostname, parts.port or 443
        self.tls = tls
        self.headers: dict[str, str] = {}

    def call(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """One request over a connection of its own."""
        link = http.client.HTTPSConnection(self.host, self.port, timeout=30, context=self.tls)
        sent = {"Content-type": "application/json", **self.headers, **headers}
        try:
            link.request(method, path, body=body, headers=sent)
            return Answer(link.getresponse())
        finally:
            link.close()

    def log_in(self, environment: Mapping[str, str]) -> None:
        """The password grant of an API client: two pairs of credentials in one call."""
        program = ":".join(
            environment[name] for name in ("PRIVX_OAUTH_CLIENT_ID", "PRIVX_OAUTH_CLIENT_SECRET")
        )
        form = {
            "grant_type": "password",
            "username": environment["PRIVX_API_CLIENT_ID"],
            "password": environment["PRIVX_API_CLIENT_SECRET"],
        }
        answer = self.call(
            "POST",
            "/auth/api/v1/oauth/token",
            urlencode(form).encode(),
            **{
                "Content-type": "application/x-www-form-urlencoded",
                "Authorization": "Basic " + base64.b64encode(program.encode()).decode(),
            },
        )
        expect(answer, 200)
        told = answer.json
        check(told["token_type"].lower() == "bearer", "the token is a bearer token")
        check(type(told["expires_in"]) is int and told["expires_in"] > 3, "it lives for seconds")
        self.headers["Authorization"] = f"Bearer {told['access_token']}"


def check(holds: bool, what: str) -> None:  # noqa: FBT001 reads as a sentence
    """End the program unless it holds."""
    if not holds:
        raise SystemExit(f"not so: {what}")


def expect(answer: Answer, status: int, code: str = "") -> None:
    """The status to the number; JSON that says it is JSON; the error's code."""
    check(answer.status == status, f"{answer.status} instead of {status}")
    if answer.content:
        check("json" in answer.headers["content-type"], "the answer says that it is JSON")
    if code:
        check(answer.json["error_code"] == code, f"the error's code is {code}")
        check(bool(answer.json["error_message"]), "the error has words")


def encoded(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def personal_secret(client: Client, owner: str) -> None:
    """The five operations, on one secret whose name needs encoding."""
    store = f"/vault/api/v1/user/{owner}/secrets"
    name = f"build/registry login {secrets.token_hex(6)} é%"
    path = f"{store}/{quote(name, safe='')}"
    new: dict[str, Any] = {"name": name, "data": DATA, "read_roles": [], "write_roles": None}

    expect(client.call("GET", path), 404, "GENERAL_ERROR")
    made = client.call("POST", store, encoded(new))
    expect(made, 201)
    check(made.json == {"name": name}, "the answer to a new secret is its name")
    check(made.headers["location"] == path, "and its place, encoded")
    expect(client.call("POST", store, encoded(new)), 400, "VALUE_DUPLICATE")

    got = client.call("GET", path)
    expect(got, 200)
    first = got.json
    check(first["data"] == DATA, "the data come back")
    check((first["name"], first["path"]) == (name, path), "name and path are its own")
    check(first["author"] == first["updated_by"] == owner, "the caller has written it")
    check(first["read_roles"] == first["write_roles"] == [], "role lists are arrays")
    check(first["created"] == first["updated"] and first["created"].endswith("Z"), "times in UTC")

    listed = client.call("GET", f"{store}?offset=0&limit=100")
    expect(listed, 200)
    page = listed.json
    check(page["count"] >= 1, "the count is of all")
    past = client.call("GET", f"{store}?offset={page['count']}&limit=1")
    expect(past, 200)
    check(past.json == {"count": 0, "items": []}, "past the end there is nothing")
    check(all("data" not in item for item in page["items"]), "lists hold no data")

    put = client.call("PUT", path, encoded({"name": "", "data": {"new": 1}}))
    expect(put, 200)
    check(put.content == b"", "PUT answers nothing")
    second = client.call("GET", "/".join([store, *map(quote, name.split("/"))]))
    expect(second, 200)
    check(second.json["data"] == {"new": 1}, "the data are replaced, the slash may be bare")
    check(second.json["created"] == first["created"], "it is still the same secret")

    gone = client.call("DELETE", path)
    expect(gone, 200)
    check(gone.content == b"", "DELETE answers nothing")
    expect(client.call("DELETE", path), 404, "GENERAL_ERROR")


def refusals(client: Client, owner: str) -> None:
    """What is wrong gets the status of the wire, and JSON."""
    store = f"/vault/api/v1/user/{owner}/secrets"
    nobody = Client(f"https://{client.host}:{client.port}", client.tls)
    expect(nobody.call("GET", "/vault/api/v1/status"), 200)
    expect(nobody.call("GET", store), 401, "PERMISSION_DENIED")
    expect(client.call("POST", store, b"{"), 400, "INVALID_REQUEST_DATA")
    expect(client.call("POST", store, b'{"name": "x"}'), 400, "REQUIRED_VALUE_MISSING")
    expect(client.call("GET", f"{store}?limit=x"), 400, "VALUE_INCORRECT_TYPE")


def main() -> None:
    """Do it all, or end with a sentence and 1."""
    environment = os.environ
    trust = ssl.create_default_context(cafile=environment["PORTAL_CA"])
    client = Client(environment["PORTAL_URL"], trust)
    client.log_in(environment)
    owner = environment["PRIVX_API_CLIENT_ID"]
    personal_secret(client, owner)
    refusals(client, owner)
    expect(client.call("POST", "/auth/api/v1/logout", b""), 200)
    expect(client.call("GET", f"/vault/api/v1/user/{owner}/secrets"), 401, "PERMISSION_DENIED")
    sys.stdout.write("All answers are as the wire has them.\n")


if __name__ == "__main__":
    main()
