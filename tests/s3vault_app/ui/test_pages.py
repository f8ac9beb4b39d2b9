"""Every storage page answers with what it is about, to who may see it, within its queries."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from s3vault_app.models import KeyPair, Machine, StoragePool, Vault
from s3vault_app.permissions import VaultPermission
from s3vault_app.selectors import counts
from tests.factories import actor_of, as_admin, make_person, make_role, member_of, unique
from tests.s3vault_app.ui import rig
from vaultportal.identity import access
from vaultportal.identity.models import User

pytestmark = pytest.mark.django_db
NOTHING = 2**31 - 1


@pytest.fixture
def admin() -> Client:
    return rig.browser(rig.administrator())


@pytest.fixture
def made() -> Vault:
    on = rig.plan(quota_bytes=4 * 1024**4)
    store = rig.endpoint_of(on.pool)
    found = rig.vault(on, store, size_bytes=3 * 1024**4, quota_bytes=4 * 1024**4)
    rig.usage(found, 2 * 1024**4, 3 * 1024**4)
    return found


def text(answer: Any) -> str:
    return str(answer.content.decode())


def pair_of(user: User, **fields: Any) -> KeyPair:
    return KeyPair.objects.create(user=user, access_key_id=unique("AK"), secret="s", **fields)


@pytest.mark.parametrize("side", ["", "endpoints/", "keys/", "owners/", "jobs/", "rules/"])
def test_a_vault_from_each_side(admin: Client, made: Vault, side: str) -> None:
    answer = admin.get(f"/storage/vaults/{made.number}/{side}")

    assert answer.status_code == 200
    assert made.name in text(answer)


def test_the_tabs_of_a_vault_say_how_much_is_behind_them(
    admin: Client, made: Vault, django_assert_num_queries: Any
) -> None:
    one, other = rig.give(make_person(), made), make_person()
    role = make_role()
    access.grant(as_admin(), role, VaultPermission.BACKUP, made)
    access.grant(as_admin(), one, VaultPermission.VIEW, made)  # sees it: nothing to count
    for user in (member_of(one, role), member_of(other, role), make_person()):
        pair_of(user)
        pair_of(user, state=KeyPair.State.REVOKED)
    pair_of(one, vault=rig.vault(made.plan))

    answer = admin.get(f"/storage/vaults/{made.number}/")
    assert {tab.label: tab.count for tab in answer.context["tabs"]} == {
        "Overview": None, "Endpoints": 1, "Keys": 2, "Owners": 2, "Jobs": None,
    }  # fmt: skip
    own = rig.browser(other).get(f"/storage/vaults/{made.number}/")
    assert [tab.count for tab in own.context["tabs"]] == [None, 1, 1, 2, None]
    actor = actor_of(one)
    with django_assert_num_queries(1):
        counts.of_vault(actor, made)


@pytest.mark.parametrize("within_page", [True, False])
def test_endpoints_are_tested_from_where_the_portal_runs(
    admin: Client,
    made: Vault,
    within_page: bool,  # noqa: FBT001 a parameter
) -> None:
    url = f"/storage/vaults/{made.number}/test/"
    headers = {"HX-Request": "true", "HX-Request-Type": "partial"} if within_page else {}

    fresh = text(admin.post(url, headers=headers))
    StoragePool.objects.filter(pk=made.pool_id).update(state="ready")
    pool = StoragePool.objects.get(pk=made.pool_id)
    pool.secrets = {"admin": ["portal", "0123456789"]}
    pool.save()
    Machine.objects.filter(pool=pool).update(url="http://127.0.0.1:1")
    away = text(admin.post(url, headers=headers))

    assert "The engine of the pool is not installed yet." in fresh
    assert "does not answer (EndpointConnectionError)." in away
    assert [("<h1" in page) for page in (fresh, away)] == [not within_page] * 2
    assert not made.jobs.exists()
    stranger = rig.browser(make_person()).post(url, headers=headers)
    assert stranger.status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "vaults/",
        "vaults/new/",
        "endpoints/",
        "endpoints/new/",
        "plans/",
        "plans/new/",
        "pools/",
        "pools/new/",
        "jobs/",
    ],
)
def test_lists_and_forms(admin: Client, made: Vault, path: str) -> None:
    assert admin.get(f"/storage/{path}").status_code == 200


@pytest.mark.parametrize("side", ["", "edit/", "host-key/", "uninstall/", "retire/"])
def test_a_machine_from_each_side(admin: Client, made: Vault, side: str) -> None:
    machine = made.endpoints.get().machine
    assert machine is not None

    answer = admin.get(f"/storage/endpoints/{machine.number}/{side}")

    assert answer.status_code == 200
    assert machine.name in text(answer)


@pytest.mark.parametrize("side", ["", "?part=log", "?part=state", "log/"])
def test_a_job_from_each_side(admin: Client, made: Vault, side: str) -> None:
    machine = made.endpoints.get().machine
    assert machine is not None
    job = rig.job(made, machine)
    rig.step(job, "preflight", "ok", machine, "fit")
    rig.step(job, "ship", "running", machine)

    answer = admin.get(f"/storage/jobs/{job.pk}/{side}", headers={"HX-Request": "true"})

    assert answer.status_code == 200


def test_a_plan_and_a_pool(admin: Client, made: Vault) -> None:
    assert made.name in text(admin.get(f"/storage/plans/{made.plan.number}/"))
    assert made.plan.name in text(admin.get(f"/storage/pools/{made.pool.number}/"))
    kept = text(admin.get(f"/storage/plans/{made.plan.number}/delete/"))
    assert "cannot be deleted yet" in kept
    assert made.name in kept


@pytest.mark.parametrize(
    "path",
    [
        "vaults/{vault}/",
        "vaults/{vault}/endpoints/",
        "vaults/{vault}/keys/",
        "vaults/{vault}/owners/",
        "vaults/{vault}/jobs/",
        "vaults/{vault}/rules/",
        "vaults/{vault}/delete/",
        "vaults/{vault}/owners/change/",
        "vaults/{vault}/endpoints/change/",
        "jobs/{job}/",
        "jobs/{job}/log/",
        "endpoints/{machine}/",
        "plans/{plan}/",
        "pools/{pool}/",
    ],
)
def test_a_stranger_learns_nothing(made: Vault, path: str) -> None:
    """A thing that is there looks as one that is not."""
    client = rig.browser(make_person())
    machine = made.endpoints.get().machine
    assert machine is not None
    named = {
        "vault": made.number,
        "job": rig.job(made).pk,
        "machine": machine.number,
        "plan": made.plan.number,
        "pool": made.pool.number,
    }

    there = client.get("/storage/" + path.format(**named))
    nowhere = client.get("/storage/" + path.format(**dict.fromkeys(named, NOTHING)))

    assert (there.status_code, nowhere.status_code) == (404, 404)
    assert made.name not in text(there)


@pytest.mark.parametrize(
    "path", ["endpoints/", "endpoints/new/", "plans/new/", "pools/new/", "vaults/new/"]
)
def test_what_is_not_ones_to_do_is_refused(path: str) -> None:
    assert rig.browser(make_person()).get(f"/storage/{path}").status_code == 403


def test_who_uses_a_vault_sees_it_and_changes_nothing(made: Vault) -> None:
    client = rig.browser(rig.give(make_person(), made))

    page = text(client.get(f"/storage/vaults/{made.number}/"))

    assert made.name in page
    assert "Verify now" not in page
    for path in ("rules/", "owners/change/", "endpoints/change/", "delete/"):
        assert client.get(f"/storage/vaults/{made.number}/{path}").status_code == 403
    assert client.post(f"/storage/vaults/{made.number}/verify/").status_code == 403
    assert client.get("/storage/endpoints/").status_code == 403


def test_an_owner_manages_and_reads_no_data(made: Vault) -> None:
    client = rig.browser(rig.give(make_person(), made, VaultPermission.OWN))

    page = text(client.get(f"/storage/vaults/{made.number}/"))

    assert "Verify now" in page
    assert "New pair for me" not in text(client.get(f"/storage/vaults/{made.number}/keys/"))


def test_filters_leave_out_and_say_so(admin: Client, made: Vault) -> None:
    other = rig.vault(made.plan, state=Vault.State.DEGRADED)

    found = text(admin.get(f"/storage/vaults/?q={made.name}"))
    assert made.name in found
    assert other.name not in found
    assert other.name in text(admin.get("/storage/vaults/?state=degraded&page=1"))
    assert "No vault fits the filters" in text(admin.get("/storage/vaults/?q=zzzzzz"))
    assert "No machine fits the filters" in text(admin.get("/storage/endpoints/?q=zzzzzz"))
    assert "No job fits the filters" in text(admin.get("/storage/jobs/?q=zzzzzz"))


def test_wrong_filters_and_cursors_fall_back(admin: Client, made: Vault) -> None:
    for query in ("?page=x&state=nonsense", "?plan=abc", "?page=999999999"):
        assert admin.get(f"/storage/vaults/{query}").status_code == 200
    assert admin.get("/storage/jobs/?after=abc&type=none").status_code == 200
    job = rig.job(made)
    query = "?part=log&after=x&machine=-1&level=99"
    assert admin.get(f"/storage/jobs/{job.pk}/{query}").status_code == 200


@pytest.mark.parametrize("path", ["vaults/", "endpoints/", "jobs/", "plans/"])
def test_a_list_costs_the_same_however_long(
    admin: Client, made: Vault, path: str, django_assert_max_num_queries: Any
) -> None:
    for _ in range(3):
        more = rig.vault(made.plan, rig.endpoint_of(made.pool, role="gateway"))
        rig.job(more)

    with django_assert_max_num_queries(14):
        admin.get(f"/storage/{path}")
