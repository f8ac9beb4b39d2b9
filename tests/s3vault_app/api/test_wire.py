"""Jobs, keys, plans, pools, machines, users and groups on the wire."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from s3vault_app.models import (
    Job,
    JobEvent,
    JobStep,
    KeyPair,
    StoragePlan,
    Vault,
    VaultUserGrant,
)
from s3vault_app.permissions import VaultPermission
from s3vault_app.services import keys
from tests.factories import as_admin, make_person, make_role, unique
from tests.s3vault_app.api.rig import (
    BASE,
    Caller,
    administrator,
    machine,
    order,
    plan,
    stranger,
)
from vaultportal.identity import access
from vaultportal.identity.models import Role, User

pytestmark = pytest.mark.django_db

GENERIC = {"errorCode": 0, "errorMessage": ""}
NOTHING = {"totalRecordsWithoutPaging": 0, "jobs": []}


def create(admin: Caller, **changes: Any) -> tuple[int, int]:
    """A vault over one machine: its number and its job's."""
    body = order(**{"cvs3Endpoints": [{"clientId": machine().number}], **changes})
    answer = admin("POST", "V4/CVS3Store", body)[1]
    return answer["response"]["entity"]["clientId"], answer["addEndpointJob"]["jobId"]


# -- jobs ------------------------------------------------------------------------------------------


def test_a_job_has_every_key_that_clients_index() -> None:
    admin = administrator()
    _, number = create(admin)
    job = Job.objects.get(pk=number)
    [row] = admin("GET", f"Job/{number}")[1]["jobs"]
    summary = row["jobSummary"]

    assert summary.pop("lastUpdateTime") > 0
    assert summary.pop("jobStartTime") == int(job.created_at.timestamp())
    assert summary.pop("jobElapsedTime") >= 0
    subject = {"clientId": job.machines.get().number, "clientName": job.machines.get().name}
    assert summary == {
        "jobId": number,
        "status": "Waiting",
        "localizedStatus": "Waiting",
        "percentComplete": 0,
        "jobType": "Install Software",
        "localizedOperationName": "Create vault",
        "currentPhaseName": "",
        "jobEndTime": 0,
        "isVisible": True,
        "isAged": False,
        "pendingReason": "",
        "backupLevelName": "",
        "appTypeName": "",
        "subclient": subject,
        "destinationClient": subject,
        "destClientName": subject["clientName"],
    }


def test_an_unknown_job_is_an_empty_list_and_so_is_one_of_others() -> None:
    _, number = create(administrator())

    assert administrator()("GET", "Job/999999999") == (200, NOTHING)
    assert stranger()("GET", f"Job/{number}") == (200, NOTHING)
    assert not any("pending" in word.lower() for word in Job.State.values)


def test_details_tell_the_steps_and_an_unknown_job_is_an_error_object() -> None:
    admin = administrator()
    _, number = create(admin)
    job = Job.objects.get(pk=number)
    JobStep.objects.create(job=job, machine=job.machines.get(), name="ship", state="running")
    detail = admin("POST", "JobDetails", {"jobId": number, "showAttempt": True})[1]["job"]
    missing = admin("POST", "JobDetails", {"jobId": 999_999_999})[1]

    assert detail["jobDetail"]["progressInfo"] == {
        "state": "Waiting",
        "percentComplete": 0,
        "reasonForJobDelay": "",
    }
    assert detail["jobDetail"]["attemptsInfo"] == [
        {
            "phaseName": "ship",
            "status": "Running",
            "startTime": 0,
            "endTime": 0,
            "client": job.machines.get().name,
        }
    ]
    assert missing == {
        "error": {"errList": [{"errorCode": 2, "errLogMessage": "There is no such job"}]}
    }


