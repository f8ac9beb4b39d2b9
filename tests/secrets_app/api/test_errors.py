"""Every row of the contract's table of errors, and bodies that mean harm."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.factories import unique
from tests.secrets_app.api.conftest import World, store_of

JSON = {"Content-Type": "application/json"}
UNKNOWN_ROLE = "0b1f6c0e-7f0b-4a39-8a5e-0d6a5a2f9c11"
CANARY = "canary-9a2f"
SEARCH = "/vault/api/v1/search/secrets"


def error_of(answer: Any, status: int) -> tuple[str, str | None]:
    """Code and property of an error body, after its form was checked."""
    assert answer.status_code == status, answer.text
    assert "json" in answer.headers["Content-Type"]
    body = answer.json()
    assert isinstance(body["error_message"], str)
    assert body.keys() <= {"error_code", "error_message", "property", "details"}
    assert CANARY not in answer.text
    return body["error_code"], body.get("property")


@pytest.mark.parametrize(
    ("body", "code", "prop"),
    [
        ({"data": {}}, "REQUIRED_VALUE_MISSING", "name"),
        ({"name": None, "data": {}}, "REQUIRED_VALUE_MISSING", "name"),
        ({"name": "x"}, "REQUIRED_VALUE_MISSING", "data"),
        ({"name": "x", "data": None}, "REQUIRED_VALUE_MISSING", "data"),
        ({"name": 5, "data": {}}, "VALUE_INCORRECT_TYPE", "name"),
        ({"name": "x", "data": CANARY}, "VALUE_INCORRECT_TYPE", "data"),
        ({"name": "x", "data": [CANARY]}, "VALUE_INCORRECT_TYPE", "data"),
        ({"name": "", "data": {}}, "VALUE_INCORRECT_FORMAT", "name"),
        ({"name": f"{CANARY}\n", "data": {}}, "VALUE_INCORRECT_FORMAT", "name"),
        ({"name": "a/../b", "data": {}}, "VALUE_INCORRECT_FORMAT", "name"),
        ({"name": "n" * 256, "data": {}}, "VALUE_OUT_OF_BOUNDS", "name"),
        ({"name": "x", "data": {"a": "x" * 1024 * 1024}}, "VALUE_OUT_OF_BOUNDS", "data"),
        ({"name": "x", "data": {}, "read_roles": {}}, "VALUE_INCORRECT_TYPE", "read_roles"),
        ({"name": "x", "data": {}, "read_roles": ["r"]}, "VALUE_INCORRECT_TYPE", "read_roles.0"),
        (
            {"name": "x", "data": {}, "read_roles": [{}]},
            "REQUIRED_VALUE_MISSING",
            "read_roles.0.id",
        ),
        (
            {"name": "x", "data": {}, "write_roles": [{"id": 1}]},
            *("VALUE_INCORRECT_TYPE", "write_roles.0.id"),
        ),
        (
            {"name": "x", "data": {}, "write_roles": [{"id": UNKNOWN_ROLE}]},
            *("BAD_REQUEST", "write_roles"),
        ),
        (
            {"name": "x", "data": {}, "read_roles": [{"id": "builders"}]},
            *("BAD_REQUEST", "read_roles"),
        ),
        ({"name": "x", "data": {}, "owner_id": UNKNOWN_ROLE}, "BAD_REQUEST", "owner_id"),
    ],
)
def test_what_is_wrong_with_a_new_secret_is_named(
    world: World, body: dict[str, Any], code: str, prop: str
) -> None:
    name = unique("bad")
    if body.get("name") == "x":
        body = {**body, "name": name}
    store = store_of(world.id_of("owner"))

    answer = world.call("owner", "POST", store, json=body)

    assert error_of(answer, 400) == (code, prop)
    assert world.call("owner", "GET", f"{store}/{name}").status_code == 404


def test_several_faults_are_told_at_once(world: World) -> None:
    body = {"data": CANARY, "read_roles": [{"id": 1}]}

    answer = world.call("owner", "POST", store_of(world.id_of("owner")), json=body)

    assert error_of(answer, 400) == ("INVALID_REQUEST_DATA", "name")
    details = [(each["error_code"], each["property"]) for each in answer.json()["details"]]
    assert details == [
        ("REQUIRED_VALUE_MISSING", "name"),
        ("VALUE_INCORRECT_TYPE", "data"),
        ("VALUE_INCORRECT_TYPE", "read_roles.0.id"),
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b'{"name": "x", "data": {"a": NaN}}',
        b'{"name": "x", "data": {"a": Infinity}}',
        b'{"name": "x", "data": {"a": 1e999}}',
        b'{"name": "x", "data": {"a": 1, "a": 2}}',
        b'{"name": "x", "name": "y", "data": {}}',
        b'{"name": "x", "data": {"a": "\\ud800"}}',
        b'{"name": "x", "data": {"a": "\xff"}}',
        b'{"name": "x", "data": ' + b'{"a":' * 1000 + b"1" + b"}" * 1000 + b"}",
        b'\xef\xbb\xbf{"name": "x", "data": {}}',
        '{"name": "x", "data": {}}'.encode("utf-16"),
        b'{"name": "x", "data": {}} trailing',
        b'{"name": "x", "data": {"n": ' + b"9" * 5000 + b"}}",
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_body_that_cannot_be_read_is_told(world: World, content: bytes, method: str) -> None:
    store = store_of(world.id_of("owner"))
    path = store if method == "POST" else world.create("owner").replace("?", "")

    answer = world.call("owner", method, path, content=content, headers=JSON)

    assert error_of(answer, 400) == ("INVALID_REQUEST_DATA", None)


def test_a_body_of_another_type_is_told(world: World) -> None:
    store = store_of(world.id_of("owner"))
    content = json.dumps({"name": unique("x"), "data": {}}).encode()

    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml"):
        answer = world.call("owner", "POST", store, content=content, headers={"Content-Type": kind})
        assert error_of(answer, 400) == ("INVALID_REQUEST_DATA", None)


def test_data_of_a_mebibyte_are_taken(world: World) -> None:
    name, store = unique("large"), store_of(world.id_of("owner"))
    data = {"a": "x" * (1024 * 1024 - len('{"a": ""}'))}

    made = world.call("owner", "POST", store, json={"name": name, "data": data})

    assert made.status_code == 201
    assert world.call("owner", "GET", f"{store}/{name}").json()["data"] == data


@pytest.mark.parametrize("mebibytes", [2, 9])
def test_larger_bodies_are_out_of_bounds(world: World, mebibytes: int) -> None:
    content = b'{"name": "x", "data": {"a": "' + b"x" * mebibytes * 1024 * 1024 + b'"}}'

    answer = world.call(
        "owner", "POST", store_of(world.id_of("owner")), content=content, headers=JSON
    )

    assert error_of(answer, 400)[0] == "VALUE_OUT_OF_BOUNDS"


@pytest.mark.parametrize(
    ("query", "code", "prop"),
    [
        ("offset=-1", "VALUE_OUT_OF_BOUNDS", "offset"),
        ("limit=-5", "VALUE_OUT_OF_BOUNDS", "limit"),
        ("offset=x", "VALUE_INCORRECT_TYPE", "offset"),
        ("limit=1.5", "VALUE_INCORRECT_TYPE", "limit"),
        ("limit=99999999999999999999", "VALUE_INCORRECT_TYPE", "limit"),
    ],
)
def test_a_window_that_makes_no_sense_is_told(
    world: World, query: str, code: str, prop: str
) -> None:
    for path in (store_of(world.id_of("owner")), "/vault/api/v1/secrets"):
        answer = world.call("owner", "GET", f"{path}?{query}")
        assert error_of(answer, 400) == (code, prop)


@pytest.mark.parametrize(
    ("query", "body", "code", "prop"),
    [
        ("sortkey=size", {}, "BAD_REQUEST", "sortkey"),
        ("sortdir=UP", {}, "BAD_REQUEST", "sortdir"),
        ("", {"sortkey": "size"}, "BAD_REQUEST", "sortkey"),
        ("", {"filter": "mine"}, "BAD_REQUEST", "filter"),
        ("", {"keywords": 5}, "VALUE_INCORRECT_TYPE", "keywords"),
        ("", {"keywords": "k" * 1001}, "VALUE_OUT_OF_BOUNDS", "keywords"),
        ("", {"owner_id": "x"}, "VALUE_INCORRECT_TYPE", "owner_id"),
        ("", {"limit": -1}, "VALUE_OUT_OF_BOUNDS", "limit"),
        ("", {"offset": "1"}, "VALUE_INCORRECT_TYPE", "offset"),
    ],
)
def test_a_search_that_makes_no_sense_is_told(
    world: World, query: str, body: dict[str, Any], code: str, prop: str
) -> None:
    answer = world.call("owner", "POST", f"{SEARCH}?{query}", json=body)

    assert error_of(answer, 400) == (code, prop)


def test_unknown_parameters_and_fields_are_ignored(world: World) -> None:
    store = store_of(world.id_of("owner"))
    extra = {"author": "x", "path": 1, "created": "", "updated": None, "updated_by": {}, "x": 1}

    made = world.call(
        "owner", "POST", f"{store}?fuzzycount=1", json={"name": unique("x"), "data": {}, **extra}
    )

    assert made.status_code == 201
    assert world.call("owner", "GET", f"{store}?filter=x&query=y&verbose=1").status_code == 200


@pytest.mark.parametrize("owner", ["owner", None])
def test_a_taken_name_is_400_and_leaves_the_first_alone(world: World, owner: str | None) -> None:
    name = unique("taken")
    by = "" if owner else "manager"
    path = world.create(owner, by=by, name=name, read_roles=world.handles("readers"))
    store = path.rpartition("/")[0]

    answer = world.call(owner or by, "POST", store, json={"name": name, "data": {"b": 2}})

    assert error_of(answer, 400) == ("VALUE_DUPLICATE", "name")
    assert world.call("reader", "GET", path).json()["data"] == {"a": 1}


def test_the_words_that_tools_look_for_are_in_a_404(world: World) -> None:
    store = store_of(world.id_of("owner"))
    paths = (f"{store}/nobody-has-this", "/vault/api/v1/secrets/nobody-has-this")

    for path in (*paths, f"{store}/..%2F..", f"{store}/%00", f"{store}/{'x' * 300}"):
        for who in ("owner", "manager"):
            answer = world.call(who, "GET", path)
            assert error_of(answer, 404) == ("GENERAL_ERROR", None)
            message = answer.json()["error_message"]
            assert message == "Secret not found (OBJECT_NOT_FOUND)"
    for path in paths:
        assert world.call("stranger", "PUT", path, json={"data": {}}).status_code == 404
        assert world.call("stranger", "DELETE", path).status_code == 404


def test_an_update_never_creates(world: World) -> None:
    path = f"{store_of(world.id_of('owner'))}/{unique('upsert')}"

    assert world.call("owner", "PUT", path, json={"data": {}}).status_code == 404
    assert world.call("owner", "GET", path).status_code == 404


def test_an_unknown_address_and_an_unknown_method_have_the_services_words(world: World) -> None:
    unknown = world.call("owner", "GET", "/vault/api/v1/no-such")
    method = world.call("owner", "PATCH", "/vault/api/v1/secrets", json={})

    assert error_of(unknown, 404) == ("GENERAL_ERROR", None)
    assert error_of(method, 405) == ("BAD_REQUEST", None)
    assert method.headers["Allow"]


def test_a_name_injects_no_header(world: World) -> None:
    name = unique("x")
    sly = f"{name} é\u2028X-Evil: 1"

    made = world.call(
        "owner", "POST", store_of(world.id_of("owner")), json={"name": sly, "data": {}}
    )

    assert made.status_code == 201
    assert made.headers["Location"].isascii()
    assert "X-Evil" not in made.headers


def test_a_truncated_body_is_told(world: World) -> None:
    content = b'{"name": "x", "data": {"a": "'

    answer = world.call(
        "owner", "POST", store_of(world.id_of("owner")), content=content, headers=JSON
    )

    assert error_of(answer, 400) == ("INVALID_REQUEST_DATA", None)
