"""The seed's shapes, each whole: create and its refusals, list, details, change, delete."""

from __future__ import annotations

from typing import Any

import pytest

from s3vault_app import identities
from s3vault_app.models import Endpoint, Job, KeyPair, Machine, StoragePlan, StoragePool, Vault
from s3vault_app.permissions import PlanPermission, VaultPermission
from tests.factories import as_admin, make_person, make_role, unique
from tests.s3vault_app.api.rig import administrator, machine, order, plan, stranger
from vaultportal.audit.models import AuditEntry
from vaultportal.events.models import Event
from vaultportal.identity import access

pytestmark = pytest.mark.django_db

NO_JOB = {"jobId": 0, "response": {"errorMessage": "", "errorCode": "NO_ERROR"}}


def test_a_create_makes_everything_in_one_call() -> None:
    admin, first, second = administrator(), machine(), machine()
    owner, member = make_person(), make_person()
    group = make_role(members=[member])
    body = order(
        cvs3Endpoints=[{"clientId": first.number, "clientName": first.name},
                       {"clientId": second.number}],
        owners=[{"userId": owner.number, "__type__": 13}],
        userGroups=[{"userGroupId": group.pk, "__type__": 15}],
        rotateKeys=False,
    )  # fmt: skip
    status, answer = admin("POST", "V4/CVS3Store", body)
    vault, job = Vault.objects.latest("created_at"), Job.objects.latest("pk")

    assert (status, answer) == (
        200,
        {
            "response": {
                "entity": {"clientId": vault.number, "clientName": body["bucket"]["clientName"]},
                "errorCode": 0,
                "errorMessage": "",
                "warningCode": 0,
                "warningMessage": "",
            },
            "addEndpointJob": {
                "jobId": job.pk,
                "response": {"errorMessage": "", "errorCode": "NO_ERROR"},
            },
        },
    )
    assert (vault.state, job.state, job.type) == ("new", "Waiting", "create")
    assert [each.machine_id for each in vault.endpoints.order_by("created_at")] == [
        first.pk,
        second.pk,
    ]
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.role, second.role) == (Machine.Role.STORE, Machine.Role.GATEWAY)
    assert identities.holders(vault) == {owner.pk, member.pk}
    assert KeyPair.objects.filter(user__in=[owner, member], shown_at=None).count() == 2
    assert AuditEntry.objects.filter(action="s3_vault.create").count() == 1
    [event] = Event.objects.filter(type="vault:s3-vault-created")
    assert (event.payload["number"], event.payload["job"]) == (vault.number, job.pk)


def test_without_endpoints_the_answer_names_no_job_and_the_bucket_is_made_all_the_same() -> None:
    status, answer = administrator()("POST", "V4/CVS3Store", order())

    assert (status, answer["addEndpointJob"]) == (200, NO_JOB)
    assert [each.machine.name for each in Endpoint.objects.all() if each.machine] == ["localhost"]
    assert Job.objects.get().vault == Vault.objects.get()


def test_a_plan_name_that_disagrees_is_a_warning() -> None:
    body = order(plan={"planId": plan().number, "planName": "other"})
    response = administrator()("POST", "V4/CVS3Store", body)[1]["response"]

    assert response["errorCode"] == 0
    assert response["warningCode"] != 0
    assert response["warningMessage"]


@pytest.mark.parametrize(
    "name",
    [
        "ab",
        "x" * 64,
        "Ledger",
        "a..b",
        "-ab",
        "ab-",
        "a_b",
        "192.168.0.1",
        "vault-portal-guard-1",
        " abc",
        "äöü",
        "",
    ],
)
def test_names_that_s3_would_not_take_are_refused_and_never_folded(name: str) -> None:
    status, answer = administrator()("POST", "V4/CVS3Store", order(bucket={"clientName": name}))

    assert (status, answer["errorCode"], sorted(answer)) == (400, 2, ["errorCode", "errorMessage"])
    assert not Vault.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"bucket": None},
        {"bucket": []},
        {"plan": {"planId": 1}},
        {"plan": {"planName": "standard"}},
        {"plan": {"planId": "1", "planName": "standard"}},
        {"plan": {"planId": 2**31, "planName": "standard"}},
        {"owners": [{"userId": 1, "__type__": 15}]},
        {"owners": [{"userId": 1, "_type_": 3}]},
        {"owners": [{}]},
        {"userGroups": [{"userGroupId": 1, "__type__": 13}]},
        {"cvs3Endpoints": [{"clientName": "ep"}]},
        {"cvs3Endpoints": {}},
        {"rotateKeys": "yes"},
    ],
)
def test_a_bad_body_is_400_with_an_integer(changes: dict[str, Any]) -> None:
    status, answer = administrator()("POST", "V4/CVS3Store", order(**changes))

    assert (status, answer["errorCode"], sorted(answer)) == (400, 2, ["errorCode", "errorMessage"])


