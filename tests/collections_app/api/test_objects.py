"""Get, list, search, update, delete and count objects over HTTP, single and bulk."""

from __future__ import annotations

import json
import time
from typing import Any
from uuid import uuid4

import pytest

from tests.collections_app.api.conftest import Vault, error, policy

IDA = {
    "full_name": "Ida Roth",
    "mail": "ida.roth@clinic.example",
    "ssn": "987-65-4321",
    "note": "n",
}


def not_found(object_id: str) -> Any:
    return error(
        "PV3005",
        f"One or more Objects is not found: {object_id}. For more details, view the logs.",
        {"ids": object_id},
    )


def test_what_is_not_there_has_the_exact_words(vault: Vault) -> None:
    name, missing = vault.collection(), str(uuid4())
    path = f"data/collections/{name}/objects/{missing}"

    assert vault.refused(404, "GET", path, params={"options": "unsafe"}) == not_found(missing)
    assert vault.refused(404, "PATCH", path, json={}) == not_found(missing)
    assert vault.refused(404, "DELETE", path) == not_found(missing)
    assert (
        vault.refused(400, "GET", f"data/collections/{name}/objects/7", params={"props": "id"})[
            "error_code"
        ]
        == "PV1012"
    )


def test_unsafe_shows_all_properties_and_the_id_and_nothing_else(vault: Vault) -> None:
    name = vault.collection()
    made = vault.add(name, {"full_name": "Ida Roth"})

    assert vault.read(name, made) == {
        "id": made,
        "full_name": "Ida Roth",
        "mail": None,
        "ssn": None,
        "note": None,
    }


@pytest.mark.parametrize("form", ["comma", "repeated", "both"])
def test_props_choose_and_transform(vault: Vault, form: str) -> None:
    name = vault.collection()
    made = vault.add(name, IDA)
    wanted = ["mail", "mail.mask", "ssn.mask", "note.mask", "full_name.token"]
    given = {
        "comma": [("props", ",".join(wanted))],
        "repeated": [("props", each) for each in wanted],
        "both": [("props", ",".join(wanted[:2])), *[("props", each) for each in wanted[2:]]],
    }[form]

    found = vault.ok("GET", f"data/collections/{name}/objects/{made}", params=given)

    assert found == {
        "mail": "ida.roth@clinic.example",
        "mail.mask": "i*******@clinic.example",
        "ssn.mask": "***-**-4321",
        "note.mask": "*",
        "full_name.token": None,
    }


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({}, 400, "PV1012"),
        ({"options": "unsafe", "props": "mail"}, 400, "PV1012"),
        ({"options": "show_builtins"}, 400, "PV1012"),
        ({"options": "bogus", "props": "mail"}, 400, "PV1012"),
        ({"props": "nope"}, 404, "PV3004"),
        ({"props": "mail.nope"}, 404, "PV3004"),
        ({"props": "mail."}, 404, "PV3004"),
    ],
)
def test_bad_reading_options_are_refused(
    vault: Vault, params: dict[str, str], status: int, code: str
) -> None:
    name = vault.collection()
    made = vault.add(name, IDA)

    for path in (f"data/collections/{name}/objects/{made}", f"data/collections/{name}/objects"):
        assert vault.refused(status, "GET", path, params=params)["error_code"] == code


def test_masked_and_raw_are_different_rights(vault: Vault) -> None:
    name = vault.collection()
    made = vault.add(name, IDA)
    path = f"data/collections/{name}/objects/{made}"
    masked = vault.user(["CapDataReader"], policy(f"{name}/properties/ssn.mask"))
    denied = vault.user(["CapDataReader"], policy(), policy(f"{name}/properties/ssn", kind="deny"))

    assert masked.ok("GET", path, params={"props": ["id", "ssn.mask"]})["ssn.mask"] == "***-**-4321"
    assert masked.refused(403, "GET", path, params={"props": "ssn"})["error_code"] == "PV1006"
    assert denied.ok("GET", path, params={"props": "ssn.mask"}) == {"ssn.mask": "***-**-4321"}
    assert denied.refused(403, "GET", path, params={"props": "ssn"})["error_code"] == "PV1006"
    assert denied.refused(403, "GET", path, params={"options": "unsafe"})["error_code"] == "PV1006"


def test_pages_follow_the_order_of_insertion(vault: Vault) -> None:
    name = vault.collection()
    ids = [vault.add(name, {"full_name": f"n{number}"}) for number in range(5)]
    path = f"data/collections/{name}/objects"
    params = {"props": "id", "page_size": "2"}

    seen: list[str] = []
    remaining = []
    cursor = ""
    while True:
        page = vault.ok("GET", path, params=params | {"cursor": cursor})
        seen += [each["id"] for each in page["results"]]
        assert page["paging"]["size"] == len(page["results"])
        remaining.append(page["paging"]["remaining_count"])
        cursor = page["paging"]["cursor"]
        if not cursor:
            break

    assert seen == ids
    assert remaining == [3, 1, 0]


