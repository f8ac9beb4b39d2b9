"""Plans and storage pools on the wire."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from s3vault_app.models import (
    StoragePlan,
    Vault,
)
from tests.factories import unique
from tests.s3vault_app.api.rig import (
    BASE,
    administrator,
    create,
    plan,
    stranger,
)

pytestmark = pytest.mark.django_db


def test_a_plan_is_made_read_changed_and_kept_while_vaults_use_it() -> None:
    admin, name = administrator(), unique("gold")
    body = {
        "planName": name,
        "backupDestinations": [
            {
                "backupDestinationName": "Primary",
                "storagePool": {"id": plan().pool.number, "name": "local"},
                "storageType": "DISK",
                "retentionPeriodDays": 30,
                "overrideRetentionSettings": True,
            }
        ],
        "rpo": {"backupFrequency": {"schedules": []}},
        "snapshotOptions": {"enable": False},
    }
    status, made = admin("POST", "V4/ServerPlan", body)
    number = made["plan"]["id"]
    row = StoragePlan.objects.get(number=number)
    vault, _ = create(admin, plan={"planId": number, "planName": name})

    assert (status, made) == (200, {"plan": {"id": number, "name": name}})
    assert (row.lock_mode, row.retention_days) == ("COMPLIANCE", 30)
    read = admin("GET", f"V4/ServerPlan/{number}")[1]
    assert (read["snapshotOptions"], read["rpo"]) == (body["snapshotOptions"], body["rpo"])
    taken = admin("POST", "V4/ServerPlan", body)
    assert (taken[0], taken[1]["errors"][0]["errorCode"]) == (200, 3)
    newer = unique("silver")
    assert admin("PUT", f"V4/ServerPlan/{number}", {"newName": newer})[1]["plan"]["name"] == newer
    kept = admin("DELETE", f"V2/Plan/{number}?confirmDelete=True")
    used = Vault.objects.get(number=vault).name
    assert kept == (
        200,
        {
            "error": [
                {"status": {"errorCode": 4, "errorMessage": f"1 vault uses the plan: {used}."}}
            ]
        },
    )
    Vault.objects.update(state="deleted", deleted_at=timezone.now())
    assert admin("DELETE", f"V2/Plan/{number}?confirmDelete=yes") == (200, {})
    assert admin("GET", "StoragePolicy?getAll=TRUE")[1] == {"policies": []}


def test_plans_are_found_by_the_filters_that_clients_send() -> None:
    admin = administrator()
    chosen = plan()
    row = {"plan": {"planId": chosen.number, "planName": chosen.name}}

    def found(query: str) -> Any:
        return admin("GET", f"v2/Plan?{query}")[1]["plans"]

    fit = "subType=Server&fq=plans.storage.copy.storagePoolType:in:1,4&fl=plans.plan.planId"
    assert row in found(fit)
    assert found("fq=name:eq:STANDARD") == [row]
    assert found("fq=plans.plan.planName:neq:standard&fq=name:contains:stand") == []
    assert admin("GET", "Plan?fq=name:eq:none")[1] == {"plans": []}
    assert admin("GET", "V4/Plan/Summary")[1]["plans"][0]["planType"] == "Server"
    assert admin("GET", "V4/PlanIds")[1]["plans"]
    assert stranger()("GET", "V2/Plan")[1] == {"plans": []}


def test_storage_pools_speak_xml_where_it_is_asked_for() -> None:
    admin = administrator()
    pool = plan().pool
    headers = {"Authtoken": f"QSDK {admin.key}", "Accept": "application/xml"}
    answer = Client().get(f"{BASE}StoragePool", headers=headers)
    entity = f'<storagePoolEntity storagePoolName="local" storagePoolId="{pool.number}"/>'

    assert answer.content.decode().endswith(
        "<Api_GetStoragePoolListResp>"
        f"<storagePoolList>{entity}</storagePoolList></Api_GetStoragePoolListResp>"
    )
    [row] = admin("GET", "StoragePool")[1]["storagePoolList"]
    assert row["storagePoolEntity"] == {"storagePoolName": "local", "storagePoolId": pool.number}
    details = admin("GET", f"StoragePool/{pool.number}")[1]["storagePoolDetails"]
    assert details["storageType"] == 1
    assert details["copyInfo"] == {"StoragePolicyCopy": {"copyId": 1, "copyName": "Primary"}}
    assert admin("GET", "V4/Storage/Disk")[1]["diskStorageCount"] == 1
    assert admin("GET", "V4/Storage/Cloud")[1]["cloudStorage"] == []
