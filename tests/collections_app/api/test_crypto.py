"""The vault as a cipher, over HTTP."""

from __future__ import annotations

import re
import time
from base64 import b64decode, b64encode
from typing import Any

import pytest

from tests.collections_app.api.conftest import Vault, error, policy

REFUSED = error(
    "PV9008", "A ciphertext does not open: it is damaged, or of another scope or collection."
)


def encrypt(vault: Vault, name: str, *items: dict[str, Any], **params: str) -> list[str]:
    path = f"data/collections/{name}/encrypt/objects"
    return [each["ciphertext"] for each in vault.ok("POST", path, json=list(items), params=params)]


def item(fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"object": {"fields": fields}, **more}


def decrypt(vault: Vault, name: str, *texts: str, **params: Any) -> Any:
    items = [{"encrypted_object": {"ciphertext": each}} for each in texts]
    return vault.ok("POST", f"data/collections/{name}/decrypt/objects", json=items, params=params)


def test_there_and_back_with_masks_and_metadata_on_demand(vault: Vault) -> None:
    name = vault.collection()
    path = f"data/collections/{name}/decrypt/objects"
    (text,) = encrypt(
        vault,
        name,
        item({"mail": "ida.roth@CLINIC.example", "ssn": None}, scope="export-3", tags=["tmp"]),
        expiration_secs="3600",
    )
    sealed = {"encrypted_object": {"ciphertext": text, "scope": "export-3"}}

    whole = vault.ok("POST", path, json=[sealed])
    masked = vault.ok("POST", path, json=[sealed | {"props": ["mail.mask", "ssn"]}],
                      params={"options": "include_metadata"})  # fmt: skip

    assert re.fullmatch(r"[0-9a-zA-Z/+]+={0,2}", text)
    assert whole == [{"fields": {"mail": "ida.roth@clinic.example"}}]
    expires = masked[0]["metadata"].pop("expiration")
    assert expires is not None
    assert masked == [
        {
            "fields": {"mail.mask": "i*******@clinic.example"},
            "metadata": {"type": "randomized", "scope": "export-3", "tags": ["tmp"]},
        }
    ]


def test_empty_in_empty_out(vault: Vault) -> None:
    name = vault.collection()

    assert encrypt(vault, name) == []
    assert decrypt(vault, name) == []


def test_deterministic_means_equal_for_equal_input(vault: Vault) -> None:
    name, other = vault.collection(), vault.collection()

    def sealed(where: str, **fields: str) -> str:
        return encrypt(vault, where, item(fields, type="deterministic"), expiration_secs="60")[0]

    one = sealed(name, ssn="987-65-4321", full_name="a")
    assert one == sealed(name, full_name="a", ssn="987654321")
    assert one != sealed(name, full_name="b", ssn="987654321")
    assert one != sealed(other, full_name="a", ssn="987654321")
    vault.ok("POST", "system/admin/keys/rotate")
    assert one == sealed(name, full_name="a", ssn="987654321")
    assert decrypt(vault, name, one) == [{"fields": {"full_name": "a", "ssn": "987-65-4321"}}]
    first, second = (encrypt(vault, name, item({"ssn": "987-65-4321"}))[0] for _ in range(2))
    assert first != second


def test_old_ciphertexts_open_after_a_rotation(vault: Vault) -> None:
    name = vault.collection()
    (text,) = encrypt(vault, name, item({"ssn": "987-65-4321"}))
    made = vault.add(name, {"full_name": "Ida"})

    vault.ok("POST", "system/admin/keys/rotate")

    assert decrypt(vault, name, text) == [{"fields": {"ssn": "987-65-4321"}}]
    assert vault.read(name, made, props="full_name") == {"full_name": "Ida"}