def test_a_cursor_is_sealed_and_bound_to_its_request(vault: Vault) -> None:
    name, other = vault.collection(), vault.collection()
    for number in range(3):
        vault.add(name, {"full_name": f"n{number}"})
    path = f"data/collections/{name}/objects"
    params = {"props": "id", "page_size": "1"}
    cursor = vault.ok("GET", path, params=params)["paging"]["cursor"]
    changed = cursor[:-6] + ("A" if cursor[-6] != "A" else "B") + cursor[-5:]

    for bad in (changed, "x", "ü", cursor[:20], "A" * 3000):
        found = vault.refused(400, "GET", path, params=params | {"cursor": bad})
        assert found["error_code"] == "PV1012"
    for elsewhere, more in ((path, {"props": "note"}), (f"data/collections/{other}/objects", {})):
        found = vault.refused(400, "GET", elsewhere, params=params | {"cursor": cursor} | more)
        assert found == error(
            "PV1012", "cursor belongs to a request with other parameters.", {"field": "cursor"}
        )


@pytest.mark.parametrize("size", ["0", "-1", "1001", "x"])
def test_a_page_size_has_bounds(vault: Vault, size: str) -> None:
    name = vault.collection()

    found = vault.refused(
        400, "GET", f"data/collections/{name}/objects", params={"props": "id", "page_size": size}
    )

    assert found["error_code"] == ("PV1012" if size == "x" else "PV9012")


def test_listing_by_ids_is_all_or_nothing(vault: Vault) -> None:
    name = vault.collection()
    one, two = vault.add(name, IDA), vault.add(name, {"full_name": "b"})
    path = f"data/collections/{name}/objects"
    missing = str(uuid4())

    page = vault.ok("GET", path, params={"ids": f"{two},{one}", "props": ["id", "mail.mask"]})
    refused = vault.refused(404, "GET", path, params={"ids": [one, missing], "props": "id"})

    assert [each["id"] for each in page["results"]] == [two, one]
    assert page["paging"] == {"size": 2, "remaining_count": 0, "cursor": ""}
    assert refused == not_found(missing)


def test_update_clear_and_count(vault: Vault) -> None:
    name = vault.collection()
    made = vault.add(name, IDA)
    path = f"data/collections/{name}/objects/{made}"

    vault.ok("PATCH", path, json={"mail": "new@x.example", "ssn": None, "note": "m"})

    shown = vault.read(name, made)
    assert shown == {"id": made, **IDA, "mail": "new@x.example", "ssn": None, "note": "m"}
    demanded = vault.refused(400, "PATCH", path, json={"full_name": None})
    assert demanded == error(
        "PV9004", "A value is required for full_name.", {"properties": "full_name"}
    )
    times = vault.read(name, made, props=["_creation_time", "_modification_time"])
    assert times["_modification_time"] > times["_creation_time"]
    # The old value is free, the new one is not.
    vault.add(name, IDA)
    taken = vault.refused(409, "POST", f"data/collections/{name}/objects",
                          json={"full_name": "z", "mail": "new@x.example"})  # fmt: skip
    assert taken["error_code"] == "PV9003"
    assert vault.ok("GET", f"data/collections/{name}/count/objects") == {
        "active": 2,
        "archived": 0,
        "total": 2,
    }


def test_archive_restore_and_delete(vault: Vault) -> None:
    name = vault.collection()
    made = vault.add(name, IDA)
    path = f"data/collections/{name}/objects/{made}"
    archived = {"options": "archived"}

    vault.ok("PATCH", path, json={}, params={"expiration_secs": "0"})
    assert vault.refused(404, "GET", path, params={"props": "id"}) == not_found(made)
    assert vault.read(name, made, options=["archived"], props="mail") == {"mail": IDA["mail"]}
    counted = vault.ok("GET", f"data/collections/{name}/count/objects")
    assert counted == {"active": 0, "archived": 1, "total": 1}

    # While it is archived its unique value is free; restoring it then is a clash.
    second = vault.add(name, {"full_name": "b", "mail": IDA["mail"]})
    clash = vault.refused(409, "PATCH", path, json={}, params=archived | {"expiration_secs": ""})
    assert clash["error_code"] == "PV9003"
    vault.ok("DELETE", f"data/collections/{name}/objects/{second}")
    vault.ok("PATCH", path, json={}, params=archived | {"expiration_secs": ""})
    assert vault.read(name, made)["mail"] == IDA["mail"]
    vault.refused(409, "POST", f"data/collections/{name}/objects",
                  json={"full_name": "b", "mail": IDA["mail"]})  # fmt: skip

    vault.ok("DELETE", path)
    assert vault.ok("GET", f"data/collections/{name}/count/objects")["total"] == 0
    assert vault.refused(404, "DELETE", path, params=archived) == not_found(made)


