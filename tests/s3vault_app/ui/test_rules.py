"""Plans and rules with their effect; what a vault loses, and its end."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from s3vault_app.models import StoragePlan
from tests.factories import make_person, unique
from tests.s3vault_app.ui import rig

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Client:
    return rig.browser(rig.administrator())


def text(answer: Any) -> str:
    return str(answer.content.decode())


TIB = 1024**4


def plan_form(**changes: Any) -> dict[str, Any]:
    valid = {"name": unique("plan"), "lock_mode": "GOVERNANCE", "days": 365, "versioning": "on"}
    return {**valid, "region": "us-east-1", **changes}


def test_a_plan_says_what_it_means_before_it_is_saved(admin: Client) -> None:
    plan = rig.plan()
    vault = rig.vault(plan, size_bytes=5 * TIB)
    form = plan_form(lock_mode="COMPLIANCE", days=2555, quota=4096)

    told = text(admin.post(f"/storage/plans/{plan.number}/?part=effect", form))

    assert "Objects are kept 7 years and cannot be deleted by anyone." in told
    assert "1 vault that stands keeps its own rules. 1 vault already holds 5 TiB." in told
    assert f"{vault.name}</a>, 5 TiB" in told
    plan.refresh_from_db()
    assert plan.lock_mode == "GOVERNANCE"


def test_a_plan_is_made_and_its_pool_stays_once_used(admin: Client) -> None:
    pool, other = rig.pool(), rig.pool()
    form = plan_form(pool=pool.number, quota="1.5", noncurrent_days=30)

    made = admin.post("/storage/plans/new/", form)
    plan = StoragePlan.objects.get(name=form["name"])
    rig.vault(plan)
    changed = {**form, "pool": other.number, "days": 730}
    admin.post(f"/storage/plans/{plan.number}/", changed)

    assert made["Location"] == f"/storage/plans/{plan.number}/"
    assert (plan.quota_bytes, plan.lifecycle) == (3 * 1024**3 // 2, {"noncurrent_days": 30})
    plan.refresh_from_db()
    assert (plan.pool_id, plan.retention_days) == (pool.pk, 730)
    assert "Locked since" in text(admin.get(f"/storage/plans/{plan.number}/"))


@pytest.mark.parametrize("wrong", [{"versioning": ""}, {"days": ""}, {"days": 0}, {"name": ""}])
def test_rules_that_cannot_hold_are_refused_beside_their_field(
    admin: Client, wrong: dict[str, Any]
) -> None:
    form = plan_form(pool=rig.pool().number, **wrong)

    answer = admin.post("/storage/plans/new/", form)

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in text(answer)


def test_compliance_cannot_be_made_shorter(admin: Client) -> None:
    vault = rig.vault(rig.plan(lock_mode="COMPLIANCE"), lock_mode="COMPLIANCE", lock_days=30)
    url = f"/storage/vaults/{vault.number}/rules/"

    assert "Objects are locked here since" in text(admin.get(url))
    assert admin.post(url, {"lock_mode": "COMPLIANCE", "days": 7}).status_code == 422
    assert admin.post(url, {"lock_mode": "GOVERNANCE", "days": 60}).status_code == 422
    longer = admin.post(url, {"lock_mode": "COMPLIANCE", "days": 60})
    assert longer["Location"] == f"/storage/jobs/{vault.jobs.get().pk}/"


def test_a_vault_goes_only_when_its_name_was_typed(admin: Client) -> None:
    vault = rig.vault(bucket_made_at=None)
    url = f"/storage/vaults/{vault.number}/delete/"

    assert admin.post(url, {"word": "other"}).status_code == 422
    begun = admin.post(url, {"word": vault.name})

    assert begun["Location"] == f"/storage/jobs/{vault.jobs.get().pk}/"
    assert vault.name in text(admin.get(f"/storage/vaults/{vault.number}/"))


def test_owners_are_replaced_and_endpoints_change_by_a_job(admin: Client) -> None:
    pool = rig.pool()
    store, gate = rig.endpoint_of(pool), rig.endpoint_of(pool, role="gateway")
    vault = rig.vault(rig.plan(pool=pool), store)
    leaves, joins = make_person(), make_person()
    rig.give(leaves, vault)
    base = f"/storage/vaults/{vault.number}"

    admin.post(f"{base}/owners/change/", {"owners": [joins.number]})
    page = text(admin.get(f"{base}/owners/"))
    assert joins.username in page
    assert leaves.username not in page
    none = admin.post(f"{base}/endpoints/change/", {})
    both = admin.post(f"{base}/endpoints/change/", {"machines": [store.number, gate.number]})
    assert (none.status_code, both.status_code) == (422, 302)
    assert vault.endpoints.count() == 2