def test_what_was_moved_or_altered_does_not_open(vault: Vault) -> None:
    name, other = vault.collection(), vault.collection()
    (text,) = encrypt(vault, name, item({"ssn": "987-65-4321"}, scope="s"))
    (fixed,) = encrypt(vault, name, item({"ssn": "987-65-4321"}, type="deterministic"))
    path = f"data/collections/{name}/decrypt/objects"

    def refused(ciphertext: Any, scope: str | None = None, where: str = path) -> None:
        sealed = {"ciphertext": ciphertext} | ({"scope": scope} if scope else {})
        body = vault.refused(400, "POST", where, json=[{"encrypted_object": sealed}])
        assert body == REFUSED

    refused(text)
    refused(text, "other")
    refused(text, "s", f"data/collections/{other}/decrypt/objects")
    for bad in ("", "AAAA", "not base64!", text[:-8], None, 5, text + "AAAA"):
        refused(bad, "s")
    for source, scope in ((text, "s"), (fixed, None)):
        raw = bytearray(b64decode(source))
        for place in range(0, len(raw), 7):
            raw[place] ^= 1
            refused(b64encode(raw).decode(), scope)
            raw[place] ^= 1


def test_an_expired_ciphertext_is_archived(vault: Vault) -> None:
    name = vault.collection()
    path = f"data/collections/{name}/decrypt/objects"
    (text,) = encrypt(vault, name, item({"ssn": "987-65-4321"}), expiration_secs="1")
    body = [{"encrypted_object": {"ciphertext": text}}]
    early = vault.refused(400, "POST", path, json=body, params={"options": "archived"})

    deadline = time.monotonic() + 20
    while (late := vault.call("POST", path, json=body)).status_code == 200:
        assert time.monotonic() < deadline

    assert early["error_code"] == late.json()["error_code"] == "PV3233"
    assert decrypt(vault, name, text, options="archived") == [{"fields": {"ssn": "987-65-4321"}}]


def test_update_keeps_what_is_not_replaced(vault: Vault) -> None:
    name = vault.collection()
    (text,) = encrypt(vault, name, item({"ssn": "987-65-4321", "full_name": "a"}, tags=["t"]))
    path = f"data/collections/{name}/encrypt/objects"
    change = {"encrypted_object": {"ciphertext": text}, "fields": {"full_name": "b"}}

    (updated,) = vault.ok("PATCH", path, json=[change])
    (narrowed,) = vault.ok("PATCH", path, json=[change | {"props": ["full_name"]}])

    assert decrypt(vault, name, updated["ciphertext"]) == [
        {"fields": {"ssn": "987-65-4321", "full_name": "b"}}
    ]
    assert decrypt(vault, name, narrowed["ciphertext"]) == [{"fields": {"full_name": "b"}}]


def test_a_ciphertext_opens_for_its_tenant_and_no_other(vault: Vault) -> None:
    name = vault.collection()
    north, south = ({"X-Tenant-Id": each} for each in ("north", "south"))
    path = f"data/collections/{name}"
    one = item({"ssn": "987-65-4321"}, type="deterministic")
    given = item({"ssn": "987-65-4321", "_tenant_id": "north"}, type="deterministic")

    def sealed(body: Any, headers: dict[str, str]) -> Any:
        made = vault.ok("POST", f"{path}/encrypt/objects", json=[body], headers=headers)
        return {"encrypted_object": made[0]}

    mine, nobodys = sealed(one, north), sealed(one, {})

    assert mine == sealed(given, {})
    assert mine not in (nobodys, sealed(one, south))
    for headers in (north, {}):
        opened = vault.ok("POST", f"{path}/decrypt/objects", json=[mine], headers=headers)
        assert opened == [{"fields": {"ssn": "987-65-4321"}}]
    renewed = vault.ok("PATCH", f"{path}/encrypt/objects", json=[mine | {"fields": {"note": "n"}}])
    for body, headers in (
        (mine, south),
        (nobodys, north),
        ({"encrypted_object": renewed[0]}, south),
    ):
        for method, where in (("POST", "decrypt"), ("PATCH", "encrypt")):
            refused = vault.refused(403, method, f"{path}/{where}/objects", json=[body],
                                    headers=headers)  # fmt: skip
            assert refused["error_code"] == "PV9007"
        again = {"object": {"encrypted": body["encrypted_object"]}, "type": "pci"}
        refused = vault.refused(403, "POST", f"{path}/tokens", json=[again], headers=headers)
        assert refused["error_code"] == "PV9007"
    moved = mine | {"fields": {"_tenant_id": "south"}}
    refused = vault.refused(403, "PATCH", f"{path}/encrypt/objects", json=[moved], headers=north)
    assert refused["error_code"] == "PV9007"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "PV1012"),
        ([5], 400, "PV1012"),
        ([item({"ssn": "x"})], 400, "PV3002"),
        ([item({"nope": "x"})], 404, "PV3004"),
        ([item({"ssn": "987-65-4321"}, props=["nope"])], 404, "PV3003"),
        ([item({"ssn": "987-65-4321"}, type="bogus")], 400, "PV1012"),
        ([item({"ssn": "987-65-4321"}, type="deterministic", tags=["a"])], 400, "PV1012"),
        ([item({"ssn": "987-65-4321"}, scope=5)], 400, "PV1012"),
    ],
)
def test_a_bad_item_encrypts_nothing(vault: Vault, body: Any, status: int, code: str) -> None:
    name = vault.collection()

    found = vault.refused(status, "POST", f"data/collections/{name}/encrypt/objects", json=body)

    assert found["error_code"] == code