def test_an_object_ends_by_itself(vault: Vault) -> None:
    name = vault.collection()
    made = vault.add(name, IDA, params={"expiration_secs": "1"})
    path = f"data/collections/{name}/objects/{made}"

    deadline = time.monotonic() + 20
    while vault.call("GET", path, params={"props": "id"}).status_code == 200:
        assert time.monotonic() < deadline

    assert vault.refused(404, "GET", path, params={"props": "id"}) == not_found(made)


def test_owned_objects_go_into_the_archive_with_their_owner(vault: Vault) -> None:
    people, cards = vault.collection(), vault.collection([], kind="DATA")
    owner = vault.add(people, {"full_name": "a"})
    made = vault.add(cards, {"_owner_id": owner, "_owner_collection": people})

    vault.ok("PATCH", f"data/collections/{people}/objects/{owner}", json={},
             params={"expiration_secs": "3600"})  # fmt: skip
    ends = vault.read(people, owner, props="_expiration_time")
    assert vault.read(cards, made, props="_expiration_time") == ends
    vault.ok("DELETE", f"data/collections/{people}/objects/{owner}")

    counted = vault.ok("GET", f"data/collections/{cards}/count/objects")
    assert counted == {"active": 0, "archived": 1, "total": 1}


def test_another_tenants_object_refuses_the_whole_request(vault: Vault) -> None:
    name = vault.collection()
    mine = vault.add(name, {"full_name": "a", "_tenant_id": "t1"})
    theirs = vault.add(name, {"full_name": "b", "_tenant_id": "t2"})
    free = vault.add(name, {"full_name": "c"})
    header = {"X-Tenant-Id": "t1"}
    base = f"data/collections/{name}"
    refusal = error("PV9007", "The request touches an object of another tenant.")

    for other in (theirs, free):
        path = f"{base}/objects/{other}"
        get = vault.refused(403, "GET", path, params={"props": "id"}, headers=header)
        assert get == refusal
        assert vault.refused(403, "PATCH", path, json={"note": "x"}, headers=header) == refusal
        assert vault.refused(403, "DELETE", path, headers=header) == refusal
    bulk = [{"id": mine}, {"id": theirs}]
    assert (
        vault.refused(403, "DELETE", f"{base}/bulk/objects", json=bulk, headers=header) == refusal
    )
    by_id = {"ids": [mine, theirs], "props": "id"}
    assert vault.refused(403, "GET", f"{base}/objects", params=by_id, headers=header) == refusal
    page = vault.ok("GET", f"{base}/objects", params={"props": "id"}, headers=header)
    assert page["results"] == [{"id": mine}]
    assert vault.ok("GET", f"{base}/count/objects")["total"] == 3


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "objects"),
        ("GET", "objects/{id}"),
        ("PATCH", "objects/{id}"),
        ("DELETE", "objects/{id}"),
        ("POST", "bulk/objects"),
        ("PATCH", "bulk/objects"),
        ("DELETE", "bulk/objects"),
        ("POST", "query/objects"),
        ("GET", "count/objects"),
    ],
)
def test_each_operation_needs_its_capability(vault: Vault, method: str, path: str) -> None:
    name = vault.collection()
    made = vault.add(name, IDA)
    nobody = vault.user(["CapCollectionsReader"], policy())

    for collection in (name, "no_such"):
        where = f"data/collections/{collection}/{path.format(id=made)}"
        assert nobody.refused(403, method, where, json={})["error_code"] == "PV1007"


@pytest.mark.parametrize(
    ("capability", "method", "path", "options"),
    [
        ("CapObjectsLister", "GET", "objects", {"params": {"props": "mail"}}),
        ("CapObjectsReader", "GET", "objects/{id}", {"params": {"props": "mail"}}),
        ("CapDataUpdater", "PATCH", "objects/{id}", {"json": {"mail": "x@x.example"}}),
        ("CapDataDeleter", "DELETE", "objects/{id}", {}),
        ("CapDataCreator", "POST", "bulk/objects", {"json": [{"full_name": "a"}]}),
        ("CapObjectsUpdater", "PATCH", "bulk/objects", {"json": [{"id": "{id}", "note": "a"}]}),
        ("CapObjectsDeleter", "DELETE", "bulk/objects", {"json": [{"id": "{id}"}]}),
        ("CapDataSearcher", "POST", "query/objects",
         {"json": {"match": {"mail": "x@x.example"}}, "params": {"props": "id"}}),
        ("CapDataReader", "GET", "count/objects", {}),
    ],
)  # fmt: skip
def test_each_operation_is_put_to_the_policies(
    vault: Vault, capability: str, method: str, path: str, options: dict[str, Any]
) -> None:
    name = vault.collection()
    made = vault.add(name, IDA)
    holder = vault.user([capability])
    options = json.loads(json.dumps(options).replace("{id}", made))

    found = holder.refused(
        403, method, f"data/collections/{name}/{path.format(id=made)}", **options
    )

    assert found["error_code"] == "PV1006"
