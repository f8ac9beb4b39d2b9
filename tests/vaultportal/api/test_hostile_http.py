"""Bad input of every kind through real HTTP: refused in the dialect's words, without a trace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.portal import Portal
from tests.secrets_app.identity_api.wire import Wire, log_in_machine, unique
from tests.vaultportal.api import hostile
from vaultportal.settings import PORTAL_MAX_BODY

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

CANARY = "canary-9d41f7"
PIIANO = "/api/pvlt/1.0"
NOBODY = "5f0e7d6c-1b2a-4c3d-8e9f-0123456789ab"
NAMES = list(hostile.bodies(b'"a": 1', b"x"))


class Stage:
    """Two doors of the portal, with who may use them and who may not."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        privx = portal.credentials["privx"]
        self.manager = log_in_machine(portal, privx["api_client_id"], privx["api_client_secret"])
        self.owner_id, self.owner = self.client()
        self.stranger = self.client()[1]
        self.admin = Wire(portal.url, portal.credentials["piiano"]["api_key"])
        self.store = f"/vault/api/v1/user/{self.owner_id}/secrets"
        self.taken = unique("taken")
        self.owner.post(self.store, {"name": self.taken, "data": {}}, 201)
        self.collection = unique("hostile").replace("-", "_")
        email = {"name": "email", "data_type_name": "EMAIL", "is_index": True, "is_unique": True}
        age = {"name": "age", "data_type_name": "INTEGER", "is_nullable": True}
        body = {"name": self.collection, "type": "PERSONS", "properties": [email, age]}
        self.admin.post(f"{PIIANO}/ctl/collections", body)
        self.objects = f"{PIIANO}/data/collections/{self.collection}/objects"
        self.admin.post(self.objects, {"email": "taken@example.com"})

    def client(self) -> tuple[str, Wire]:
        path = "/local-user-store/api/v1/api-clients"
        made = self.manager.post(path, {"name": unique("hostile"), "roles": []}, 201)["id"]
        secret = self.manager.get(f"{path}/{made}")["secret"]
        return made, log_in_machine(self.portal, made, secret)

    def door(self, dialect: str) -> tuple[Wire, str, bytes]:
        """Who may write, where, and members of a good body."""
        if dialect == "privx":
            name = json.dumps(unique("hostile"))
            return self.owner, self.store, f'"name": {name}, "data": {{}}'.encode()
        return self.admin, self.objects, f'"email": "{unique("x")}@example.com"'.encode()


@pytest.fixture(scope="module")
def stage(portal: Portal) -> Stage:
    return Stage(portal)


@pytest.fixture
def untouched(stage: Stage) -> Iterator[None]:
    """Nothing but refusals is left behind."""
    before = hostile.traces(stage.portal)
    yield
    assert hostile.traces(stage.portal) == before