def test_blobs_are_exact_to_the_byte(vault: Vault) -> None:
    name = vault.collection([{"name": "scan", "data_type_name": "BLOB"},
                             {"name": "copy", "data_type_name": "BLOB"},
                             {"name": "note", "data_type_name": "STRING"}])  # fmt: skip
    path = f"data/collections/{name}"
    content = bytes(range(256)) * 40 + b"\0\0"

    sealed = vault.call("POST", f"{path}/encrypt/blob", content=content,
                        params={"prop": "scan", "scope": "s"})  # fmt: skip
    opened = vault.call("POST", f"{path}/decrypt/blob", content=sealed.content,
                        params={"prop": "scan", "scope": "s"})  # fmt: skip

    assert sealed.headers["content-type"] == "application/octet-stream"
    assert opened.content == content
    assert content[:64] not in sealed.content
    for params, code in (
        ({"prop": "copy", "scope": "s"}, "PV9008"),
        ({"prop": "scan"}, "PV9008"),
        ({"prop": "note"}, "PV1012"),
        ({}, "PV1012"),
    ):
        found = vault.refused(400, "POST", f"{path}/decrypt/blob", content=sealed.content,
                              params=params)  # fmt: skip
        assert found["error_code"] == code
    missing = vault.refused(404, "POST", f"{path}/encrypt/blob", content=b"x",
                            params={"prop": "nope"})  # fmt: skip
    assert missing["error_code"] == "PV3004"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "encrypt/objects"),
        ("PATCH", "encrypt/objects"),
        ("POST", "decrypt/objects"),
        ("POST", "encrypt/blob"),
        ("POST", "decrypt/blob"),
        ("POST", "hash/objects"),
    ],
)
def test_each_operation_needs_its_capability(vault: Vault, method: str, path: str) -> None:
    name = vault.collection()
    nobody = vault.user(["CapDataReader", "CapTokensWriter"], policy())

    found = nobody.refused(403, method, f"data/collections/{name}/{path}", json=[])

    assert found["error_code"] == "PV1007"


def test_decryption_is_put_to_the_policies_by_property_and_mask(vault: Vault) -> None:
    name = vault.collection()
    (text,) = encrypt(vault, name, item({"ssn": "987-65-4321"}))
    sealed = {"encrypted_object": {"ciphertext": text}}
    masked = vault.user(["CapCryptoDecrypter"], policy("*/properties/ssn.mask"))
    path = f"data/collections/{name}/decrypt/objects"

    assert masked.ok("POST", path, json=[sealed | {"props": ["ssn.mask"]}]) == [
        {"fields": {"ssn.mask": "***-**-4321"}}
    ]
    assert masked.refused(403, "POST", path, json=[sealed])["error_code"] == "PV1006"
    sealer = vault.user(["CapCryptoEncrypter", "CapCryptoHasher"])
    for what in ("encrypt", "hash"):
        found = sealer.refused(403, "POST", f"data/collections/{name}/{what}/objects",
                               json=[item({"ssn": "987-65-4321"})])  # fmt: skip
        assert found["error_code"] == "PV1006"
