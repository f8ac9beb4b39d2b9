"""Tokens over HTTP: make, find, uncover, change, rotate, delete."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.collections_app.api.conftest import Vault, error, policy

IDA = {"full_name": "Ida Roth", "mail": "ida.roth@clinic.example", "ssn": "987-65-4321"}
TYPES = ["pci", "pci_oneway", "pointer", "randomized", "deterministic"]


def tokenize(vault: Vault, name: str, *items: dict[str, Any], **params: str) -> list[str]:
    made = vault.ok("POST", f"data/collections/{name}/tokens", json=list(items), params=params)
    return [each["token_id"] for each in made]


def item(kind: str, source: dict[str, Any], *props: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "object": source, "props": list(props) or None, **more}


def detokenize(vault: Vault, name: str, **params: Any) -> Any:
    return vault.ok("GET", f"data/collections/{name}/tokens", params=params)


def test_a_token_stands_for_values_and_uncovers_them_masked_or_whole(vault: Vault) -> None:
    name = vault.collection()
    made = vault.add(name, IDA)

    (token,) = tokenize(vault, name, item("pci", {"id": made}, "mail", tags=["crm"]))

    assert str(UUID(token)) == token
    found = detokenize(vault, name, token_ids=token, props="mail.mask", options="include_metadata")
    (entry,) = found[0].pop("metadata").pop("tokens")
    assert found == [{"token_id": token, "fields": {"mail.mask": "i*******@clinic.example"}}]
    entry.pop("creation_time")
    assert entry == {
        "expiration_time": None,
        "effective_expiration_time": None,
        "object_id": made,
        "tags": ["crm"],
    }
    assert detokenize(vault, name, object_ids=made)[0]["fields"] == {"mail": IDA["mail"]}
    assert detokenize(vault, name, tags="crm", token_ids=str(uuid4())) == []
    assert vault.read(name, made, props="mail.token") == {"mail.token": token}


def test_frozen_values_stay_and_pointers_follow(vault: Vault) -> None:
    name = vault.collection()
    made = vault.add(name, IDA)
    kinds = ["pci", "pointer", "randomized", "deterministic"]
    tokens = tokenize(vault, name, *[item(kind, {"id": made}, "ssn") for kind in kinds])

    vault.ok("PATCH", f"data/collections/{name}/objects/{made}", json={"ssn": "123-45-6789"})

    shown = {
        each["token_id"]: each["fields"]["ssn"]
        for each in detokenize(vault, name, token_ids=tokens)
    }
    assert [shown[token] for token in tokens] == [
        "987-65-4321",
        "123-45-6789",
        "987-65-4321",
        "987-65-4321",
    ]


def test_which_ids_are_the_same(vault: Vault) -> None:
    name, other = vault.collection(), vault.collection()
    fields = {"fields": {"ssn": IDA["ssn"]}}
    hashed = vault.ok("POST", f"data/collections/{name}/hash/objects",
                      json=[{"object": fields, "props": ["ssn"]}])  # fmt: skip

    for kind, same in (("pci", True), ("pci_oneway", True), ("deterministic", True),
                       ("randomized", False)):  # fmt: skip
        one, two = tokenize(vault, name, item(kind, fields, "ssn"), item(kind, fields, "ssn"))
        again = tokenize(vault, name, item(kind, {"fields": {"ssn": "987654321"}}, "ssn"))[0]
        scoped = tokenize(vault, name, item(kind, fields, "ssn", scope="s2"))[0]
        elsewhere = tokenize(vault, other, item(kind, fields, "ssn"))[0]
        assert (one == two) is same
        assert (one == again) is same
        assert len({one, scoped, elsewhere}) == 3
        if kind == "deterministic":
            assert hashed == [{"token_id": one}]
    shared = [item("deterministic", fields, "ssn", scope="global:x")]
    assert tokenize(vault, name, *shared) == tokenize(vault, other, *shared)


def test_a_one_way_token_has_no_way_back(vault: Vault) -> None:
    name = vault.collection()
    (token,) = tokenize(vault, name, item("pci_oneway", {"fields": {"ssn": IDA["ssn"]}}, "ssn"))

    body = vault.refused(400, "GET", f"data/collections/{name}/tokens", params={"token_ids": token})

    assert body == error("PV9009", "A one-way token has no way back.")


def test_the_callers_id_and_a_card_like_one(vault: Vault) -> None:
    name = vault.collection([{"name": "pan", "data_type_name": "CC_NUMBER"}])
    fields = {"fields": {"pan": "4111111111111111"}}
    path = f"data/collections/{name}/tokens"

    assert tokenize(vault, name, item("randomized", fields, token_id="my-token_1")) == [
        "my-token_1"
    ]
    taken = vault.refused(
        409, "POST", path, json=[item("randomized", fields, token_id="my-token_1")]
    )
    bad = vault.refused(400, "POST", path, json=[item("randomized", fields, token_id="no spaces")])
    (card,) = tokenize(vault, name, item("pci", fields, fptemplate="primary_account_number",
                                         fpprops=["pan"]))  # fmt: skip

    assert taken["error_code"] == "PV9001"
    assert bad["error_code"] == "PV1012"
    assert (len(card), card[:6], card[-4:]) == (16, "411111", "1111")
    assert card != "4111111111111111"


def test_stored_objects_sources_and_earlier_items(vault: Vault) -> None:
    name = vault.collection()
    sealed = vault.ok("POST", f"data/collections/{name}/encrypt/objects",
                      json=[{"object": {"fields": {"ssn": IDA["ssn"]}}}])  # fmt: skip

    made = vault.ok(
        "POST",
        f"data/collections/{name}/tokens",
        json=[
            item("randomized", {"fields": IDA}, store_object=True),
            item("randomized", {"encrypted": sealed[0]}),
            item("pci", {"request_index": 1}, "ssn"),
        ],
    )

    assert vault.read(name, made[0]["object_id"])["mail"] == IDA["mail"]
    assert made[1].keys() == {"token_id"}
    for each in made[1:]:
        assert detokenize(vault, name, token_ids=each["token_id"])[0]["fields"] == {
            "ssn": IDA["ssn"]
        }


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ([], 400, "PV1012"),
        ({}, 400, "PV1012"),
        ([5], 400, "PV1012"),
        ([{"type": "pci"}], 400, "PV1012"),
        ([item("bogus", {"fields": {"ssn": "987-65-4321"}})], 400, "PV1012"),
        ([item("pci", {"fields": {}, "id": "x"})], 400, "PV1012"),
        ([item("pci", {"id": "7"})], 400, "PV1012"),
        ([item("pci", {"id": "463a83d0-a816-4902-abba-2486e0c0a0bb"})], 404, "PV3003"),
        ([item("pci", {"fields": {"ssn": "x"}})], 400, "PV3002"),
        ([item("pci", {"fields": {"ssn": "987-65-4321"}}, "nope")], 404, "PV3003"),
        ([item("pci", {"fields": {"nope": "x"}})], 404, "PV3004"),
        ([item("pci", {"fields": {}})], 400, "PV3002"),
        ([item("pci", {"request_index": 0})], 400, "PV1012"),
        ([item("pci", {"encrypted": {"ciphertext": "AAAA"}})], 400, "PV9008"),
        ([item("pci", {"fields": {"ssn": "987-65-4321"}}, tags=["a"] * 1 + list("bcdefghijkl"))],
         400, "PV1012"),
        ([item("pci", {"fields": {"ssn": "987-65-4321"}}, tags=["a,b"])], 400, "PV1012"),
        ([item("pointer", {"fields": {"ssn": "987-65-4321"}})], 400, "PV1012"),
        ([item("deterministic", {"fields": {"ssn": "987-65-4321"}}, token_id="x")], 400, "PV9009"),
    ],
)  # fmt: skip
def test_a_bad_request_makes_nothing(vault: Vault, body: Any, status: int, code: str) -> None:
    name = vault.collection()
    good = item("randomized", {"fields": {"ssn": IDA["ssn"]}}, "ssn")
    items = [good, *body] if body and isinstance(body, list) and status != 400 else body

    found = vault.refused(status, "POST", f"data/collections/{name}/tokens", json=items)

    assert found["error_code"] == code
    assert vault.ok("GET", f"data/collections/{name}/count/tokens") == {
        "active": 0,
        "archived": 0,
        "total": 0,
    }


def test_a_transaction_id_is_good_once(vault: Vault) -> None:
    name = vault.collection()
    request = item("randomized", {"fields": {"ssn": IDA["ssn"]}}, "ssn")
    path = f"data/collections/{name}"
    made = tokenize(vault, name, request, transaction_id="order-9")

    again = vault.refused(409, "POST", f"{path}/tokens", json=[request],
                          params={"transaction_id": "order-9"})  # fmt: skip

    assert again == error("PV9010", "The transaction id was used.")
    assert vault.ok("GET", f"{path}/transaction_id/order-9") == {"ref_ids": made}
    assert vault.refused(404, "GET", f"{path}/transaction_id/none")["error_code"] == "PV1004"
    assert vault.ok("GET", f"{path}/count/tokens")["total"] == 1


def test_metadata_tags_and_expiry(vault: Vault) -> None:
    name = vault.collection()
    made = vault.add(name, IDA | {"_tenant_id": "t1"})
    path = f"data/collections/{name}"
    (token,) = tokenize(vault, name, item("pci", {"id": made}, "ssn", tags=["a"]))
    assert tokenize(vault, name, item("pci", {"id": made}, "ssn", tags=["b"])) == [token]

    (found,) = vault.ok("POST", f"{path}/query/tokens", json={"token_ids": [token]},
                        params={"options": "include_aggregated_data"})  # fmt: skip
    assert found["tokens"][0]["tags"] == ["a", "b"]
    assert found["tokens"][0]["effective_tenant_id"] == "t1"
    assert found["agg"] == {"max_effective_expiration_time": None}

    vault.ok("PATCH", f"{path}/tokens", json={"tags": ["c"]}, params={"token_ids": token})
    assert detokenize(vault, name, tags="c")[0]["token_id"] == token
    vault.ok("PATCH", f"{path}/tokens", json={},
             params={"token_ids": token, "expiration_secs": "0"})  # fmt: skip
    assert detokenize(vault, name, token_ids=token) == []
    assert vault.ok("GET", f"{path}/count/tokens") == {"active": 0, "archived": 1, "total": 1}
    vault.ok("PATCH", f"{path}/tokens", json={},
             params={"token_ids": token, "expiration_secs": "", "options": "archived"})  # fmt: skip
    assert len(detokenize(vault, name, token_ids=token)) == 1


def test_a_tag_may_have_to_be_the_tenants_only_one(vault: Vault) -> None:
    name = vault.collection()
    path = f"data/collections/{name}/tokens"
    request = item("randomized", {"fields": {"ssn": IDA["ssn"]}}, "ssn", tags=["one"],
                   ensure_unique_tenant_tags=["one"])  # fmt: skip
    tokenize(vault, name, request)

    taken = error("PV9011", "Another token of the tenant has this tag.")
    assert vault.refused(409, "POST", path, json=[request]) == taken
    (other,) = tokenize(vault, name, item("randomized", {"fields": {"ssn": IDA["ssn"]}}, "ssn"))
    change = {"tags": ["one"], "ensure_unique_tenant_tags": ["one"]}
    again = vault.refused(409, "PATCH", path, json=change, params={"token_ids": other})
    assert again == taken
    vault.ok("POST", path, json=[request], headers={"X-Tenant-Id": "north"})  # another tenant's


def test_values_behind_a_token_can_be_replaced(vault: Vault) -> None:
    name = vault.collection()
    path = f"data/collections/{name}/tokens"
    old, new = {"fields": {"ssn": IDA["ssn"]}}, {"fields": {"ssn": "123-45-6789"}}
    (token,) = tokenize(vault, name, item("pci", old, "ssn"))

    vault.ok("PATCH", path, json={"object": new, "props": ["ssn"]}, params={"token_ids": token})

    assert detokenize(vault, name, token_ids=token)[0]["fields"] == {"ssn": "123-45-6789"}
    assert tokenize(vault, name, item("pci", new, "ssn")) == [token]
    assert tokenize(vault, name, item("pci", old, "ssn")) != [token]
    (fixed,) = tokenize(vault, name, item("deterministic", old, "ssn"))
    refused = vault.refused(400, "PATCH", path, json={"object": new}, params={"token_ids": fixed})
    assert refused["error_code"] == "PV1012"


@pytest.mark.parametrize("kind", TYPES)
def test_rotation_renames_every_kind(vault: Vault, kind: str) -> None:
    name = vault.collection()
    made = vault.add(name, IDA)
    path = f"data/collections/{name}"
    (old,) = tokenize(vault, name, item(kind, {"id": made}, "ssn"))

    renamed = vault.ok("POST", f"{path}/rotate/tokens", params={"token_ids": old})

    new = renamed[old]
    assert new != old
    assert vault.ok("POST", f"{path}/query/tokens", json={"token_ids": [old]}) == []
    (found,) = vault.ok("POST", f"{path}/query/tokens", json={"token_ids": [new]})
    assert found["type"] == kind
    unknown = vault.refused(404, "POST", f"{path}/rotate/tokens", params={"token_ids": old})
    assert unknown == error("PV3087", "One or more token IDs are not known.", {"token_ids": old})


def test_tokens_go_with_their_object_and_by_deletion(vault: Vault) -> None:
    name = vault.collection()
    made = vault.add(name, IDA)
    path = f"data/collections/{name}"
    one, two = tokenize(vault, name, item("pci", {"id": made}, "ssn"),
                        item("randomized", {"fields": {"ssn": IDA["ssn"]}}, "ssn"))  # fmt: skip

    vault.ok("DELETE", f"{path}/objects/{made}")
    assert detokenize(vault, name, token_ids=one) == []
    vault.ok("DELETE", f"{path}/tokens", params={"token_ids": two})
    assert vault.ok("GET", f"{path}/count/tokens")["total"] == 0

    for method in ("DELETE", "PATCH"):
        found = vault.refused(404, method, f"{path}/tokens", params={"token_ids": two}, json={})
        assert found == error("PV3009", "No token matches.")
        assert vault.refused(400, method, f"{path}/tokens", json={})["error_code"] == "PV1012"
    assert vault.refused(400, "GET", f"{path}/tokens")["error_code"] == "PV1012"
    archived = {"token_ids": two, "options": "archived"}
    assert vault.refused(400, "GET", f"{path}/tokens", params=archived)["error_code"] == "PV1012"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "tokens"), ("DELETE", "tokens"), ("POST", "rotate/tokens"), ("POST", "query/tokens")],
)
def test_a_nul_is_refused_before_the_database_sees_it(vault: Vault, method: str, path: str) -> None:
    name = vault.collection()

    found = vault.refused(400, method, f"data/collections/{name}/{path}",
                          params={"token_ids": "a\0"}, json={"tags": ["\0"]})  # fmt: skip

    assert found["error_code"] == "PV1012"
    gone = vault.refused(404, "GET", f"data/collections/{name}/transaction_id/a%00")
    assert gone["error_code"] == "PV1004"


def test_another_tenants_token_refuses_the_request(vault: Vault) -> None:
    name = vault.collection()
    made = vault.add(name, IDA | {"_tenant_id": "t2"})
    (token,) = tokenize(vault, name, item("pci", {"id": made}, "ssn"))
    header = {"X-Tenant-Id": "t1"}
    path = f"data/collections/{name}/tokens"

    for method in ("GET", "PATCH", "DELETE"):
        found = vault.refused(403, method, path, params={"token_ids": token}, headers=header,
                              json={"tags": ["x"]})  # fmt: skip
        assert found["error_code"] == "PV9007"
    by_id = [item("pci", {"id": made}, "ssn")]
    assert vault.refused(403, "POST", path, json=by_id, headers=header)["error_code"] == "PV9007"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "tokens"),
        ("GET", "tokens"),
        ("PATCH", "tokens"),
        ("DELETE", "tokens"),
        ("POST", "rotate/tokens"),
        ("POST", "query/tokens"),
        ("GET", "count/tokens"),
        ("GET", "export/tokens"),
        ("POST", "import/tokens"),
        ("GET", "transaction_id/x"),
    ],
)
def test_each_operation_needs_its_capability(vault: Vault, method: str, path: str) -> None:
    name = vault.collection()
    nobody = vault.user(["CapCollectionsReader"], policy())

    for collection in (name, "no_such"):
        found = nobody.refused(403, method, f"data/collections/{collection}/{path}", json={})
        assert found["error_code"] == "PV1007"


@pytest.mark.parametrize(
    ("capability", "method", "path", "options"),
    [
        ("CapTokensWriter", "POST", "tokens",
         {"json": [item("pci", {"fields": {"ssn": IDA["ssn"]}}, "ssn")]}),
        ("CapTokensDetokenizer", "GET", "tokens", {"params": {"tags": "x", "props": "ssn"}}),
        ("CapTokensWriter", "PATCH", "tokens", {"params": {"tags": "x"}, "json": {}}),
        ("CapTokensWriter", "DELETE", "tokens", {"params": {"tags": "x"}}),
        ("CapTokensWriter", "POST", "rotate/tokens", {"params": {"token_ids": "x"}}),
        ("CapTokensReader", "POST", "query/tokens", {"json": {"tags": ["x"]}}),
        ("CapDataReader", "GET", "count/tokens", {}),
        ("CapTokensImporter", "POST", "import/tokens", {"json": []}),
    ],
)  # fmt: skip
def test_each_operation_is_put_to_the_policies(
    vault: Vault, capability: str, method: str, path: str, options: dict[str, Any]
) -> None:
    name = vault.collection()
    holder = vault.user([capability])

    found = holder.refused(403, method, f"data/collections/{name}/{path}", **options)

    assert found["error_code"] == "PV1006"