def test_an_absent_discriminator_counts_as_right() -> None:
    owner = make_person()
    status, _ = administrator()("POST", "V4/CVS3Store", order(owners=[{"userId": owner.number}]))

    assert status == 200


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"plan": {"planId": 999_999, "planName": "none"}}, "INVALID_ENTITY_ID"),
        ({"cvs3Endpoints": [{"clientId": 999_999}]}, "INVALID_ENTITY_ID"),
        ({"owners": [{"userId": 999_999, "__type__": 13}]}, "INVALID_USER"),
        ({"userGroups": [{"userGroupId": 999_999, "__type__": 15}]}, "INVALID_ENTITY_ID"),
    ],
)
def test_what_is_not_there_is_404_with_the_name_of_a_code(
    changes: dict[str, Any], code: str
) -> None:
    status, answer = administrator()("POST", "V4/CVS3Store", order(**changes))

    assert (status, answer["errorCode"], sorted(answer)) == (
        404,
        code,
        ["errorCode", "errorMessage"],
    )
    assert not Vault.objects.exists()
    assert not Machine.objects.exclude(pool=None).exists()


def test_without_a_right_it_is_403_with_an_integer_before_anything_is_looked_up() -> None:
    status, answer = stranger()(
        "POST", "V4/CVS3Store", order(plan={"planId": 999_999, "planName": "none"})
    )

    assert (status, answer) == (
        403,
        {"errorMessage": "You may not create vaults on this plan.", "errorCode": 5},
    )


def test_a_taken_name_is_409_with_an_integer() -> None:
    admin, body = administrator(), order()
    admin("POST", "V4/CVS3Store", body)

    assert admin("POST", "V4/CVS3Store", body) == (
        409,
        {"errorMessage": "A vault with this name exists.", "errorCode": 3},
    )
    assert Vault.objects.count() == Job.objects.count() == 1


def test_a_machine_whose_host_key_nobody_accepted_is_not_touched() -> None:
    new = machine(state="new")
    status, answer = administrator()(
        "POST", "V4/CVS3Store", order(cvs3Endpoints=[{"clientId": new.number}])
    )

    assert (status, answer["errorCode"]) == (409, 6)
    assert not Vault.objects.exists()


def test_a_right_on_the_plan_is_enough_to_make_vaults_on_it_but_not_to_install() -> None:
    caller, ready = stranger(), machine()
    admin = as_admin()
    access.grant(admin, caller.user, PlanPermission.USE, plan())
    with_machine = order(cvs3Endpoints=[{"clientId": ready.number}])

    assert caller("POST", "V4/CVS3Store", with_machine)[0] == 403
    status, made = caller("POST", "V4/CVS3Store", order())
    assert status == 200
    number = made["response"]["entity"]["clientId"]
    assert caller("GET", f"V4/CVS3Store/{number}")[0] == 200
    assert stranger()("GET", f"V4/CVS3Store/{number}") == (
        404,
        {"errorMessage": "The vault is not found.", "errorCode": "INVALID_ENTITY_ID"},
    )


def test_details_have_the_whole_shape_and_no_secret() -> None:
    admin, first, owner = administrator(), machine(), make_person()
    body = order(cvs3Endpoints=[{"clientId": first.number}], owners=[{"userId": owner.number}])
    made = admin("POST", "V4/CVS3Store", body)[1]
    number = made["response"]["entity"]["clientId"]
    vault = Vault.objects.get(number=number)

    assert admin("GET", f"V4/CVS3Store/{number}")[1] == {
        "id": number,
        "name": vault.name,
        "plan": {"id": plan().number, "name": "standard"},
        "status": "CREATING",
        "creationTime": int(vault.created_at.timestamp()),
        "endpoints": [
            {
                "clientId": first.number,
                "clientName": first.name,
                "enabled": True,
                "status": "INSTALLING",
                "endpointUrl": "",
            }
        ],
        "owners": [{"userId": owner.number, "userName": owner.username, "__type__": 13}],
        "userGroups": [],
        "region": "us-east-1",
        "objectLock": {"mode": "GOVERNANCE", "days": 7},
        "versioning": True,
        "quotaInBytes": 0,
        "sizeOnDisk": 0,
        "objectCount": 0,
        "lastJobId": made["addEndpointJob"]["jobId"],
    }


