"""Our own API beside the wire: machines and their host keys, stores, proofs, pairs per vault."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.test import Client

from s3vault_app.models import Endpoint, Job, KeyPair, Machine, Probe, StoragePool
from tests.factories import unique
from tests.s3vault_app.api.rig import Caller, administrator, machine, order, stranger
from tests.s3vault_app.engine.sshd import SshServer, run_sshd

pytestmark = pytest.mark.django_db


class Portal:
    """Calls of our own API by one who has a token of the wire."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller

    def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        answer = Client().generic(
            method,
            f"/api/v1/s3/{path}",
            b"" if body is None else orjson.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.caller.key}"},
        )
        return answer.status_code, answer.json() if answer.content else None


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    folder: Path = tmp_path_factory.mktemp("ssh") / "d"
    with run_sshd(folder, "127.0.0.1") as running:
        yield running


def test_a_host_key_is_offered_compared_and_accepted_and_a_change_stops_everything(
    server: SshServer,
) -> None:
    admin = Portal(administrator())
    body = {
        "name": unique("ep"),
        "host": server.host,
        "port": server.port,
        "login": {"user": "vault", "private_key": server.private_key},
    }
    status, made = admin("POST", "machines", body)
    number, offered = made["number"], made["host_key"]["offered"]

    assert (status, made["state"], offered[:7]) == (201, "new", "SHA256:")
    assert "PRIVATE KEY" not in str(made)
    wrong = admin("PUT", f"machines/{number}/host-key", {"fingerprint": "SHA256:other"})
    assert (wrong[0], Machine.objects.get(number=number).state) == (409, "new")
    right = admin("PUT", f"machines/{number}/host-key", {"fingerprint": offered})[1]
    assert (right["state"], right["host_key"]["accepted"]) == ("ready", offered)
    assert Machine.objects.get(number=number).host_key == server.host_key
    ready = admin.caller("GET", f"Client/{number}/CheckReadiness")[1]["summary"][0]
    assert ready == {"status": "Ready.", "reason": ""}
    Machine.objects.filter(number=number).update(host_key="ssh-ed25519 AAAA")
    looked = admin("POST", f"machines/{number}/host-key")[1]
    assert (looked["state"], looked["host_key"]["offered"]) == ("key_changed", offered)
    named = order(cvs3Endpoints=[{"clientId": number}])
    assert admin.caller("POST", "V4/CVS3Store", named)[0] == 409
    assert admin("DELETE", f"machines/{number}")[0] == 204
    assert Machine.objects.get(number=number).private_key is None


def test_the_wire_accepts_a_host_key_at_first_sight_when_it_says_so(server: SshServer) -> None:
    admin = administrator()
    name = unique("ep")
    entity = {"hostName": server.host, "clientName": name, "sshPortNumber": server.port}
    body = {"entities": [entity], "clientAuthForJob": {"userName": "vault", "password": "p"}}
    admin("POST", "InstallClient?acceptHostKey=true", body)
    found = Machine.objects.get(name=name)

    assert (found.state, found.host_key) == ("ready", server.host_key)
    assert found.host_key_accepted_by == admin.user


def test_a_machine_without_a_login_gets_a_key_whose_public_half_is_shown() -> None:
    admin = Portal(administrator())
    body = {"name": unique("ep"), "host": "127.0.0.1", "port": 1, "login": {"user": "vault"}}
    made = admin("POST", "machines", body)[1]

    assert made["public_key"].startswith("ssh-ed25519 ")
    assert "PRIVATE KEY" in str(Machine.objects.get(number=made["number"]).private_key)
    bad = [{"port": 0}, {"host": "a b"}, {"install_root": "x"}, {"data_root": "/a/../b"},
           {"data_root": "/home"}, {"install_root": "//srv/./"},
           {"ports": {"s3": 80}}, {"ports": {"ssh": 8022}}, {"colour": "red"}]  # fmt: skip
    for changes in bad:
        assert admin("PATCH", f"machines/{made['number']}", changes)[0] == 400, changes
    moved = admin("PATCH", f"machines/{made['number']}", {"address": "127.0.0.2"})
    assert (moved[0], moved[1]["address"]) == (200, "127.0.0.2")


def test_a_login_never_goes_to_another_place_than_it_was_given_for() -> None:
    admin = Portal(administrator())
    known = machine(password="p", host_key="ssh-ed25519 AA", offered_host_key="ssh-ed25519 BB")
    path = f"machines/{known.number}"

    assert admin("PATCH", path, {"host": "192.0.2.66"})[0] == 400
    login = {"user": "vault", "password": "q"}
    assert admin("PATCH", path, {"host": "192.0.2.66", "login": login})[0] == 200
    known.refresh_from_db()
    assert (known.state, known.host_key, known.offered_host_key) == ("new", "", "")
    pool = StoragePool.objects.latest("created_at")
    Machine.objects.filter(pk=known.pk).update(pool=pool, role="gateway")
    for moved in ({"host": "192.0.2.8", "login": login}, {"port": 2222, "login": login},
                  {"login": {"user": "root"}}):  # fmt: skip
        assert admin("PATCH", path, moved)[0] == 409