def test_a_job_is_paused_resumed_killed_and_asked_for_again() -> None:
    admin = administrator()
    _, number = create(admin)
    states = []
    for action in ("pause", "Resume", "kill"):
        assert admin("POST", f"Job/{number}/Action/{action}") == (200, {"errorCode": 0})
        states.append(Job.objects.get(pk=number).state)
    job = Job.objects.get(pk=number)
    early = admin("POST", f"Job/{number}/action/Resubmit")[1]["errors"][0]["errList"][0]

    assert states == ["Suspended", "Waiting", "Waiting"]
    assert job.kill_asked_at is not None
    assert early["errorCode"] == 6
    Job.objects.filter(pk=number).update(state="Failed", finished_at=timezone.now())
    again = admin("POST", f"Job/{number}/action/Resubmit")[1]["jobIds"]
    assert again == [str(Job.objects.latest("pk").pk)]
    late = admin("POST", f"Job/{number}/action/kill")
    assert late[0] == 200
    assert late[1]["errors"][0]["errList"][0]["errorCode"] == 6
    assert stranger()("POST", f"Job/{number}/action/kill")[1]["errors"]
    many = {"message": 1, "jobOpReq": {"operationType": 0, "jobs": [{"jobId": int(again[0])}]}}
    assert admin("POST", "Jobs/MultiJobOperation", many) == (200, {"errorCode": 0})


def test_lists_filter_and_count_before_paging_and_events_are_the_log() -> None:
    admin = administrator()
    vault, first = create(admin)
    _, second = create(admin)
    Job.objects.filter(pk=first).update(state="Failed", finished_at=timezone.now())
    JobEvent.objects.create(job_id=first, text="It failed.", severity=6)

    def ids(answer: tuple[int, Any]) -> list[int]:
        return [row["jobSummary"]["jobId"] for row in answer[1]["jobs"]]

    assert ids(admin("GET", "Job?jobCategory=Active")) == [second]
    assert ids(admin("GET", f"Job?clientId={vault}")) == [first]
    paged = admin("POST", "Jobs", {"category": 0, "pagingConfig": {"offset": 1, "limit": 1}})
    assert (ids(paged), paged[1]["totalRecordsWithoutPaging"]) == ([first], 2)
    wanted = {"category": 2, "jobFilter": {"statusList": ["Failed"], "completedJobLookupTime": 60}}
    assert ids(admin("POST", "Jobs", wanted)) == [first]
    events = admin("GET", f"Events?jobId={first}")[1]["commservEvents"]
    assert [each["description"] for each in events] == [
        "Create vault was asked for.",
        "It failed.",
    ]
    assert {"id", "timeSource", "severity", "jobId"} < events[0].keys()
    assert stranger()("GET", f"Events?jobId={first}")[1] == {"commservEvents": []}
    assert admin("GET", f"Job/{first}/TaskDetails")[1]["taskInfo"]
    assert admin("GET", f"Job/{first}/AdvancedDetails?infoType=2")[1]["errorCode"] == 0


# -- keys ------------------------------------------------------------------------------------------


def test_a_rotation_says_200_in_its_body_and_shows_the_secret_once() -> None:
    caller = stranger()
    status, made = caller("PUT", "V4/User/S3AccessKey")
    again = caller("PUT", f"V4/User/{caller.user.number}/S3AccessKey")[1]
    told = caller("GET", "V4/User/S3AccessKey")[1]

    assert (status, made["response"]) == (200, {"errorCode": 200, "errorMessage": "Success"})
    assert (len(made["accessKeyID"]), len(made["secretAccessKey"])) == (20, 40)
    assert made["accessKeyID"] != again["accessKeyID"]
    assert KeyPair.objects.get(access_key_id=made["accessKeyID"]).state == "revoked"
    assert told.pop("createdTime") > 0
    assert told == {**GENERIC, "accessKeyID": again["accessKeyID"], "lastUsedTime": 0}
    assert again["secretAccessKey"] not in str(told)


def test_the_pair_of_another_is_403_and_an_unknown_user_404() -> None:
    other = make_person()

    for method in ("GET", "PUT"):
        assert stranger()(method, f"V4/User/{other.number}/S3AccessKey")[0] == 403
        status, answer = administrator()(method, "V4/User/999999/S3AccessKey")
        assert (status, answer["errorCode"]) == (404, "INVALID_USER")
    assert administrator()("PUT", f"V4/User/{other.number}/S3AccessKey")[0] == 200


def test_an_overlap_keeps_the_old_pair_until_its_time_is_over() -> None:
    caller = stranger()
    first = caller("PUT", "V4/User/S3AccessKey")[1]["accessKeyID"]
    caller("PUT", "V4/User/S3AccessKey?overlapSeconds=60")
    old = KeyPair.objects.get(access_key_id=first)

    assert old in KeyPair.objects.working()
    KeyPair.objects.filter(pk=old.pk).update(overlap_until=timezone.now() - timedelta(seconds=1))
    assert old not in KeyPair.objects.working()
    assert keys.end_overlaps() == 1
    old.refresh_from_db()
    assert (old.state, old.secret) == ("revoked", None)


