"""Signing in as cvpysdk, the Terraform provider and plain scripts do it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.factories import unique
from tests.portal import Portal
from tests.s3vault_app.api.wire import BASE, XML, Wire, b64, make_user


def test_the_base_answers_without_a_token_and_never_redirects(portal: Portal) -> None:
    for path in ("", "/", "//"):
        answer = httpx.get(f"{portal.url}{BASE}{path}")
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")


def test_a_sign_in_has_the_whole_shape(portal: Portal) -> None:
    password = portal.credentials["commvault"]["password"]
    made = Wire(portal).post("login", {"username": admin_name(portal), "password": b64(password)})
    token = made.pop("token")

    assert token.startswith("QSDK ")
    assert len(made.pop("userGUID")) == 36
    assert made == {
        "userName": admin_name(portal),
        "loginAttempts": 0,
        "remainingLockTime": 0,
        "isAccountLocked": False,
        "forcePasswordChange": False,
        "ownerOrganization": {"providerId": 0, "providerDomainName": "Commcell"},
    }


def admin_name(portal: Portal) -> str:
    return str(portal.credentials["commvault"]["username"])


@pytest.mark.parametrize("who", ["nobody at all", "the administrator"])
def test_a_wrong_password_is_200_with_the_same_words_for_all(portal: Portal, who: str) -> None:
    name = admin_name(portal) if who == "the administrator" else unique("nobody")
    found = Wire(portal).post("Login", {"username": name, "password": b64("wrong")})

    assert found == {
        "errList": [{"errLogMessage": "Invalid user name or password", "errorCode": 5}],
        "isAccountLocked": False,
    }


def test_a_password_as_it_stands_signs_in_too(portal: Portal) -> None:
    password = portal.credentials["commvault"]["password"]
    found = Wire(portal).post("Login", {"username": admin_name(portal), "password": password})

    assert found["token"].startswith("QSDK ")


def test_the_terraform_provider_signs_in_with_xml(portal: Portal) -> None:
    password = b64(portal.credentials["commvault"]["password"])
    body = (
        f'<DM2ContentIndexing_CheckCredentialReq username="{admin_name(portal)}" '
        f'password="{password}" timeOut="30"/>'
    )
    answer = httpx.post(f"{portal.url}{BASE}/Login", content=body, headers=XML, timeout=60)

    assert answer.headers["Content-Type"] == "application/xml"
    assert "<DM2ContentIndexing_CheckCredentialResp " in answer.text
    token = answer.text.partition(' token="')[2].partition('"')[0]
    assert Wire(portal, token).get("v2/WhoAmI")["user"]["userName"] == admin_name(portal)


def test_its_second_form_sends_json_and_asks_for_xml(portal: Portal) -> None:
    access = {"username": admin_name(portal), "password": b64("wrong")}
    answer = httpx.post(
        f"{portal.url}{BASE}/Login", json=access, headers={"Accept": "application/xml"}, timeout=60
    )

    assert answer.status_code == 200
    assert "<errList " in answer.text
    assert "token=" not in answer.text


@pytest.mark.parametrize(
    "body",
    [
        '<!DOCTYPE a [<!ENTITY x "y">]><DM2ContentIndexing_CheckCredentialReq username="&x;"/>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        "<DM2ContentIndexing_CheckCredentialReq",
        '<Other username="a" password="b"/>',
    ],
)
def test_xml_that_is_more_than_attributes_is_refused(portal: Portal, body: str) -> None:
    answer = httpx.post(f"{portal.url}{BASE}/Login", content=body, headers=XML, timeout=60)

    assert answer.status_code == 400
    assert answer.json()["errorCode"] == 2


def test_renewal_gives_a_new_token_once_and_never_wakes_a_dead_session(admin: Wire) -> None:
    _, _, wire = make_user(admin)
    first = wire.token
    renewed = wire.post("RenewLoginToken", {"sessionId": first, "deviceId": "lab"})["token"]
    assert renewed != first
    again = wire.send("POST", "RenewLoginToken", json={"sessionId": first})
    wire.token = renewed
    assert wire.post("WhoAmI")["errorCode"] == 0
    wire.post("Logout")
    dead = wire.send("POST", "RenewLoginToken", json={"sessionId": renewed})

    for answer in (again, dead):
        assert answer.status_code == 401
        assert answer.json()["error"]["errorCode"] == 5
    assert wire.send("GET", "CommServ").status_code == 401


def test_no_token_is_401_and_a_right_that_is_missing_is_403(portal: Portal, admin: Wire) -> None:
    order: dict[str, Any] = {
        "bucket": {"clientName": unique("v")},
        "plan": {"planId": 1, "planName": "standard"},
    }
    _, _, user = make_user(admin)

    for wire, status in ((Wire(portal), 401), (Wire(portal, "QSDK none"), 401), (user, 403)):
        answer = wire.send("POST", "V4/CVS3Store", json=order)
        assert (answer.status_code, answer.json()["errorCode"]) == (status, 5)


def test_paths_match_in_any_case_with_doubled_slashes_and_a_last_one(admin: Wire) -> None:
    forms = ["V4/CVS3Stores", "v4/cvs3stores", "/V4//cvS3Stores/", "V4/CVS3STORES//"]
    found = [admin.send("GET", form) for form in forms]
    alias = admin.portal.url + "/WebConsole//api/v4/cvs3stores"

    assert [answer.status_code for answer in found] == [200] * len(forms)
    assert httpx.get(alias, headers={"authToken": admin.token}).status_code == 200


@pytest.mark.parametrize("path", ["nothing/here", "Job/none", "Client/99999999999", "Client/x"])
def test_what_is_no_address_is_404_in_json(admin: Wire, path: str) -> None:
    answer = admin.send("GET", path)

    assert answer.status_code == 404
    assert answer.json()["errorCode"] == "INVALID_OPERATION_TYPE"


def test_an_access_token_reaches_what_it_is_for_and_can_be_renewed(
    portal: Portal, admin: Wire
) -> None:
    body = {"tokenName": "ci", "tokenType": 3, "apiEndpoints": ["/V4/CVS3Stores"]}
    made = admin.post("/V4/AccessToken", body)
    info = made["tokenInfo"]
    wire = Wire(portal, info["accessToken"])

    assert made["error"] == {"errorCode": 0}
    assert wire.get("V4/CVS3Stores")["totalCount"] >= 0
    assert wire.send("GET", "Client").status_code == 403
    pair = {"accessToken": info["accessToken"], "refreshToken": info["refreshToken"]}
    renewed = Wire(portal).post("V4/AccessToken/Renew", pair)
    assert wire.send("GET", "V4/CVS3Stores").status_code == 401
    assert Wire(portal, renewed["accessToken"]).get("V4/CVS3Stores")
    [row] = [each for each in admin.get("V4/AccessToken")["tokens"] if each["tokenName"] == "ci"]
    assert admin.delete(f"V4/AccessToken/{row['accessTokenId']}") == {"error": {"errorCode": 0}}
    assert Wire(portal, renewed["accessToken"]).send("GET", "V4/CVS3Stores").status_code == 401


def test_what_cvpysdk_asks_at_its_start(admin: Wire) -> None:
    """The sequence of section 2.3, with every key that the SDK indexes without a default."""
    wire = Wire(admin.portal)
    assert httpx.get(f"{admin.portal.url}{BASE}").status_code == 200
    access = admin.portal.credentials["commvault"]
    signed_in = wire.log_in(access["username"], access["password"])
    assert signed_in["userName"] and signed_in["token"]
    assert wire.post("WhoAmI")["user"]["userName"] == access["username"]
    served = wire.get("CommServ")
    assert served["commcell"]["commCellId"] == 2
    assert served["csTimeZone"]["TimeZoneName"] == "Etc/UTC"
    assert set(served["csVersionInfo"]) <= set("0123456789.")
    assert {"hostName", "timeZone", "currentSPVersion", "releaseName"} < served.keys()
    for entry in wire.get("Client")["clientProperties"]:
        entity = entry["client"]["clientEntity"]
        assert {"clientId", "clientName", "hostName", "displayName"} < entity.keys()
    assert wire.get("Client", hiddenclients="true")["clientProperties"]
    assert wire.get("Client", PseudoClientType="VSPseudo") == {"VSPseudoClientsList": []}
    assert wire.get("VSAClientAndClientGroupList") == {"clients": []}
    [local] = wire.get("Client/1")["clientProperties"]
    assert local["clientProps"]["clientActivityControl"]["activityControlOptions"]
    assert local["client"]["TimeZone"]["TimeZoneName"] == "Etc/UTC"
    people = wire.get("v4/user", additionalProperties="true")["users"]
    number = people[0]["id"]
    assert wire.get(f"v4/user/{number}")["id"] == number
    assert isinstance(wire.get(f"User/{number}/Security")["associations"], list)
    groups = wire.get("V4/UserGroup", includeSystemCreated="true", level=10)["userGroups"]
    assert wire.get(f"V4/UserGroup/{groups[0]['id']}")["name"] == groups[0]["name"]
    assert wire.get(f"UserGroup/{groups[0]['id']}/Security") == {"associations": []}
    [plan] = [each["plan"] for each in wire.get("V2/Plan")["plans"]][:1]
    details = wire.get(f"V2/Plan/{plan['planId']}", propertyLevel=30)["plan"]
    assert details["operationWindow"] == details["fullOperationWindow"] == {"ruleId": 0}
    assert details["storage"]["copy"][0]["useGlobalPolicy"]["storagePolicyName"]
    assert wire.get(f"V2/Plan/{plan['planId']}/AssociatedEntities") == {"entities": []}
    assert wire.get(f"V4/ServerPlan/{plan['planId']}")["plan"]["id"] == plan["planId"]
    pools = wire.send("GET", "StoragePool", headers={"Accept": "application/xml"}).text
    assert "<Api_GetStoragePoolListResp><storagePoolList><storagePoolEntity " in pools
    assert "S3 User" in [role["name"] for role in wire.get("V4/Role")["roles"]]
