"""Tokens over HTTP that come from elsewhere, or go there."""

from __future__ import annotations

from tests.collections_app.api.conftest import Vault, error
from tests.collections_app.api.test_tokens import IDA, detokenize


def test_export_and_import_need_an_export_key(vault: Vault) -> None:
    name = vault.collection()

    found = vault.refused(405, "GET", f"data/collections/{name}/export/tokens")

    assert found == error("PV1003", "No export key is configured.")


def test_import_takes_pointers_over(vault: Vault) -> None:
    name = vault.collection()
    made = vault.add(name, IDA)
    path = f"data/collections/{name}/import/tokens"
    data = {
        "token_id": "old-1",
        "token_type": "pointer",
        "props": ["ssn"],
        "object_id": made,
        "scope": "default",
        "tags": ["moved"],
        "created_at": "2020-01-01T00:00:00Z",
    }

    assert vault.ok("POST", path, json=[data]) == {
        "ok": True,
        "results": [{"ok": True, "token_id": "old-1"}],
    }
    again = vault.ok("POST", path, json=[data, {**data, "token_id": "old-2",
                                               "token_type": "deterministic"}])  # fmt: skip

    assert detokenize(vault, name, token_ids="old-1")[0]["fields"] == {"ssn": IDA["ssn"]}
    assert [each["error"]["error_code"] for each in again["results"]] == ["PV9001", "PV1012"]