def test_the_list_honours_filter_start_and_limit_and_refuses_a_filter_it_does_not_know() -> None:
    admin = administrator()
    names = sorted(unique("list") for _ in range(3))
    for name in names:
        admin("POST", "V4/CVS3Store", order(bucket={"clientName": name}))
    row = admin("GET", f"V4/cvS3Stores?fq=name:eq:{names[1].upper()}")[1]

    assert sorted(row["CVS3Stores"][0]) == sorted(
        ["id", "name", "clientId", "plan", "status", "endpointCount", "sizeOnDisk", "objectCount",
         "quotaInBytes", "immutable"]
    )  # fmt: skip
    assert ([each["name"] for each in row["CVS3Stores"]], row["totalCount"]) == ([names[1]], 1)
    paged = admin("GET", "V4/CVS3Stores?start=1&LIMIT=1&hardRefresh=true&fl=overview")[1]
    assert ([each["name"] for each in paged["CVS3Stores"]], paged["totalCount"]) == ([names[1]], 3)
    assert admin("GET", "V4/CVS3Stores?fq=colour:eq:red")[0] == 400
    assert stranger()("GET", "V4/CVS3Stores")[1] == {"CVS3Stores": [], "totalCount": 0}


def test_owners_and_groups_are_replaced_and_what_is_absent_stays() -> None:
    admin, first, second = administrator(), make_person(), make_person()
    group = make_role(members=[make_person()])
    body = order(owners=[{"userId": first.number}], userGroups=[{"userGroupId": group.pk}])
    number = admin("POST", "V4/CVS3Store", body)[1]["response"]["entity"]["clientId"]
    vault = Vault.objects.get(number=number)
    changed = admin("PUT", f"V4/CVS3Store/{number}", {"owners": [{"userId": second.number}]})

    assert changed == (200, {"errorCode": 0, "errorMessage": ""})
    details = admin("GET", f"V4/CVS3Store/{number}")[1]
    assert [each["userId"] for each in details["owners"]] == [second.number]
    assert [each["userGroupId"] for each in details["userGroups"]] == [group.pk]
    assert first.pk not in identities.holders(vault)
    wanted = identities.wanted(vault.pool)
    assert set(wanted) == {f"u{second.number}", f"u{group.memberships.get().user.number}"}


def test_a_compliance_lock_may_only_be_made_longer() -> None:
    admin = administrator()
    strict = StoragePlan.objects.create(name=unique("p"), pool=plan().pool, retention_days=30)
    strict.refresh_from_db()
    body = order(plan={"planId": strict.number, "planName": strict.name})
    number = admin("POST", "V4/CVS3Store", body)[1]["response"]["entity"]["clientId"]

    for lock in ({"days": 29}, {"mode": "GOVERNANCE"}, {"mode": "none"}):
        assert admin("PUT", f"V4/CVS3Store/{number}", {"objectLock": lock})[0] == 400
    longer = admin("PUT", f"V4/CVS3Store/{number}", {"objectLock": {"days": 31}, "quotaInBytes": 9})
    assert longer[0] == 200
    vault = Vault.objects.get(number=number)
    assert (vault.lock_mode, vault.lock_days, vault.quota_bytes) == ("COMPLIANCE", 31, 9)
    assert Job.objects.filter(vault=vault, type="update").count() == 1


def test_machines_are_replaced_and_the_answer_names_the_job() -> None:
    admin, first, second, third = administrator(), machine(), machine(), machine()
    body = order(cvs3Endpoints=[{"clientId": each.number} for each in (first, second)])
    number = admin("POST", "V4/CVS3Store", body)[1]["response"]["entity"]["clientId"]
    wanted = {"cvs3Endpoints": [{"clientId": each.number} for each in (first, third)]}
    answer = admin("PUT", f"V4/CVS3Store/{number}", wanted)[1]

    assert answer["addEndpointJob"]["jobId"] == Job.objects.latest("pk").pk
    doors = Endpoint.objects.filter(vault__number=number)
    assert {door.machine_id: door.state for door in doors} == {
        first.pk: "installing",
        second.pk: "removing",
        third.pk: "installing",
    }


