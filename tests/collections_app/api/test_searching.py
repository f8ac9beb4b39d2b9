"""Search over HTTP: by value, by part of a value, page by page."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.collections_app.api.conftest import Vault, policy

IDA = {
    "full_name": "Ida Roth",
    "mail": "ida.roth@clinic.example",
    "ssn": "987-65-4321",
    "note": "n",
}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"match": {"mail": "ida.roth@CLINIC.example"}}, ["ida"]),
        ({"match": {"full_name": "Ida Roth"}}, ["ida"]),
        ({"match": {"ssn": "987654321"}}, ["ida"]),
        ({"match": {"note": "n"}}, ["ida", "jon"]),
        ({"match": {"note": "n", "full_name": "Jon Far"}}, ["jon"]),
        ({"in": {"full_name": ["Ida Roth", "Jon Far", "Nobody"]}}, ["ida", "jon"]),
        ({"in": {"mail": ["jon@x.example"]}, "match": {"note": "n"}}, ["jon"]),
        ({"match": {"ssn": None}}, ["jon"]),
        ({"match": {"_tenant_id": "t1"}}, ["jon"]),
        ({"match": {"mail": "nobody@x.example"}}, []),
    ],
)
def test_search(vault: Vault, query: dict[str, Any], expected: list[str]) -> None:
    name = vault.collection()
    ids = {
        vault.add(name, IDA): "ida",
        vault.add(name, {"full_name": "Jon Far", "mail": "jon@x.example", "note": "n",
                         "_tenant_id": "t1"}): "jon",
    }  # fmt: skip

    page = vault.ok("POST", f"data/collections/{name}/query/objects", json=query,
                    params={"props": "id"})  # fmt: skip

    assert [ids[each["id"]] for each in page["results"]] == expected


def test_search_pages(vault: Vault) -> None:
    name = vault.collection()
    ids = [vault.add(name, {"full_name": "same", "note": "same"}) for _ in range(3)]
    path = f"data/collections/{name}/query/objects"

    for query in ({"match": {"full_name": "same"}}, {"match": {"note": "same"}}):
        seen, cursor = [], ""
        for _ in range(3):
            params = {"props": "id", "page_size": "1", "cursor": cursor}
            page = vault.ok("POST", path, json=query, params=params)
            seen += [each["id"] for each in page["results"]]
            cursor = page["paging"]["cursor"]
        assert seen == ids
        assert cursor == ""


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({}, 400, "PV1012"),
        ({"match": {}}, 400, "PV1012"),
        ({"match": []}, 400, "PV1012"),
        ({"bogus": {"mail": "x"}}, 400, "PV1012"),
        ({"in": {"mail": "x"}}, 400, "PV1012"),
        ({"match": {"nope": "x"}}, 404, "PV3004"),
        ({"match": {"ssn.mask": "x"}}, 404, "PV3004"),
        ({"match": {"mail": 5}}, 400, "PV3002"),
        ({"like": {"mail": "*ida*"}}, 400, "PV9016"),
    ],
)
def test_a_bad_search_is_refused(
    vault: Vault, query: dict[str, Any], status: int, code: str
) -> None:
    name = vault.collection()

    found = vault.refused(
        status, "POST", f"data/collections/{name}/query/objects", json=query, params={"props": "id"}
    )

    assert found["error_code"] == code


def test_like_finds_parts_of_encrypted_values(vault: Vault) -> None:
    name = vault.collection(
        [{"name": "full_name", "data_type_name": "NAME", "is_substring_index": True}]
    )
    made = vault.add(name, {"full_name": "Johanna Marlowe"})
    vault.add(name, {"full_name": "Peter"})
    path = f"data/collections/{name}/query/objects"

    def find(pattern: str) -> Any:
        return vault.call(
            "POST", path, json={"like": {"full_name": pattern}}, params={"props": "id"}
        )

    deadline = time.monotonic() + 60
    while (answer := find("*HANNA*low?")).status_code == 503:
        assert answer.json()["error_code"] == "PV3274"
        assert time.monotonic() < deadline

    assert [each["id"] for each in answer.json()["results"]] == [made]
    assert find("*anna mor*").json()["results"] == []
    assert find("johanna marlowe").json()["results"] == []
    assert [each["id"] for each in find("Johanna Marlowe").json()["results"]] == [made]
    short = find("*jo*")
    assert (short.status_code, short.json()["error_code"]) == (400, "PV9016")


def test_search_needs_search_on_the_queried_and_read_on_the_shown(vault: Vault) -> None:
    name = vault.collection()
    made = vault.add(name, IDA)
    path = f"data/collections/{name}/query/objects"
    searcher = vault.user(
        ["CapDataSearcher"],
        policy(f"{name}/properties/mail", operations=("search",)),
        policy(f"{name}/properties/full_name.mask", operations=("read",)),
    )
    query = {"match": {"mail": IDA["mail"]}}

    page = searcher.ok("POST", path, json=query, params={"props": ["id", "full_name.mask"]})
    assert page["results"] == [{"id": made, "full_name.mask": "I** R***"}]
    for more, props in (({"match": {"ssn": IDA["ssn"]}}, "id"), (query, "full_name")):
        body = searcher.refused(403, "POST", path, json=more, params={"props": props})
        assert body["error_code"] == "PV1006"
