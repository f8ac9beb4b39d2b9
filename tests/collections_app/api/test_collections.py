"""Collections and their properties over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.collections_app.api.conftest import Vault, error, policy

TEXT = {"Content-Type": "application/pvschema"}


def fresh() -> str:
    return f"c{uuid4().hex[:12]}"


def plain(found: Any) -> Any:
    """Without the times, which no test knows."""
    if isinstance(found, list):
        return [plain(each) for each in found]
    return {
        key: plain(value) if isinstance(value, list) else value
        for key, value in found.items()
        if key not in ("creation_time", "modification_time")
    }


def shown(name: str, kind: str, **flags: Any) -> dict[str, Any]:
    return {
        "name": name,
        "data_type_name": kind,
        "description": "",
        "is_builtin": False,
        "is_readonly": False,
        "is_encrypted": True,
        "is_index": False,
        "is_substring_index": False,
        "is_nullable": False,
        "is_unique": False,
    } | flags


def test_a_collection_goes_round_as_json(vault: Vault) -> None:
    name = fresh()
    body = {
        "name": name,
        "type": "PERSONS",
        "properties": [
            {"name": "full_name", "data_type_name": "name", "is_index": "odd", "unknown": 1},
            {"name": "age", "data_type_name": "INTEGER", "is_nullable": True, "is_unique": True,
             "is_index": True, "is_encrypted": False, "description": "in years"},
        ],
    }  # fmt: skip
    expected = {
        "name": name,
        "type": "PERSONS",
        "properties": [
            shown("age", "INTEGER", is_nullable=True, is_unique=True, is_index=True,
                  is_encrypted=False, description="in years"),
            shown("full_name", "NAME"),
        ],
    }  # fmt: skip

    made = vault.ok("POST", "ctl/collections/", json=body)

    assert plain(made) == expected
    assert vault.ok("GET", f"ctl/collections/{name}") == made
    assert made in vault.ok("GET", "ctl/collections", params={"format": "json"})


def test_builtins_are_shown_on_demand_and_sorted(vault: Vault) -> None:
    name = vault.collection([])

    found = vault.ok("GET", f"ctl/collections/{name}", params={"options": "show_builtins"})

    assert [each["name"] for each in found["properties"]] == [
        "_creation_time",
        "_expiration_time",
        "_modification_time",
        "_owner_collection",
        "_owner_id",
        "_tenant_id",
        "id",
    ]
    assert plain(found)["properties"][0] == shown(
        "_creation_time", "TIMESTAMP", is_builtin=True, is_readonly=True, is_encrypted=False
    )


@pytest.mark.parametrize(
    "how", [{"params": {"format": "pvschema"}}, {"headers": {"Accept": "application/pvschema"}}]
)
def test_a_collection_goes_round_as_text(vault: Vault, how: dict[str, Any]) -> None:
    name = fresh()
    text = (
        f"{name} PERSONS ( badge STRING UNIQUE INDEX, mail EMAIL NULL COMMENT 'work',"
        " note STRING NOT ENCRYPTED, )"
    )
    options = {"headers": TEXT | how.get("headers", {}), "params": how.get("params", {})}

    made = vault.call("POST", "ctl/collections", content=text, **options)

    assert made.status_code == 200, made.text
    assert made.headers["content-type"] == "application/pvschema"
    assert made.text == (
        f"{name} PERSONS (\n  badge STRING UNIQUE INDEX,\n  mail EMAIL NULL COMMENT 'work',\n"
        "  note STRING NOT ENCRYPTED\n);"
    )
    assert vault.call("GET", f"ctl/collections/{name}", **how).text == made.text
    assert made.text in vault.call("GET", "ctl/collections", **how).text


def test_a_fault_in_the_text_names_its_place(vault: Vault) -> None:
    body = vault.refused(
        400, "POST", "ctl/collections", content="a DATA (\n  b STRING SHINY)", headers=TEXT
    )

    assert body == error(
        "PV1012", "Line 2, column 12: an attribute is expected.", {"line": "2", "column": "12"}
    )


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"name": "1x"}, 400, "PV1008"),
        ({"name": "x" * 41}, 400, "PV1008"),
        ({"name": ""}, 400, "PV1008"),
        ({"name": 5}, 400, "PV1012"),
        ({"type": "PEOPLE"}, 400, "PV1012"),
        ({"type": None}, 400, "PV1012"),
        ({"properties": {}}, 400, "PV1012"),
        ({"properties": [5]}, 400, "PV1012"),
        ({"properties": [{"name": "a"}]}, 400, "PV1012"),
        ({"properties": [{"name": "a", "data_type_name": "SHOE"}]}, 400, "PV1012"),
        ({"properties": [{"name": "_a", "data_type_name": "STRING"}]}, 400, "PV1012"),
        ({"properties": [{"name": "x" * 30, "data_type_name": "STRING"}]}, 400, "PV1012"),
        ({"properties": [{"name": "id", "data_type_name": "STRING"}]}, 400, "PV9005"),
        ({"properties": [{"name": "a", "data_type_name": "STRING"}] * 2}, 400, "PV1012"),
        ({"properties": [{"name": "a", "data_type_name": "JSON", "is_index": True}]}, 400,
         "PV9006"),
        ({"properties": [{"name": "a", "data_type_name": "CC_CVV", "is_substring_index": True}]},
         400, "PV9006"),
        ({"properties": [{"name": "a", "data_type_name": "STRING", "description": "x" * 451}]},
         400, "PV1012"),
    ],
)  # fmt: skip
def test_a_bad_collection_is_refused(
    vault: Vault, change: dict[str, Any], status: int, code: str
) -> None:
    body = {"name": fresh(), "type": "DATA", "properties": []} | change

    assert vault.refused(status, "POST", "ctl/collections", json=body)["error_code"] == code


def test_a_name_is_taken_once_and_free_after_deletion(vault: Vault) -> None:
    name = vault.collection()
    body = {"name": name, "type": "DATA", "properties": []}
    made = vault.add(name, {"full_name": "a"})

    taken = vault.refused(409, "POST", "ctl/collections", json=body)
    vault.ok("DELETE", f"ctl/collections/{name}")
    gone = vault.refused(404, "GET", f"ctl/collections/{name}")
    vault.ok("POST", "ctl/collections", json=body)

    assert taken == error("PV9001", "The collection already exists.", {"collection": name})
    assert gone == error("PV1004", "The collection is not found.")
    vault.refused(404, "GET", f"data/collections/{name}/objects/{made}", params={"props": "id"})


def test_an_update_adds_properties_and_changes_only_what_may_change(vault: Vault) -> None:
    name = vault.collection()
    body = {
        "name": name,
        "type": "PERSONS",
        "properties": [
            {"name": "mail", "data_type_name": "STRING", "is_unique": False, "description": "new"},
            {"name": "later", "data_type_name": "DATE", "is_nullable": True},
        ],
    }

    found = vault.ok("PATCH", f"ctl/collections/{name}", json=body)

    by_name = {each["name"]: each for each in found["properties"]}
    assert by_name["mail"]["data_type_name"] == "EMAIL"
    assert by_name["mail"]["is_unique"] is False
    assert by_name["mail"]["description"] == "new"
    assert by_name.keys() == {"full_name", "later", "mail", "note", "ssn"}


@pytest.mark.parametrize(
    "change",
    [
        {"name": "full_name", "data_type_name": "NAME", "is_unique": True},
        {"name": "mail", "data_type_name": "EMAIL", "is_nullable": False},
        {"name": "mail", "data_type_name": "EMAIL", "is_substring_index": True},
        {"name": "later", "data_type_name": "DATE"},
    ],
)
def test_a_change_that_would_break_data_is_refused(vault: Vault, change: dict[str, Any]) -> None:
    name = vault.collection()
    vault.add(name, {"full_name": "a"})
    body = {"name": name, "type": "PERSONS", "properties": [change]}

    found = vault.refused(400, "PATCH", f"ctl/collections/{name}", json=body)

    assert found["error_code"] == "PV9006"
    assert found["context"] == {"property": change["name"]}


def test_properties_one_by_one(vault: Vault) -> None:
    name = vault.collection([])
    path = f"ctl/collections/{name}/properties"
    body = {"name": "mail", "data_type_name": "EMAIL", "is_nullable": True, "is_index": True}

    made = vault.ok("POST", f"{path}/mail/", json=body)
    assert plain(made) == shown("mail", "EMAIL", is_nullable=True, is_index=True)
    assert vault.ok("GET", f"{path}/mail") == made
    assert vault.ok("GET", path) == [made]
    taken = vault.refused(409, "POST", f"{path}/mail", json=body)
    assert taken == error("PV9001", "The property already exists.", {"property": "mail"})
    assert vault.refused(400, "POST", f"{path}/other", json=body)["error_code"] == "PV1012"

    change = {"name": "mail", "description": "private"}
    assert vault.ok("PATCH", f"{path}/mail", json=change)["description"] == "private"
    assert vault.ok("PATCH", f"{path}/mail", json={})["description"] == ""

    vault.ok("DELETE", f"{path}/mail")
    gone = vault.refused(404, "GET", f"{path}/mail")
    assert gone == error("PV3004", "The property is not found.", {"property": "mail"})
    assert vault.refused(400, "DELETE", f"{path}/_owner_id")["error_code"] == "PV9005"
    assert vault.refused(404, "GET", "ctl/collections/no_such/properties")["error_code"] == "PV1004"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "ctl/collections", None),
        ("POST", "ctl/collections", {"name": "x", "type": "DATA"}),
        ("GET", "ctl/collections/{}", None),
        ("PATCH", "ctl/collections/{}", {}),
        ("DELETE", "ctl/collections/{}", None),
        ("GET", "ctl/collections/{}/properties", None),
        ("GET", "ctl/collections/{}/properties/mail", None),
        ("POST", "ctl/collections/{}/properties/x", {}),
        ("PATCH", "ctl/collections/{}/properties/mail", {}),
        ("DELETE", "ctl/collections/{}/properties/mail", None),
        ("GET", "ctl/types", None),
    ],
)
def test_each_operation_needs_its_capability(
    vault: Vault, method: str, path: str, body: Any
) -> None:
    name = vault.collection()
    nobody = vault.user(["CapDataReader"], policy())

    found = nobody.refused(403, method, path.format(name), json=body)

    assert found["error_code"] == "PV1007"


def test_data_types_are_listed_on_demand(vault: Vault) -> None:
    assert vault.ok("GET", "ctl/types") == []
    found = vault.ok("GET", "ctl/types", params={"options": "show_builtins"})
    one = vault.ok("GET", "ctl/types/ssn")

    assert one in found
    assert one["name"] == "SSN"
    assert one["transformers"] == ["mask", "token"]
    assert vault.refused(404, "GET", "ctl/types/SHOE")["error_code"] == "PV1004"
