"""Add object, by the page of the contract's seed: each parameter, status and error body."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.collections_app.api.conftest import Vault, error, policy

PAGE = [
    {"name": name, "data_type_name": kind}
    for name, kind in (
        ("date_of_birth", "DATE_OF_BIRTH"),
        ("email", "EMAIL"),
        ("first_name", "NAME"),
        ("last_name", "NAME"),
        ("phone_number", "PHONE_NUMBER"),
    )
]
PAT = {
    "date_of_birth": "1993-02-22",
    "email": "patfar@example.com",
    "first_name": "Pat",
    "last_name": "Far",
    "phone_number": "+11011010101",
}


def expiration(vault: Vault, name: str, made: str) -> datetime | None:
    shown = vault.read(name, made, props="_expiration_time")["_expiration_time"]
    return None if shown is None else datetime.fromisoformat(shown)


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_body_of_the_page_is_added_and_read_back(vault: Vault, slash: str) -> None:
    name = vault.collection(PAGE)
    params = {"reason": "AccountManagement", "reload_cache": "true", "import": "false"}

    made = vault.ok("POST", f"data/collections/{name}/objects{slash}", json=PAT, params=params)

    assert made == {"id": str(UUID(made["id"]))}
    assert vault.read(name, made["id"]) == PAT | made


def test_times_lie_between_the_call_and_now(vault: Vault) -> None:
    name = vault.collection(PAGE)

    made = vault.add(name, PAT)

    shown = vault.read(name, made, props=["_creation_time", "_modification_time"])
    created = datetime.fromisoformat(shown["_creation_time"])
    now = datetime.now(UTC)
    assert now - timedelta(seconds=5) < created < now
    assert shown["_modification_time"] == shown["_creation_time"]


def test_the_id_is_the_callers_in_lower_case(vault: Vault) -> None:
    name = vault.collection(PAGE)
    wanted = str(uuid4())

    assert vault.add(name, PAT | {"id": wanted.upper()}) == wanted
    again = vault.refused(
        409, "POST", f"data/collections/{name}/objects", json=PAT | {"id": wanted}
    )
    assert again == error("PV9001", "The object already exists.", {"object": "id"})


@pytest.mark.parametrize(
    ("params", "seconds"),
    [({}, None), ({"expiration_secs": ""}, None), ({"expiration_secs": "86400"}, 86400)],
)
def test_expiration_has_three_meanings(
    vault: Vault, params: dict[str, str], seconds: int | None
) -> None:
    name = vault.collection(PAGE)

    made = vault.add(name, PAT, params=params)

    ends = expiration(vault, name, made)
    if seconds is None:
        assert ends is None
    else:
        assert ends is not None
        assert abs(ends - datetime.now(UTC) - timedelta(seconds=seconds)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("params", "code", "message", "context"),
    [
        ({"expiration_secs": "0"}, "PV1012", "expiration_secs must not be 0.",
         {"field": "expiration_secs"}),
        ({"expiration_secs": "-1"}, "PV1012",
         "expiration_secs must be a whole number of seconds or empty.",
         {"field": "expiration_secs"}),
        ({"expiration_secs": "9" * 18}, "PV1012",
         "expiration_secs must be at most 10000000000.", {"field": "expiration_secs"}),
        ({"import": "maybe"}, "PV1012", "import must be true or false.", {}),
        ({"reload_cache": "maybe"}, "PV1012", "reload_cache must be true or false.", {}),
        ({"export_key": "x"}, "PV1012", "export_key can be given with import only.",
         {"field": "export_key"}),
        ({"export_key": "x", "import": "true"}, "PV1012", "export_key does not open here.",
         {"field": "export_key"}),
        ({"reason": "Other"}, "PV1001", "The reason Other needs an adhoc_reason.",
         {"reason": None}),
    ],
)  # fmt: skip
def test_a_bad_parameter_is_refused(
    vault: Vault, params: dict[str, str], code: str, message: str, context: dict[str, Any]
) -> None:
    name = vault.collection(PAGE)

    if params.get("export_key") and "import" in params:
        body = vault.refused(405, "POST", f"data/collections/{name}/objects", json=PAT,
                             params=params)  # fmt: skip
        assert body == error("PV1003", "No export key is configured.")
        return
    body = vault.refused(400, "POST", f"data/collections/{name}/objects", json=PAT, params=params)

    assert body == error(code, message, context)
    counted = vault.ok("GET", f"data/collections/{name}/count/objects")
    assert counted == {"active": 0, "archived": 0, "total": 0}


def test_a_reason_must_be_of_the_list_and_other_needs_words(vault: Vault) -> None:
    name = vault.collection(PAGE)
    path = f"data/collections/{name}/objects"

    unknown = vault.refused(400, "POST", path, json=PAT, params={"reason": "appfunctionality"})
    vault.add(name, PAT, params={"reason": "Other", "adhoc_reason": "a trial"})

    assert unknown["error_code"] == "PV1002"


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        (b"{", 400, error("PV1012", "The request body is not valid JSON.")),
        (b"", 400, error("PV1012", "The request body is not valid JSON.")),
        (b"[]", 400, error("PV1012", "The request body must be a JSON object.")),
        (b'"x"', 400, error("PV1012", "The request body must be a JSON object.")),
        (b'{"a": NaN}', 400, error("PV1012", "The request body is not valid JSON.")),
        (b'{"a": 1, "a": 2}', 400, error("PV1012", "The request body names a key twice.")),
        (b'{"a": "\xff"}', 400, error("PV1012", "The request body is not valid JSON.")),
        (b'{"a": "\\ud800"}', 400, error("PV1012", "The request body is not valid JSON.")),
        (b'{"a":' + b"[" * 200 + b"]" * 200 + b"}", 400,
         error("PV1012", "The request body is nested too deeply.")),
        (b'{"a": "' + b"x" * 9_000_000 + b'"}', 413,
         error("PV1012", "The request is too large.")),
    ],
    ids=["cut", "empty", "array", "text", "nan", "twice", "bytes", "surrogate", "deep", "huge"],
)  # fmt: skip
def test_a_body_that_is_no_object_is_refused(
    vault: Vault, body: bytes, status: int, expected: Any
) -> None:
    name = vault.collection(PAGE)
    headers = {"Content-Type": "application/json"}

    found = vault.refused(
        status, "POST", f"data/collections/{name}/objects", content=body, headers=headers
    )

    assert found == expected


def test_another_content_type_is_refused(vault: Vault) -> None:
    name = vault.collection(PAGE)

    body = vault.refused(
        415,
        "POST",
        f"data/collections/{name}/objects",
        content=b"a=b",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert body == error("PV1012", "The content type is not supported here.")


@pytest.mark.parametrize(
    ("changes", "status", "expected"),
    [
        ({"email": None}, 400,
         error("PV9004", "A value is required for email.", {"properties": "email"})),
        ({"email": "nobody"}, 400,
         error("PV3002", "The value of email must be an e-mail address.", {"property": "email"})),
        ({"email": 5}, 400,
         error("PV3002", "The value of email must be a string.", {"property": "email"})),
        ({"email": ["a"]}, 400,
         error("PV3002", "The value of email must be a string.", {"property": "email"})),
        ({"first_name": "x" * 2049}, 400,
         error("PV3002", "The value of first_name must have at most 2048 characters.",
               {"property": "first_name"})),
        ({"shoe_size": 9}, 404,
         error("PV3004", "The property is not found.", {"property": "shoe_size"})),
        ({"_id": "x"}, 404, error("PV3004", "The property is not found.", {"property": "_id"})),
        ({"id": "7"}, 400,
         error("PV3002", "The value of id must be a UUID.", {"property": "id"})),
        ({"_creation_time": "2020-01-01T00:00:00Z"}, 400,
         error("PV9005", "_creation_time is read-only or built in.",
               {"property": "_creation_time"})),
    ],
)  # fmt: skip
def test_a_bad_value_is_refused(
    vault: Vault, changes: dict[str, Any], status: int, expected: Any
) -> None:
    name = vault.collection(PAGE)

    body = vault.refused(status, "POST", f"data/collections/{name}/objects", json=PAT | changes)

    assert body == expected
    assert vault.ok("GET", f"data/collections/{name}/count/objects")["total"] == 0


def test_ten_thousand_properties_are_refused(vault: Vault) -> None:
    name = vault.collection(PAGE)
    body = PAT | {f"p{number}": "x" for number in range(10_000)}

    found = vault.refused(404, "POST", f"data/collections/{name}/objects", json=body)

    assert found["error_code"] == "PV3004"


def test_import_sets_the_built_in_times(vault: Vault) -> None:
    name = vault.collection(PAGE)
    times = {
        "_creation_time": "2020-01-01T00:00:00Z",
        "_modification_time": "2021-01-01T00:00:00Z",
        "_expiration_time": "2999-01-01T00:00:00Z",
    }

    made = vault.add(name, PAT | times, params={"import": "true"})

    shown = vault.read(name, made, options=["unsafe", "show_builtins"])
    for key, value in times.items():
        assert shown[key] == value.replace("Z", ".000000Z")


def test_the_collection_must_be_there(vault: Vault) -> None:
    for name in ("no_such", "1bad", "x" * 300, "%00", "a%2Fb", "caf\u00e9"):
        body = vault.refused(404, "POST", f"data/collections/{name}/objects", json=PAT)
        assert body["error_code"] == "PV1004"

    body = vault.refused(404, "POST", "data/collections/no_such/objects", json=PAT)
    assert body == error("PV1004", "The collection is not found.")


@pytest.mark.parametrize("header", [{}, {"Authorization": ""}, {"Authorization": "Basic eDp5"}])
def test_without_a_good_credential_nothing_happens(vault: Vault, header: dict[str, str]) -> None:
    answer = vault.client.post(
        "/api/pvlt/1.0/data/collections/no_such/objects", json=PAT, headers=header
    )

    assert answer.status_code == 401
    assert answer.json() == error("PV1005", "The request is unauthorized.")


@pytest.mark.parametrize("capability", ["CapDataWriter", "CapDataCreator", "CapObjectsWriter"])
def test_one_of_the_capabilities_and_a_policy_for_each_property(
    vault: Vault, capability: str
) -> None:
    name = vault.collection(PAGE)
    allow = policy(f"{name}/properties/*", operations=("write",))

    vault.user([capability], allow).add(name, PAT)


def test_without_the_capability_it_is_forbidden_whether_or_not_the_collection_is_there(
    vault: Vault,
) -> None:
    name = vault.collection(PAGE)
    reader = vault.user(["CapDataReader", "CapDataUpdater", "CapDataDeleter"], policy())

    for collection in (name, "no_such"):
        # Neither a bad reason nor a bad body is looked at before the right to call.
        body = reader.refused(
            403,
            "POST",
            f"data/collections/{collection}/objects",
            content=b"{",
            params={"reason": "bad"},
        )
        username = body["context"].pop("username")
        assert body == error("PV1007", "The operation is forbidden due to missing capabilities.")
        assert username


@pytest.mark.parametrize(
    "policies",
    [
        [],
        [policy("*/properties/email", operations=("write",))],
        [policy(operations=("read",))],
        [policy(reasons=("Maintenance",))],
        [policy(), policy("*/properties/email", kind="deny", operations=("write",))],
        [policy(), policy("*/types/EMAIL", kind="deny")],
    ],
    ids=["none", "one-property", "other-operation", "other-reason", "deny-property", "deny-type"],
)
def test_one_refused_property_refuses_the_call(vault: Vault, policies: list[Any]) -> None:
    name = vault.collection(PAGE)
    writer = vault.user(["CapDataWriter"], *policies)

    body = writer.refused(403, "POST", f"data/collections/{name}/objects", json=PAT)

    assert body["error_code"] == "PV1006"
    assert body["context"].keys() == {"username"}
    assert vault.ok("GET", f"data/collections/{name}/count/objects")["total"] == 0


def test_a_policy_may_depend_on_the_reason(vault: Vault) -> None:
    name = vault.collection(PAGE)
    writer = vault.user(["CapDataWriter"], policy(reasons=("Maintenance",)))

    writer.add(name, PAT, params={"reason": "Maintenance"})
    writer.refused(
        403, "POST", f"data/collections/{name}/objects", json=PAT, params={"reason": "Marketing"}
    )


def test_the_tenant_header_restricts_and_fills_in(vault: Vault) -> None:
    name = vault.collection(PAGE)
    path = f"data/collections/{name}/objects"
    one, two = {"X-Tenant-Id": "t1"}, {"X-Tenant-Id": "t1, t2"}

    filled = vault.add(name, PAT, headers=one)
    named = vault.add(name, PAT | {"_tenant_id": "t2"}, headers=two)
    other = vault.refused(403, "POST", path, json=PAT | {"_tenant_id": "t9"}, headers=one)
    unclear = vault.refused(400, "POST", path, json=PAT, headers=two)

    assert vault.read(name, filled, props="_tenant_id") == {"_tenant_id": "t1"}
    assert vault.read(name, named, props="_tenant_id") == {"_tenant_id": "t2"}
    assert other == error("PV9007", "The request touches an object of another tenant.")
    assert unclear["error_code"] == "PV9007"


def test_a_unique_value_is_taken_by_an_active_object(vault: Vault) -> None:
    name = vault.collection()
    vault.add(name, {"full_name": "a", "mail": "a@X.example"})

    body = vault.refused(
        409, "POST", f"data/collections/{name}/objects", json={"full_name": "b",
                                                              "mail": "a@x.example"},
    )  # fmt: skip

    assert body == error(
        "PV9003", "Another active object has the same value of mail.", {"properties": "mail"}
    )