def test_a_vault_goes_by_a_job_and_is_not_listed_with_machines_but_with_hidden_clients() -> None:
    admin = administrator()
    number = admin("POST", "V4/CVS3Store", order())[1]["response"]["entity"]["clientId"]
    plain = admin("GET", "Client")[1]["clientProperties"]
    hidden = admin("GET", "client?HiddenClients=true")[1]["clientProperties"]
    ids = [
        [each["client"]["clientEntity"]["clientId"] for each in rows] for rows in (plain, hidden)
    ]
    busy = admin("DELETE", f"Client/{number}?forceDelete=1")
    Job.objects.update(state="Failed")
    gone = admin("DELETE", f"Client/{number}?forceDelete=1")

    assert number not in ids[0]
    assert number in ids[1]
    properties = admin("GET", f"Client/{number}")[1]["clientProperties"][0]["clientProps"]
    assert properties["CVS3BucketName"] == Vault.objects.get(number=number).name
    assert (busy[0], busy[1]["response"][0]["errorCode"]) == (200, 4)
    assert gone == (200, {"response": [{"errorCode": 0, "errorString": ""}]})
    assert Vault.objects.get(number=number).state == "deleting"
    assert admin("GET", f"V4/CVS3Store/{number}")[1]["status"] == "DELETING"


def test_rotate_keys_touches_owners_and_members_of_the_groups() -> None:
    admin, owner, member = administrator(), make_person(), make_person()
    group = make_role(members=[member])
    people = {"owners": [{"userId": owner.number}], "userGroups": [{"userGroupId": group.pk}]}
    admin("POST", "V4/CVS3Store", order(**people))
    before = set(KeyPair.objects.values_list("access_key_id", flat=True))
    admin("POST", "V4/CVS3Store", order(**people, rotateKeys=True))
    active = KeyPair.objects.filter(state="active").values_list("access_key_id", flat=True)

    assert len(before) == len(set(active)) == 2
    assert before.isdisjoint(active)
    assert not KeyPair.objects.filter(state="revoked", secret__isnull=False).exists()


def test_who_owns_a_vault_rotates_no_pair_of_others_by_it() -> None:
    caller, other, fresh = stranger(), make_person(), make_person()
    access.grant(as_admin(), caller.user, PlanPermission.USE, plan())
    administrator()("POST", "V4/CVS3Store", order(owners=[{"userId": other.number}]))
    before = set(KeyPair.objects.values_list("access_key_id", flat=True))
    theirs = {"owners": [{"userId": other.number}], "rotateKeys": True}

    assert caller("POST", "V4/CVS3Store", order(**theirs))[0] == 403
    own = [{"userId": caller.user.number}, {"userId": fresh.number}]
    status, made = caller("POST", "V4/CVS3Store", order(owners=own, rotateKeys=True))
    assert status == 200
    number = made["response"]["entity"]["clientId"]
    assert caller("PUT", f"V4/CVS3Store/{number}", theirs)[0] == 403
    self = {"owners": own[:1], "rotateKeys": True}
    Job.objects.update(state="Completed")
    assert caller("PUT", f"V4/CVS3Store/{number}", {"owners": own[:1]})[0] == 200
    assert caller("PUT", f"V4/CVS3Store/{number}", self)[0] == 200
    working = set(KeyPair.objects.working().values_list("access_key_id", flat=True))
    assert before <= working


def test_a_pool_elsewhere_takes_no_machines() -> None:
    pool = StoragePool.objects.create(name=unique("aws"), engine="s3-iam")
    made = StoragePlan.objects.create(name=unique("aws"), pool=pool)
    made.refresh_from_db()
    there = {"plan": {"planId": made.number, "planName": made.name}}
    with_machine = order(**there, cvs3Endpoints=[{"clientId": machine().number}])

    assert administrator()("POST", "V4/CVS3Store", with_machine)[0] == 409
    assert administrator()("POST", "V4/CVS3Store", order(**there))[0] == 200


def test_who_may_use_a_vault_may_see_it_and_not_change_it() -> None:
    admin, caller = administrator(), stranger()
    number = admin("POST", "V4/CVS3Store", order(owners=[{"userId": caller.user.number}]))[1][
        "response"
    ]["entity"]["clientId"]
    vault = Vault.objects.get(number=number)

    assert access.may(as_admin(), VaultPermission.CHANGE, vault)
    assert caller("GET", f"V4/CVS3Store/{number}")[0] == 200
    assert caller("PUT", f"V4/CVS3Store/{number}", {"quotaInBytes": 1})[0] == 403
    assert caller("DELETE", f"V4/CVS3Store/{number}")[0] == 403