def assert_refused(answer: httpx.Response, dialect: str, status: int, code: str = "") -> None:
    """The status, in the dialect's words, with a request id and nothing of what was sent."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Request-Id"]
    assert CANARY not in answer.text
    body: dict[str, Any] = answer.json()
    if dialect == "privx":
        assert {"error_code", "error_message"} <= body.keys()
        assert body.keys() <= {"error_code", "error_message", "property", "details"}
    else:
        assert body.keys() == {"error_code", "message", "error_url", "context"}
    assert not code or body["error_code"] == code, body


DIALECTS = pytest.mark.parametrize("dialect", ["privx", "piiano"])


@DIALECTS
@pytest.mark.parametrize("what", NAMES)
@pytest.mark.usefixtures("untouched")
def test_a_body_that_is_no_good_json(stage: Stage, dialect: str, what: str) -> None:
    wire, path, inner = stage.door(dialect)
    content = hostile.bodies(inner, CANARY.encode())[what]

    answer = wire.send("POST", path, content=content)

    assert_refused(answer, dialect, 400)


@DIALECTS
@pytest.mark.usefixtures("untouched")
def test_a_body_over_the_limit(stage: Stage, dialect: str) -> None:
    wire, path, inner = stage.door(dialect)
    content = b"{" + inner + b', "note": "' + CANARY.encode() * (PORTAL_MAX_BODY // 13 + 1) + b'"}'

    answer = wire.send("POST", path, content=content)

    assert_refused(answer, dialect, 400 if dialect == "privx" else 413)


@DIALECTS
@pytest.mark.usefixtures("untouched")
def test_a_body_without_a_length(stage: Stage, dialect: str) -> None:
    """Chunks are not read, however many they are: it counts as no body."""
    wire, path, inner = stage.door(dialect)

    def chunks() -> Iterator[bytes]:
        yield from [b"{" + inner + b"}"] * 2000

    assert_refused(wire.send("POST", path, content=chunks()), dialect, 400)


@DIALECTS
@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data"])
@pytest.mark.usefixtures("untouched")
def test_a_content_type_that_is_not_json(stage: Stage, dialect: str, kind: str) -> None:
    wire, path, inner = stage.door(dialect)
    headers = wire.headers | {"Content-Type": kind}

    answer = httpx.post(f"{wire.url}{path}", content=b"{" + inner + b"}", headers=headers)

    assert_refused(answer, dialect, 400 if dialect == "privx" else 415)


@DIALECTS
@pytest.mark.usefixtures("untouched")
def test_a_body_that_ends_before_its_length(stage: Stage, dialect: str) -> None:
    wire, path, inner = stage.door(dialect)
    content = b"{" + inner + b"}"
    head = (
        f"POST {path} HTTP/1.1\nHost: 127.0.0.1\nContent-Type: application/json\n"
        f"Authorization: Bearer {wire.token}\nContent-Length: {len(content) + 50}\n\n"
    )

    received = hostile.send_raw(stage.portal, head, content)

    # Whoever ends the connection in the middle may or may not hear of it.
    assert received == b"" or received.startswith(b"HTTP/1.1 400 ")


PRIVX: dict[str, tuple[Any, int, str]] = {
    "no name": ({"data": {}}, 400, "REQUIRED_VALUE_MISSING"),
    "no data": ({"name": "n"}, 400, "REQUIRED_VALUE_MISSING"),
    "a name of the wrong type": ({"name": 5, "data": {}}, 400, "VALUE_INCORRECT_TYPE"),
    "data of the wrong type": ({"name": "n", "data": CANARY}, 400, "VALUE_INCORRECT_TYPE"),
    "roles of the wrong type": (
        {"name": "n", "data": {}, "read_roles": CANARY},
        400,
        "VALUE_INCORRECT_TYPE",
    ),
    "a name that is too long": ({"name": "n" * 256, "data": {}}, 400, ""),
    "a name with a control character": ({"name": "a\nb", "data": {}}, 400, ""),
    "another owner": (
        {"name": "n", "data": {}, "owner_id": NOBODY},
        400,
        "",
    ),
    "a role that nobody has": (
        {"name": "n", "data": {}, "read_roles": [{"id": NOBODY}]},
        400,
        "",
    ),
}
PERSON: dict[str, tuple[Any, int, str]] = {
    "no value that is required": ({"age": 5}, 400, "PV9004"),
    "null for it": ({"email": None}, 400, ""),
    "a value of the wrong type": ({"email": 5}, 400, "PV3002"),
    "a text for a number": ({"email": "a@example.com", "age": CANARY}, 400, "PV3002"),
    "no e-mail address": ({"email": CANARY}, 400, "PV3002"),
    "an unknown property": ({"email": "a@example.com", "other": CANARY}, 404, "PV3004"),
    "a value that is taken": ({"email": "taken@example.com"}, 409, "PV9003"),
    "an id that is none": ({"email": "a@example.com", "id": CANARY}, 400, ""),
    "a property of the vault's own": (
        {"email": "a@example.com", "_creation_time": "2020-01-01T00:00:00Z"},
        400,
        "PV9005",
    ),
}


@pytest.mark.parametrize("what", PRIVX)
@pytest.mark.usefixtures("untouched")
def test_a_secret_that_is_not_one(stage: Stage, what: str) -> None:
    body, status, code = PRIVX[what]

    assert_refused(stage.owner.send("POST", stage.store, json=body), "privx", status, code)


@pytest.mark.parametrize("what", PERSON)
@pytest.mark.usefixtures("untouched")
def test_an_object_that_is_not_one(stage: Stage, what: str) -> None:
    body, status, code = PERSON[what]

    assert_refused(stage.admin.send("POST", stage.objects, json=body), "piiano", status, code)


@pytest.mark.usefixtures("untouched")
def test_a_name_that_is_taken(stage: Stage) -> None:
    secret = {"name": stage.taken, "data": {"word": CANARY}}
    collection = {"name": stage.collection, "type": "DATA", "properties": []}

    answer = stage.owner.send("POST", stage.store, json=secret)
    assert_refused(answer, "privx", 400, "VALUE_DUPLICATE")
    answer = stage.admin.send("POST", f"{PIIANO}/ctl/collections", json=collection)
    assert_refused(answer, "piiano", 409, "PV9001")


@pytest.mark.usefixtures("untouched")
def test_what_is_somebody_elses_or_nobodys(stage: Stage) -> None:
    secret = {"name": "n", "data": {"word": CANARY}}
    person = {"email": "a@example.com"}
    one = f"{stage.store}/{stage.taken}"
    missing = f"{stage.objects}/{NOBODY}?options=unsafe"
    unknown = f"{PIIANO}/data/collections/none/objects"

    for wire, method, path, body, dialect, status, code in (
        (stage.stranger, "POST", stage.store, secret, "privx", 403, "PERMISSION_DENIED"),
        (stage.stranger, "GET", one, None, "privx", 404, "GENERAL_ERROR"),
        (stage.stranger, "PUT", one, secret, "privx", 404, "GENERAL_ERROR"),
        (stage.stranger, "DELETE", one, None, "privx", 404, "GENERAL_ERROR"),
        (stage.stranger, "POST", stage.objects, person, "piiano", 403, "PV1007"),
        (stage.manager, "POST", stage.objects, person, "piiano", 403, "PV1006"),
        (stage.admin, "GET", missing, None, "piiano", 404, "PV3005"),
        (stage.admin, "POST", unknown, person, "piiano", 404, "PV1004"),
    ):
        parts = {} if body is None else {"json": body}
        assert_refused(wire.send(method, path, **parts), dialect, status, code)


@pytest.mark.parametrize("path", ["/vault/api/v1/none", f"{PIIANO}/none"])
@pytest.mark.usefixtures("untouched")
def test_no_route_and_no_such_method(stage: Stage, path: str) -> None:
    dialect = "piiano" if path.startswith(PIIANO) else "privx"
    wire, known, _ = stage.door(dialect)

    assert_refused(wire.send("POST", path, json={"word": CANARY}), dialect, 404)
    for method in ("PUT", "OPTIONS", "TRACE"):
        assert_refused(wire.send(method, known), dialect, 405)


@DIALECTS
def test_a_credential_that_has_ended(stage: Stage, dialect: str) -> None:
    client_id, ended = stage.client()
    with hostile.connect(stage.portal) as session:
        session.execute(
            "UPDATE oauth2_provider_accesstoken SET expires = now() - interval '1 minute'"
            " WHERE user_id = %s",
            [client_id],
        )
    revoked_id, revoked = stage.client()
    stage.manager.delete(f"/local-user-store/api/v1/api-clients/{revoked_id}")
    _, path, inner = stage.door(dialect)
    before = hostile.traces(stage.portal)

    for wire in (ended, revoked, Wire(stage.portal.url, CANARY), Wire(stage.portal.url)):
        answer = wire.send("POST", path, content=b"{" + inner + b"}")
        code = "PERMISSION_DENIED" if dialect == "privx" else "PV1005"
        assert_refused(answer, dialect, 401, code)

    assert hostile.traces(stage.portal) == before
