"""The IAM file, keys, and the system plane over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import tomlkit

from tests.collections_app.api.conftest import Vault, error, policy

TOML = {"Content-Type": "application/toml"}


def conf_of(vault: Vault) -> Any:
    return tomlkit.parse(vault.call("GET", "ctl/iam/conf").text).unwrap()


def put(vault: Vault, conf: Any) -> None:
    vault.ok("POST", "ctl/iam/conf", content=tomlkit.dumps(conf), headers=TOML)


def test_the_file_goes_round_unchanged(vault: Vault) -> None:
    answer = vault.call("GET", "ctl/iam/conf")

    vault.ok("POST", "ctl/iam/conf", content=answer.text, headers=TOML)

    assert answer.headers["content-type"] == "application/toml"
    assert vault.call("GET", "ctl/iam/conf").text == answer.text
    conf = tomlkit.parse(answer.text).unwrap()
    assert conf["users"]["VaultAdmin"] == {"role": "VaultAdminRole", "disabled": False}
    assert conf["roles"]["VaultAdminRole"]["capabilities"] == ["*"]
    assert "Admin" not in conf["users"]


def test_a_new_key_kills_the_old_one(vault: Vault) -> None:
    name = f"u{uuid4().hex[:8]}"
    first = vault.user(["CapIAMReader"], name=name)

    made = vault.ok("POST", "ctl/iam/user/regen", json={"name": name})

    second = Vault(vault.client, made["api_key"])
    ends = datetime.fromisoformat(made["api_key_expiry"])
    assert abs(ends - datetime.now(UTC) - timedelta(days=365)) < timedelta(hours=1)
    assert first.refused(401, "GET", "ctl/iam/conf")["error_code"] == "PV1005"
    assert second.call("GET", "ctl/iam/conf").status_code == 200
    shown = vault.ok("GET", f"ctl/iam/user/{name}")
    assert shown == {"name": name, "api_key": {"expiry": made["api_key_expiry"]}}


def test_a_key_ends_when_it_is_told_to(vault: Vault) -> None:
    name = f"u{uuid4().hex[:8]}"
    user = vault.user(["CapIAMReader"], name=name)

    made = vault.ok("POST", "ctl/iam/user/update-expiration",
                    json={"name": name, "expiration_secs": 0})  # fmt: skip

    assert made["name"] == name
    assert user.refused(401, "GET", "ctl/iam/conf")["error_code"] == "PV1005"


def test_users_that_vanish_lose_their_keys_and_others_keep_them(vault: Vault) -> None:
    gone, kept = (f"u{uuid4().hex[:8]}" for _ in range(2))
    leaver = vault.user(["CapIAMReader"], name=gone)
    stayer = vault.user(["CapIAMReader"], name=kept)
    conf = conf_of(vault)
    del conf["users"][gone]
    del conf["roles"][gone]

    put(vault, conf)

    assert leaver.refused(401, "GET", "ctl/iam/conf")["error_code"] == "PV1005"
    assert stayer.call("GET", "ctl/iam/conf").status_code == 200
    assert vault.refused(404, "GET", f"ctl/iam/user/{gone}")["error_code"] == "PV1004"


def test_a_disabled_user_is_refused(vault: Vault) -> None:
    name = f"u{uuid4().hex[:8]}"
    user = vault.user(["CapIAMReader"], name=name)
    conf = conf_of(vault)
    conf["users"][name]["disabled"] = True

    put(vault, conf)

    assert user.call("GET", "ctl/iam/conf").status_code == 401
    assert conf_of(vault)["users"][name]["disabled"] is True


def test_a_changed_policy_counts_at_once(vault: Vault) -> None:
    name = vault.collection()
    made = vault.add(name, {"full_name": "a"})
    user_name = f"u{uuid4().hex[:8]}"
    user = vault.user(["CapDataReader"], policy(), name=user_name)
    path = f"data/collections/{name}/objects/{made}"
    user.ok("GET", path, params={"props": "full_name"})
    conf = conf_of(vault)
    conf["policies"][f"{user_name}-0"]["policy_type"] = "deny"

    put(vault, conf)

    assert user.refused(403, "GET", path, params={"props": "full_name"})["error_code"] == "PV1006"


@pytest.mark.parametrize(
    "text",
    [
        "not toml [",
        "a = 1",
        "users = 5",
        "[users.X]\nrole = 'Missing'",
        "[users.X]\nrole = 5",
        "[users.Admin]\nrole = 'R'\n[roles.R]\ncapabilities = []",
        "[roles.R]\ncapabilities = ['CapNope']",
        "[roles.R]\ncapabilities = ['CapSystem']",
        "[roles.R]\ncapabilities = []\npolicies = ['Missing']",
        "[roles.R]\ncapabilities = []\ntrusted_roles = ['Missing']",
        "[roles.R]\ncapabilities = []\nunknown = 1",
        "[policies.P]\npolicy_type = 'maybe'\noperations = ['*']\nreasons = ['*']\n"
        "resources = ['*']",
        "[policies.P]\npolicy_type = 'allow'\noperations = []\nreasons = ['*']\nresources = ['*']",
        "[policies.P]\npolicy_type = 'allow'\noperations = ['fly']\nreasons = ['*']\n"
        "resources = ['*']",
        '[roles.R]\ncapabilities = []\npolicies = ["a\\u0000"]',
        "[idps.x]\ntype = 'jwt'",
        "[roles.privx-admin]\ncapabilities = []",
    ],
)
def test_a_bad_file_changes_nothing(vault: Vault, text: str) -> None:
    before = vault.call("GET", "ctl/iam/conf").text

    found = vault.refused(400, "POST", "ctl/iam/conf", content=text, headers=TOML)

    assert found["error_code"] == "PV9015"
    assert vault.call("GET", "ctl/iam/conf").text == before


def test_admin_is_apart(vault: Vault) -> None:
    regenerate = vault.refused(403, "POST", "ctl/iam/user/regen", json={"name": "Admin"})
    weak = vault.refused(400, "POST", "ctl/iam/admin/set-api-key", json={"key": "short1A"})
    other = vault.user(["*"], policy())
    forbidden = other.refused(403, "POST", "ctl/iam/admin/set-api-key", json={"key": "x"})

    assert regenerate == error("PV2021", "The key of Admin is not regenerated here.")
    assert weak["error_code"] == "PV1012"
    assert forbidden["error_code"] == "PV1007"
    unknown = vault.refused(404, "POST", "ctl/iam/user/regen", json={"name": "nobody"})
    assert unknown == error("PV1004", "The user is not found.")
    for body in ({}, {"name": 5}, {"name": ""}):
        found = vault.refused(400, "POST", "ctl/iam/user/regen", json=body)
        assert found["error_code"] == "PV1012"


def test_configuration_variables(vault: Vault) -> None:
    assert vault.ok("GET", "system/confvar/log_level")["default_value"] == "info"
    vault.ok("POST", "system/confvar/log_level", json={"value": "debug"})
    assert vault.ok("GET", "system/confvar/log_level") == {
        "name": "log_level",
        "value": "debug",
        "default_value": "info",
    }
    vault.ok("DELETE", "system/confvar")
    assert vault.ok("GET", "system/confvar/log_level")["value"] == "info"
    bad = vault.refused(400, "POST", "system/confvar/log_level", json={"value": "loud"})
    assert bad["error_code"] == "PV1012"
    assert vault.refused(404, "GET", "system/confvar/nope")["error_code"] == "PV1004"


def test_what_the_vault_says_of_itself(vault: Vault) -> None:
    configuration = vault.call("GET", "system/info/configuration")
    parsed = tomlkit.parse(configuration.text).unwrap()

    assert configuration.headers["content-type"] == "application/toml"
    assert parsed["service"]["max_page_size"] == 1000
    assert vault.ok("GET", "system/info/kms") == {"kms": {"status": "pass", "type": "LOCAL"}}
    assert vault.ok("GET", "ctl/info/cluster")["vault"]["generation_number"] > 0
    assert vault.ok("GET", "system/info/license").keys() == {"key", "expiration"}
    vault.ok("POST", "system/info/license", json={"key": "any"})
    assert vault.refused(405, "GET", "system/admin/export_key")["error_code"] == "PV1003"


def test_garbage_collection_counts_without_erasing(vault: Vault) -> None:
    name = vault.collection()

    found = vault.ok("POST", "system/admin/lifecycle/gc",
                     params={"dry_run": "true", "reason": "Maintenance"})  # fmt: skip
    only = vault.ok("POST", "system/admin/lifecycle/gc",
                    params={"filter": "tokens_only", "dry_run": "true"})  # fmt: skip

    assert {"collection_name": name, "collection_type": "PERSONS", "count": 0} in found
    assert [each["collection_name"] for each in found[-2:]] == ["Tokens", "TransactionIDs"]
    assert [each["collection_type"] for each in only] == ["TOKENS"]
    bad = vault.refused(400, "POST", "system/admin/lifecycle/gc", params={"filter": "x"})
    assert bad["error_code"] == "PV1012"


def test_an_error_can_be_asked_for(vault: Vault) -> None:
    found = vault.refused(500, "POST", "system/debug/error/trigger", json={"a": 1})

    assert found == error("PV1000", "Something went wrong")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "ctl/iam/conf"),
        ("POST", "ctl/iam/conf"),
        ("GET", "ctl/iam/user/x"),
        ("POST", "ctl/iam/user/regen"),
        ("POST", "ctl/iam/user/update-expiration"),
        ("DELETE", "system/confvar"),
        ("GET", "system/confvar/log_level"),
        ("POST", "system/confvar/log_level"),
        ("GET", "ctl/info/cluster"),
        ("GET", "system/info/configuration"),
        ("GET", "system/info/license"),
        ("POST", "system/info/license"),
        ("GET", "system/info/kms"),
        ("GET", "system/admin/export_key"),
        ("POST", "system/admin/keys/rotate"),
        ("POST", "system/admin/lifecycle/gc"),
        ("POST", "system/debug/error/trigger"),
        ("POST", "data/analysis/contains"),
    ],
)
def test_each_operation_needs_its_capability(vault: Vault, method: str, path: str) -> None:
    nobody = vault.user(["CapDataReader"], policy())

    assert nobody.refused(403, method, path, json={})["error_code"] == "PV1007"