# -- plans and pools -------------------------------------------------------------------------------


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


# -- machines --------------------------------------------------------------------------------------


def test_machines_are_found_by_name_and_their_logins_never_come_out() -> None:
    admin, name = administrator(), unique("ep")
    body = {
        "entities": [{"hostName": "127.0.0.1", "clientName": name, "sshPortNumber": 1}],
        "clientAuthForJob": {"userName": "vault", "password": "a-password-of-a-machine"},
    }
    status, made = admin("POST", "InstallClient", body)
    number = made["entities"][0]["clientId"]

    assert (status, made["response"]["errorCode"]) == (200, 0)
    assert admin("GET", f"GetId?clientname={name.upper()}")[1] == {
        "clientId": number,
        "clientName": name,
        "_type_": 3,
    }
    assert admin("GET", "GetId?clientname=nobody")[1]["clientId"] == 0
    ready = admin("GET", f"Client/{number}/CheckReadiness")[1]["summary"][0]
    assert ready["status"] == "Not ready."
    everything = [admin("GET", path)[1] for path in (f"Client/{number}", "Client", "V4/Servers")]
    assert "a-password-of-a-machine" not in str(everything)
    assert admin("POST", "InstallClient?acceptHostKey=true", body)[1]["errorCode"] != 0
    assert admin("DELETE", f"Client/{number}/Retire")[1]["response"]["errorCode"] == 0
    assert admin("GET", f"Client/{number}")[0] == 404
    assert admin("GET", "Client/1/CheckReadiness")[1]["summary"][0]["status"] == "Ready."


def test_the_endpoint_of_a_machine_is_asked_for_looked_at_stopped_and_taken_off() -> None:
    admin, ready = administrator(), machine()
    place = f"V4/Client/{ready.number}/CVS3Endpoint"
    assert admin("GET", place)[1]["status"] == "NOT_INSTALLED"
    assert admin("PUT", f"{place}/Action/Disable")[1]["errorCode"] == 6
    installed = admin("POST", place, {})[1]

    assert installed["response"] == {"errorMessage": "", "errorCode": "NO_ERROR"}
    assert Job.objects.get(pk=installed["jobId"]).type == "install"
    assert admin("GET", place)[1] == {
        **GENERIC,
        "enabled": True,
        "status": "INSTALLING",
        "endpointUrl": "",
    }
    for action, kind in (("Disable", "disable"), ("Enable", "enable")):
        answer = admin("PUT", f"{place}/Action/{action}")[1]
        assert Job.objects.get(pk=answer["jobId"]).type == kind
    create(admin, cvs3Endpoints=[{"clientId": ready.number}])
    assert admin("DELETE", place)[0] == 409
    Vault.objects.update(state="deleted", deleted_at=timezone.now())
    assert Job.objects.get(pk=admin("DELETE", place)[1]["jobId"]).type == "uninstall"
    assert stranger()("POST", place, {})[0] == 403
    assert stranger()("GET", place)[0] == 404


# -- people ----------------------------------------------------------------------------------------


