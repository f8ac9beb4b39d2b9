"""Many objects in one call over HTTP: all or nothing, in the order given."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.collections_app.api.conftest import Vault
from tests.collections_app.api.test_objects import not_found


def test_bulk_add_update_delete(vault: Vault) -> None:
    name = vault.collection()
    path = f"data/collections/{name}/bulk/objects"

    added = vault.ok("POST", path, json=[{"full_name": f"n{n}"} for n in range(3)])
    ids = [each["id"] for each in added["results"]]
    assert added == {"ok": True, "results": [{"ok": True, "id": each} for each in ids]}

    changes = [{"id": each, "note": f"m{n}"} for n, each in enumerate(ids)]
    assert vault.ok("PATCH", path, json=changes)["ok"]
    assert vault.read(name, ids[2], props=["full_name", "note"]) == {
        "full_name": "n2",
        "note": "m2",
    }

    missing = str(uuid4())
    failed = vault.ok("DELETE", path, json=[{"id": ids[0]}, {"id": missing}])
    assert failed["ok"] is False
    assert [each["error"]["error_code"] for each in failed["results"]] == ["PV9000", "PV3005"]
    assert failed["results"][1] == {"ok": False, "id": missing, "error": not_found(missing)}

    assert vault.ok("DELETE", path, json=[{"id": each} for each in ids])["ok"]
    assert vault.ok("GET", f"data/collections/{name}/count/objects")["total"] == 0


def test_a_failing_item_undoes_the_whole_bulk(vault: Vault) -> None:
    name = vault.collection()
    path = f"data/collections/{name}/bulk/objects"

    found = vault.ok("POST", path, json=[{"full_name": "a"}, {"full_name": 5}, {"full_name": "c"}])

    assert found["ok"] is False
    assert [each["error"]["error_code"] for each in found["results"]] == [
        "PV9000",
        "PV3002",
        "PV9000",
    ]
    assert vault.ok("GET", f"data/collections/{name}/count/objects")["total"] == 0


def test_bulk_swaps_unique_values(vault: Vault) -> None:
    name = vault.collection()
    one = vault.add(name, {"full_name": "a", "mail": "a@x.example"})
    two = vault.add(name, {"full_name": "b", "mail": "b@x.example"})

    swapped = [{"id": one, "mail": "b@x.example"}, {"id": two, "mail": "a@x.example"}]

    found = vault.ok("PATCH", f"data/collections/{name}/bulk/objects", json=swapped)

    assert found["ok"]
    assert vault.read(name, one, props="mail") == {"mail": "b@x.example"}


@pytest.mark.parametrize("body", [[], [{}] * 1001, {}, "x"])
def test_bulk_has_a_size(vault: Vault, body: Any) -> None:
    name = vault.collection()

    found = vault.refused(400, "POST", f"data/collections/{name}/bulk/objects", json=body)

    assert found["error_code"] == ("PV9012" if isinstance(body, list) else "PV1012")