def test_stores_of_others_are_described_whole_and_their_credentials_never_come_out() -> None:
    admin, name = Portal(administrator()), unique("ceph")
    keys = {"access_key": "AKEXAMPLE", "secret_key": "the-secret-of-a-store"}
    settings = {"endpoints": ["https://s3.example.org"], "bucket": "ledger"}
    body = {"name": name, "engine": "s3-static", "settings": settings, **keys}
    status, made = admin("POST", "pools", body)
    pool = StoragePool.objects.get(number=made["number"])

    assert (status, made["settings"]) == (201, settings)
    assert pool.credentials == keys
    assert "the-secret-of-a-store" not in str((made, admin("GET", "pools")))
    bad: list[dict[str, Any]] = [
        {"settings": {}},
        {"settings": {**settings, "endpoints": ["ftp://x"]}},
        {"settings": {**settings, "endpoints": ["https://u:p@x"]}},
        {"settings": {**settings, "bucket": ""}},
        {"settings": {**settings, "more": 1}},
        {"engine": "other"},
        {"access_key": None, "secret_key": None},
        {"name": ""},
    ]
    for changes in bad:
        assert admin("POST", "pools", {**body, "name": unique("p"), **changes})[0] == 400, changes
    plan = admin("POST", "plans", {"name": unique("p"), "pool": pool.number})[1]
    assert plan["lock_mode"] == "none"
    there = {"plan": {"planId": plan["number"], "planName": plan["name"]}}
    assert admin.caller("POST", "V4/CVS3Store", order(**there))[0] == 400
    assert admin("DELETE", f"pools/{pool.number}")[0] == 409
    assert admin("DELETE", f"plans/{plan['number']}")[0] == 204
    assert admin("DELETE", f"pools/{pool.number}")[0] == 204
    pool.refresh_from_db()
    assert pool.credentials is None


@pytest.mark.parametrize(
    "rules",
    [
        {"retention_days": 0},
        {"retention_days": 10_000},
        {"lock_mode": "governance"},
        {"versioning": False},
        {"copies": 4},
        {"quota_bytes": -1},
        {"lifecycle": {"expire_days": 0}},
        {"lifecycle": {"other": 1}},
        {"region": "eu west"},
        {"pool": 999_999},
    ],
)
def test_rules_that_cannot_hold_are_refused(rules: dict[str, Any]) -> None:
    status, _ = Portal(administrator())("POST", "plans", {"name": unique("p"), **rules})

    assert status in (400, 404)


def test_a_vault_is_proved_on_demand_and_its_health_is_told() -> None:
    admin, ready = Portal(administrator()), machine()
    named = order(cvs3Endpoints=[{"clientId": ready.number}])
    made = admin.caller("POST", "V4/CVS3Store", named)[1]["response"]["entity"]["clientId"]
    Probe.objects.create(endpoint=Endpoint.objects.get(vault__number=made), ok=True, milliseconds=7)
    status, asked = admin("POST", f"vaults/{made}/verify")
    health = admin("GET", f"vaults/{made}/health")[1]

    assert (status, Job.objects.get(pk=asked["job"]).type) == (202, "verify")
    assert [(each["endpoint"], each["ok"], each["milliseconds"]) for each in health["probes"]] == [
        (ready.name, True, 7)
    ]
    assert health["usage"] == []
    shown = admin("GET", f"vaults/{made}")[1]
    assert shown["proof"] == {"ok": None, "at": None}
    assert Portal(stranger())("GET", f"vaults/{made}")[0] == 404


def test_a_new_owners_secret_is_shown_once_and_to_nobody_else() -> None:
    admin, caller = administrator(), stranger()
    admin("POST", "V4/CVS3Store", order(owners=[{"userId": caller.user.number}]))
    [pair] = Portal(caller)("GET", "keys")[1]["items"]

    assert Portal(admin)("POST", f"keys/{pair['id']}")[0] == 404
    status, shown = Portal(caller)("POST", f"keys/{pair['id']}")
    assert (status, shown["access_key_id"]) == (200, pair["access_key_id"])
    assert len(shown["secret_access_key"]) == 40
    assert Portal(caller)("POST", f"keys/{pair['id']}")[0] == 410


def test_a_pair_for_one_vault_stands_beside_the_one_for_all() -> None:
    admin, caller = administrator(), stranger()
    made = admin("POST", "V4/CVS3Store", order(owners=[{"userId": caller.user.number}]))[1]
    vault = made["response"]["entity"]["clientId"]
    own = Portal(caller)
    status, pair = own("POST", "keys", {"vault": vault, "overlap_seconds": 60})
    newer = own("POST", "keys", {"vault": vault, "overlap_seconds": 60})[1]
    items = own("GET", "keys")[1]["items"]

    assert status == 201
    assert [(each["vault"], each["state"]) for each in items] == [
        (None, "active"),
        (vault, "active"),
        (vault, "overlap"),
    ]
    assert own("DELETE", f"keys/{newer['id']}")[0] == 204
    assert KeyPair.objects.get(pk=newer["id"]).secret is None
    assert Portal(stranger())("DELETE", f"keys/{pair['id']}")[0] == 404
    assert Portal(stranger())("POST", "keys", {"vault": vault})[0] == 404
    assert Portal(stranger())("POST", "keys", {"user": caller.user.number})[0] == 403
    assert own("POST", "keys", {"overlap_seconds": 31 * 86_400})[0] == 400


def test_a_dry_run_says_what_would_be_done_and_does_nothing() -> None:
    admin = administrator()
    status, told = Portal(admin)("POST", "vaults/preview", order())

    assert (status, told["engine"], len(told["machines"])) == (200, "seaweedfs", 1)
    assert told["machines"][0]["ports"]
    assert not Job.objects.exists()
    assert not Machine.objects.exclude(pool=None).exists()
    assert Portal(stranger())("POST", "vaults/preview", order())[0] == 403