def test_a_user_is_made_both_ways_and_passes_on_what_was_theirs() -> None:
    admin, name = administrator(), unique("tove")
    password = base64.b64encode(unique("a long password").encode()).decode()
    old = {
        "users": [
            {
                "userEntity": {"userName": name},
                "password": password,
                "email": f"{name}@lab.example",
                "UPN": f"{name}@lab.example",
                "fullName": "Tove",
                "systemGeneratePassword": False,
                "securityAssociations": {},
                "associatedUserGroups": [{}],
            }
        ]
    }
    made = admin("POST", "User", old)
    number = made[1]["response"][0]["entity"]["userId"]
    group = make_role()
    body = {
        "users": [{"name": unique("v4"), "password": password, "userGroups": [{"id": group.pk}]}]
    }
    heir = admin("POST", "V4/User", body)[1]["users"][0]["id"]
    vault, _ = create(admin, owners=[{"userId": number}])

    entity = {"userId": number, "userName": name, "_type_": 13}
    assert made == (200, {"response": [{"errorCode": 0, "errorString": "", "entity": entity}]})
    assert admin("POST", "User", old)[1]["response"][0]["errorCode"] != 0
    shown = admin("GET", f"V4/User/{number}")[1]
    assert (shown["name"], shown["fullName"], shown["enabled"]) == (name, "Tove", True)
    assert admin("PUT", f"User/{number}/disable")[1]["response"][0]["errorCode"] == 0
    assert not User.objects.get(number=number).is_active
    assert (
        admin("PUT", f"V4/User/{number}", {"enabled": True, "fullName": "T"})[1]["errorCode"] == 0
    )
    associations = admin("GET", f"User/{number}/Security")[1]["associations"]
    assert associations[0]["entities"]["entity"][0]["clientId"] == vault
    assert [each["properties"]["role"]["roleName"] for each in associations] == ["S3 User"]
    made_by_admin = admin("GET", f"User/{admin.user.number}/Security")[1]["associations"]
    assert [each["properties"]["role"]["roleName"] for each in made_by_admin] == ["Vault admin"]
    gone = admin("DELETE", f"User/{number}?newUserId={heir}&newUserGroupId=0")
    assert gone == (200, {"response": [{"errorCode": 0, "errorString": ""}]})
    owners = admin("GET", f"V4/CVS3Store/{vault}")[1]["owners"]
    assert [each["userId"] for each in owners] == [heir]


def test_heirs_get_what_lives_for_as_long_as_it_would_have() -> None:
    admin, gone, heir = administrator(), make_person(), make_person()
    vaults = [Vault.objects.get(number=create(admin)[0]) for _ in range(4)]
    now = timezone.now()
    past, soon, later = now - timedelta(1), now + timedelta(1), now + timedelta(2)
    held = ((past, None), (soon, None), (soon, later), (later, soon))
    for vault, (theirs, _) in zip(vaults, held, strict=True):
        access.grant(as_admin(), gone, VaultPermission.USE, vault, valid_until=theirs)
    for vault, (_, own) in list(zip(vaults, held, strict=True))[2:]:
        access.grant(as_admin(), heir, VaultPermission.USE, vault, valid_until=own)

    assert admin("DELETE", f"User/{gone.number}?newUserId={heir.number}")[0] == 200

    found = dict(heir_grants(heir))
    assert found == {vaults[1].pk: soon, vaults[2].pk: later, vaults[3].pk: later}


def heir_grants(heir: User) -> list[tuple[Any, Any]]:
    grants = VaultUserGrant.objects.filter(user=heir)
    return list(grants.values_list("content_object", "valid_until"))


def test_a_stranger_sees_himself_alone_and_makes_nobody() -> None:
    caller = stranger()

    assert [each["id"] for each in caller("GET", "v4/user")[1]["users"]] == [caller.user.number]
    assert caller("GET", f"V4/User/{make_person().number}")[0] == 404
    refused = caller("POST", "User", {"users": [{"userEntity": {"userName": unique("x")}}]})
    assert (refused[0], refused[1]["response"][0]["errorCode"]) == (200, 5)


def test_groups_are_made_listed_and_retired() -> None:
    admin, name, member = administrator(), unique("ops"), make_person()
    body = {"groups": [{"userGroupEntity": {"userGroupName": name},
                        "users": [{"userName": member.username}]}]}  # fmt: skip
    made = admin("POST", "UserGroup?includeSystemCreated=%s", body)
    number = Role.objects.get(name=name).pk

    assert made[1]["response"][0]["errorCode"] == 0
    shown = admin("GET", f"V4/UserGroup/{number}")[1]
    assert shown["users"] == [{"id": member.number, "name": member.username}]
    newer = admin("POST", "V4/UserGroup", {"name": unique("g"), "description": "d"})[1]
    vault, _ = create(admin, userGroups=[{"userGroupId": number}])
    gone = admin("DELETE", f"UserGroup/{number}?newUserId=0&newUserGroupId={newer['id']}")
    assert gone[1]["response"][0] == {"errorCode": 0, "errorString": ""}
    groups = admin("GET", f"V4/CVS3Store/{vault}")[1]["userGroups"]
    assert [each["userGroupId"] for each in groups] == [newer["id"]]
    names = [row["role"]["roleName"] for row in admin("GET", "Security/Roles")[1]["roleProperties"]]
    assert "S3 User" in names
