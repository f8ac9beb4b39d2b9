"""Health, version, and how failures of any address are worded."""

from __future__ import annotations

import httpx
import pytest

from tests.collections_app.api.conftest import Vault, error


@pytest.mark.parametrize("plane", ["ctl", "data"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_health_needs_no_credential(http: httpx.Client, plane: str, slash: str) -> None:
    answer = http.get(f"/api/pvlt/1.0/{plane}/info/health{slash}")

    assert (answer.status_code, answer.json()) == (200, {"status": "pass"})


def test_version_needs_a_credential(vault: Vault) -> None:
    shown = vault.ok("GET", "system/info/version")
    refused = Vault(vault.client, "wrong-key").refused(401, "GET", "system/info/version")

    assert isinstance(shown["vault_id"], str)
    assert shown["vault_version"].startswith("1.15")
    assert isinstance(shown["db_schema_version"], int)
    assert refused == error("PV1005", "The request is unauthorized.")


def test_an_unknown_address_and_a_wrong_method_have_the_dialects_words(vault: Vault) -> None:
    assert vault.refused(404, "GET", "ctl/no/such")["error_code"] == "PV1004"
    assert vault.refused(405, "PUT", "ctl/collections")["error_code"] == "PV1003"


def test_the_trace_id_comes_back(vault: Vault) -> None:
    headers = {"X-Pvault-Request-ID": "trace-7"}

    answer = vault.call("GET", "system/info/version", headers=headers)

    assert answer.headers["X-Pvault-Request-ID"] == "trace-7"


def test_a_page_of_an_allowed_origin_may_ask_and_call(vault: Vault) -> None:
    asking = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}

    asked = vault.client.options("/api/pvlt/1.0/data/collections/c/objects", headers=asking)
    called = vault.call("GET", "system/info/version", headers={"Origin": "https://shop.example"})

    assert asked.status_code == 200
    assert asked.headers["Access-Control-Allow-Origin"] == "*"
    assert "X-Tenant-Id" in asked.headers["Access-Control-Allow-Headers"]
    assert "PATCH" in asked.headers["Access-Control-Allow-Methods"]
    assert called.headers["Access-Control-Allow-Origin"] == "*"
