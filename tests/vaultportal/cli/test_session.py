"""Signing in and out: three kinds of credential, kept where only their owner can read them."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.portal import Portal, free_port
from tests.secrets_app.api.conftest import World
from tests.secrets_app.identity_api.wire import Wire, log_in_machine, unique
from tests.vaultportal.cli.conftest import CANARY, Vp, machine_of
from vaultportal.cli import profile as profiles
from vaultportal.cli.failures import Exit, Failure
from vaultportal.cli.portal import Portal as Client
from vaultportal.cli.profile import Kind, Profile

PASSWORD = f"four long words {CANARY}"


@pytest.fixture
def username(portal: Portal) -> str:
    """Somebody with a password."""
    privx = portal.credentials["privx"]
    admin = log_in_machine(portal, privx["api_client_id"], privx["api_client_secret"])
    name = unique("person")
    body = {"username": name, "password": {"password": PASSWORD}}
    admin.post("/local-user-store/api/v1/users", body, 201)
    return name


def test_a_person_signs_in_works_and_signs_out(portal: Portal, nobody: Vp, username: str) -> None:
    made = nobody.json("login", portal.url, "--user", username, given=PASSWORD.encode() + b"\n")

    assert made == {"url": portal.url, "kind": "person", "name": username}
    assert stat.S_IMODE(nobody.kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(nobody.kept.parent.stat().st_mode) == 0o700
    assert CANARY not in nobody.kept.read_text()
    assert nobody.json("secret", "list", "--owner", "me") == []
    token = json.loads(nobody.kept.read_text())["token"]

    assert nobody.json("logout") == {"signed_out": True, "token_ended": True}
    assert not nobody.kept.exists()
    assert Wire(portal.url, token).send("GET", "/api/v1/secrets").status_code == 401
    nobody.run("secret", "get", "mine", exits=3)


def test_a_token_that_ended_is_renewed_without_a_word(
    portal: Portal, nobody: Vp, username: str
) -> None:
    nobody.run("login", portal.url, "--user", username, given=PASSWORD.encode())
    first = json.loads(nobody.kept.read_text())
    nobody.kept.write_text(json.dumps({**first, "expires_at": 0}))

    nobody.run("secret", "list")

    second = json.loads(nobody.kept.read_text())
    assert second["token"] != first["token"]
    Wire(portal.url, second["token"]).send("POST", "/auth/api/v1/logout")
    nobody.run("secret", "list", exits=3)


def test_signing_out_late_ends_the_refresh_token_too(
    portal: Portal, nobody: Vp, username: str
) -> None:
    nobody.run("login", portal.url, "--user", username, given=PASSWORD.encode())
    kept = json.dumps({**json.loads(nobody.kept.read_text()), "expires_at": 0})
    nobody.kept.write_text(kept)

    assert nobody.json("logout") == {"signed_out": True, "token_ended": True}

    nobody.kept.write_text(kept)
    nobody.kept.chmod(0o600)
    nobody.run("secret", "list", exits=3)
    assert nobody.json("logout") == {"signed_out": True, "token_ended": True}


def test_several_commands_renew_one_token_once(portal: Portal, nobody: Vp, username: str) -> None:
    nobody.run("login", portal.url, "--user", username, given=PASSWORD.encode())
    first = json.loads(nobody.kept.read_text())
    nobody.kept.write_text(json.dumps({**first, "expires_at": 0}))

    started = [nobody.start("secret", "list") for _ in range(2)]
    told = [process.communicate(timeout=60)[1] for process in started]

    assert [process.returncode for process in started] == [0, 0], told


def test_an_api_client_signs_in_with_its_id_and_secret(portal: Portal, nobody: Vp) -> None:
    privx = portal.credentials["privx"]
    words = ("login", portal.url, "--client", privx["api_client_id"])

    nobody.run(*words, VP_CLIENT_SECRET=privx["api_client_secret"])

    kept = json.loads(nobody.kept.read_text())
    nobody.kept.write_text(json.dumps({**kept, "token": "ended", "expires_at": 9e9}))
    nobody.run("secret", "list")
    assert nobody.refusal(3, *words, given=b"wrong")["error"] == "invalid_client"


def test_the_environment_alone_is_enough_and_writes_nothing(
    portal: Portal, world: World, owner: Vp
) -> None:
    owner.run("secret", "list")
    machine_of(portal, owner.folder).run("secret", "list")

    key_file = owner.folder / "key"
    key_file.write_text(world.people["owner"]["token"] + "\n")
    by_file = Vp(owner.folder, {"VP_URL": portal.url, "VP_API_KEY_FILE": str(key_file)})
    by_file.run("secret", "list")
    assert not owner.kept.parent.exists()


def test_wrong_credentials_are_not_kept(portal: Portal, nobody: Vp, username: str) -> None:
    nobody.run("login", portal.url, "--user", username, exits=3, given=CANARY.encode())
    nobody.run("login", portal.url, "--api-key", exits=3, given=CANARY.encode())

    assert not nobody.kept.exists()


def test_credentials_go_nowhere_else(portal: Portal, world: World, nobody: Vp) -> None:
    key = world.people["owner"]["token"].encode()
    nobody.run("login", portal.url, "--api-key", given=key)

    nobody.run("secret", "list", exits=3, VP_URL="http://127.0.0.1:1")
    nobody.run("login", "http://vault.example", "--api-key", exits=2, given=key)
    nobody.run("login", portal.url, exits=2)
    nobody.kept.chmod(0o644)
    assert b"chmod 600" in nobody.run("secret", "list", exits=2)


def test_another_sign_in_in_between_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    url = f"http://127.0.0.1:{free_port()}"
    profiles.write(Profile(url, Kind.PERSON, "ida", secret="of-ida"))
    mine = profiles.load()

    for other in (("http://127.0.0.1:1", "ida"), (url, "ben")):
        profiles.write(Profile(other[0], Kind.PERSON, other[1], secret=CANARY))
        with Client(mine) as client, pytest.raises(Failure) as refused:
            client.call("GET", "/")
        assert refused.value.code == Exit.SIGNED_OUT


def test_no_proxy_sees_what_stays_on_this_machine(owner: Vp) -> None:
    proxy = f"http://127.0.0.1:{free_port()}"

    owner.run("secret", "list", HTTP_PROXY=proxy, http_proxy=proxy, ALL_PROXY=proxy)


def test_a_portal_that_is_not_there_is_told(nobody: Vp) -> None:
    url = f"http://127.0.0.1:{free_port()}"

    told = nobody.refusal(7, "secret", "list", VP_URL=url, VP_API_KEY=CANARY)

    assert told["error"] == "unreachable"
