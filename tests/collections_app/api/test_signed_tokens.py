"""Signed tokens over HTTP: a role by its issuer, some objects only, and one role for another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import tomlkit

from tests.collections_app.api.conftest import Vault, error, policy
from tests.collections_app.tokens import NAMESPACE, Issuer

ROLE = f"{NAMESPACE}role"
FILE = {"Content-Type": "application/toml"}
RECORDS: list[dict[str, Any]] = [
    {"name": "owner", "data_type_name": "STRING", "is_index": True},
    {"name": "ward", "data_type_name": "STRING", "is_nullable": True},
    {"name": "note", "data_type_name": "STRING", "is_nullable": True},
]


def claims_of(role: str, **props: Any) -> dict[str, Any]:
    """The claims for a role, and for objects with these values only."""
    return {ROLE: role} | {f"{NAMESPACE}prop/{name}": value for name, value in props.items()}


class Clinic:
    """An issuer in the file, with a role for its people and one that others act for."""

    def __init__(self, vault: Vault, issuer: Issuer) -> None:
        self.vault = vault
        self.issuer = issuer
        self.people = f"{issuer.name}People"
        self.patients = f"{issuer.name}Patients"
        self.backend = f"{issuer.name}Backend"

    def bearer(self, role: str, **props: Any) -> Vault:
        """Somebody with a token for ``role``, for objects with these values only."""
        return Vault(self.vault.client, self.issuer.token(**claims_of(role, **props)))

    def only(self, **props: Any) -> Vault:
        """One of the people, for objects with these values only."""
        return self.bearer(self.people, **props)


@pytest.fixture
def clinic(vault: Vault) -> Iterator[Clinic]:
    """The file with an issuer of its own; it goes again, so that the file stays small."""
    made = Clinic(vault, Issuer(f"i{uuid4().hex[:10]}"))
    before = vault.call("GET", "ctl/iam/conf").text
    conf = tomlkit.parse(before).unwrap()
    all_of_it = f"{made.issuer.name}All"
    conf["policies"][all_of_it] = policy()
    data = ["CapDataReader", "CapDataWriter", "CapDataSearcher", "CapTokensWriter",
            "CapTokensReader", "CapTokensDetokenizer", "CapCryptoEncrypter",
            "CapCryptoDecrypter", "CapCryptoHasher"]  # fmt: skip
    conf["roles"][made.backend] = {"capabilities": [], "policies": []}
    conf["roles"][made.people] = {"capabilities": data, "policies": [all_of_it]}
    conf["roles"][made.patients] = {
        "capabilities": data, "policies": [all_of_it], "trusted_roles": [made.backend],
    }  # fmt: skip
    conf["users"][made.backend] = {"role": made.backend}
    conf["users"][made.patients] = {"role": made.patients}
    conf.setdefault("idps", {})[made.issuer.name] = made.issuer.tables(
        allowed_roles=[made.people, made.patients, made.backend]
    )
    vault.ok("POST", "ctl/iam/conf", content=tomlkit.dumps(conf), headers=FILE)
    yield made
    vault.ok("POST", "ctl/iam/conf", content=before, headers=FILE)


def test_a_token_signs_in_for_its_role_until_the_file_no_longer_names_the_issuer(
    clinic: Clinic,
) -> None:
    vault = clinic.vault
    name = vault.collection(RECORDS)
    somebody = clinic.bearer(clinic.people)

    made = somebody.add(name, {"owner": "ida"})

    assert somebody.read(name, made)["owner"] == "ida"
    assert somebody.refused(403, "GET", "ctl/iam/conf")["error_code"] == "PV1007"
    other = clinic.bearer("VaultAdminRole")  # a role of the file, and not one of the issuer's
    expired = Vault(vault.client, clinic.issuer.token(**claims_of(clinic.people), exp=1))
    for refused in (other, expired, Vault(vault.client, "a.b.c")):
        body = refused.refused(401, "GET", f"data/collections/{name}/objects/{made}?props=id")
        assert body == error("PV1005", "The request is unauthorized.")
    shown = tomlkit.parse(vault.call("GET", "ctl/iam/conf").text).unwrap()
    tables = shown["idps"][clinic.issuer.name]
    assert tables == clinic.issuer.tables(
        allowed_roles=[clinic.people, clinic.patients, clinic.backend], disabled=False
    )

    shown["idps"][clinic.issuer.name]["disabled"] = True
    vault.ok("POST", "ctl/iam/conf", content=tomlkit.dumps(shown), headers=FILE)

    somebody.refused(401, "GET", f"data/collections/{name}/objects/{made}?props=id")


def test_a_role_is_lent_to_those_whom_it_trusts_and_signs_in_nowhere(clinic: Clinic) -> None:
    vault = clinic.vault
    name = vault.collection(RECORDS)
    mine = vault.add(name, {"owner": "ida"})
    other = vault.add(name, {"owner": "eve"})
    made = vault.ok("POST", "ctl/iam/user/regen", json={"name": clinic.backend})
    backend = Vault(vault.client, made["api_key"])
    lent = clinic.issuer.token(**claims_of(clinic.patients, owner="ida"))
    path = f"data/collections/{name}/objects"

    def as_patient(caller: Vault, object_id: str, token: str = lent) -> Any:
        return caller.call("GET", f"{path}/{object_id}?props=owner",
                           headers={"X-Pvault-Delegation": token})  # fmt: skip

    assert backend.refused(403, "GET", f"{path}/{mine}?props=owner")["error_code"] == "PV1007"
    assert as_patient(backend, mine).json() == {"owner": "ida"}
    assert as_patient(clinic.bearer(clinic.backend), mine).json() == {"owner": "ida"}
    assert as_patient(backend, other).json()["error_code"] == "PV1006"
    stranger = as_patient(clinic.bearer(clinic.people), mine)
    assert (stranger.status_code, stranger.json()["error_code"]) == (403, "PV1007")
    by_key = as_patient(backend, mine, token=backend.key)
    assert (by_key.status_code, by_key.json()["error_code"]) == (401, "PV1005")
    assert as_patient(Vault(vault.client, lent), mine).status_code == 401
    regen = vault.refused(400, "POST", "ctl/iam/user/regen", json={"name": clinic.patients})
    assert regen["error_code"] == "PV9015"


def test_a_token_for_some_objects_reads_and_changes_no_others(clinic: Clinic) -> None:
    vault = clinic.vault
    name = vault.collection(RECORDS)
    path = f"data/collections/{name}"
    ida = clinic.only(owner="ida", ward=["a", "b"])

    mine = ida.add(name, {"owner": "ida", "ward": "a"})
    other = vault.add(name, {"owner": "ida", "ward": "c"})

    refused = error("PV1006", "The operation is forbidden by the policies of the role.",
                    {"username": f"{clinic.issuer.name}:ida"})  # fmt: skip
    for method, address, options in (
        ("POST", "objects", {"json": {"owner": "eve", "ward": "a"}}),
        ("POST", "objects", {"json": {"owner": "ida"}}),
        ("POST", "bulk/objects", {"json": [{"owner": "eve", "ward": "a"}]}),
        ("GET", f"objects/{other}?props=note", {}),
        ("GET", f"objects?props=note&ids={mine},{other}", {}),
        ("PATCH", f"objects/{other}", {"json": {"note": "x"}}),
        ("PATCH", f"objects/{mine}", {"json": {"ward": "c"}}),
        ("PATCH", f"objects/{mine}", {"json": {"ward": None}}),
        ("DELETE", f"objects/{other}", {}),
        ("GET", "count/objects", {}),
        ("GET", "count/tokens", {}),
    ):
        assert ida.refused(403, method, f"{path}/{address}", **options) == refused

    ida.ok("PATCH", f"{path}/objects/{mine}", json={"ward": "b", "note": "n"})
    listed = ida.ok("GET", f"{path}/objects?props=id&page_size=1")
    assert listed == {
        "results": [{"id": mine}], "paging": {"size": 1, "remaining_count": 0, "cursor": ""},
    }  # fmt: skip
    searched = ida.ok("POST", f"{path}/query/objects?props=id", json={"match": {"owner": "ida"}})
    assert searched["results"] == [{"id": mine}]
    assert vault.ok("GET", f"{path}/count/objects")["total"] == 2
    ida.ok("DELETE", f"{path}/objects/{mine}")


def test_tokens_and_ciphertexts_of_other_objects_do_not_open(clinic: Clinic) -> None:
    vault = clinic.vault
    name = vault.collection(RECORDS)
    path = f"data/collections/{name}"
    ida = clinic.only(owner="ida")
    item = {"object": {"fields": {"owner": "ida", "note": "n"}}}
    foreign = {"object": {"fields": {"owner": "eve", "note": "n"}}}
    stored = vault.add(name, {"owner": "eve", "note": "n"})

    mine = ida.ok("POST", f"{path}/tokens", json=[item | {"type": "randomized"}])[0]["token_id"]
    other = vault.ok("POST", f"{path}/tokens", json=[
        foreign | {"type": "randomized"},
        {"type": "pointer", "object": {"id": stored}},
    ])  # fmt: skip
    sealed = ida.ok("POST", f"{path}/encrypt/objects", json=[item])[0]["ciphertext"]
    alien = vault.ok("POST", f"{path}/encrypt/objects", json=[foreign])[0]["ciphertext"]

    assert ida.ok("GET", f"{path}/tokens?token_ids={mine}&props=note")[0]["fields"] == {"note": "n"}
    opened = ida.ok("POST", f"{path}/decrypt/objects",
                    json=[{"encrypted_object": {"ciphertext": sealed},
                           "props": ["note"]}])  # fmt: skip
    assert opened == [{"fields": {"note": "n"}}]
    for each in other:
        ids = each["token_id"]
        for method in ("GET", "DELETE"):
            body = ida.refused(403, method, f"{path}/tokens?token_ids={ids}")
            assert body["error_code"] == "PV1006"
    for method, address, body in (
        ("POST", "decrypt/objects", [{"encrypted_object": {"ciphertext": alien}}]),
        ("PATCH", "encrypt/objects", [{"encrypted_object": {"ciphertext": sealed},
                                       "fields": {"owner": "eve"}}]),
        ("POST", "encrypt/objects", [foreign]),
        ("POST", "hash/objects", [foreign]),
        ("POST", "tokens", [foreign | {"type": "pci"}]),
        ("POST", "tokens", [{"type": "pci", "object": {"id": stored}, "props": ["note"]}]),
    ):  # fmt: skip
        found = ida.refused(403, method, f"{path}/{address}", json=body)
        assert found["error_code"] == "PV1006"


def test_the_tenant_of_a_token_outranks_the_header(clinic: Clinic) -> None:
    vault = clinic.vault
    name = vault.collection(RECORDS)
    north = clinic.only(_tenant_id="north")
    south = vault.add(name, {"owner": "eve", "_tenant_id": "south"})

    made = north.add(name, {"owner": "ida"}, headers={"X-Tenant-Id": "south"})

    assert vault.read(name, made, props="_tenant_id") == {"_tenant_id": "north"}
    body = north.refused(403, "GET", f"data/collections/{name}/objects/{south}?props=owner",
                         headers={"X-Tenant-Id": "south"})  # fmt: skip
    assert body["error_code"] == "PV9007"
    token = vault.ok("POST", f"data/collections/{name}/tokens",
                     json=[{"type": "pci", "object": {"id": south}}])[0]["token_id"]  # fmt: skip
    rotate = f"data/collections/{name}/rotate/tokens?token_ids={token}"
    for caller, headers in ((north, {}), (vault, {"X-Tenant-Id": "north"})):
        body = caller.refused(403, "POST", rotate, headers=headers)
        assert body["error_code"] == "PV9007"
    item = {"object": {"fields": {"owner": "ida"}}}
    sealed = north.ok("POST", f"data/collections/{name}/encrypt/objects", json=[item])
    opening = [{"encrypted_object": sealed[0]}]
    path = f"data/collections/{name}/decrypt/objects"
    assert north.ok("POST", path, json=opening) == [{"fields": {"owner": "ida"}}]
    other = clinic.only(_tenant_id="south")
    assert other.refused(403, "POST", path, json=opening)["error_code"] == "PV1006"
    listed = north.ok("GET", f"data/collections/{name}/objects?props=owner")
    assert listed["results"] == [{"owner": "ida"}]
    where = vault.collection([{"name": "other", "data_type_name": "STRING"}])
    stranger = clinic.only(owner="ida")
    body = stranger.refused(403, "GET", f"data/collections/{where}/objects?props=other")
    assert body["error_code"] == "PV1006"  # nothing in a collection without the property matches
