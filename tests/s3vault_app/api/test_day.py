"""A real client's day against a real portal, worker and engine; and eight creates at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3  # type: ignore[import-untyped]  # its types are in a package of their own
import httpx
import pytest
from botocore.config import Config  # type: ignore[import-untyped]  # as above
from botocore.exceptions import ClientError  # type: ignore[import-untyped]  # as above

from tests.factories import unique
from tests.portal import Portal
from tests.s3vault_app.api.wire import BASE, Wire
from tests.s3vault_app.engine.lab import free_ports
from tests.s3vault_app.engine.reaper import reaping
from vaultportal.runtime.tls import CA_FILE

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("s3vault")]

LONGEST = 200.0  # seconds for an install on a machine that does much else
FINISHED = ("completed", "killed", "failed")


def own(wire: Wire, method: str, path: str, body: Any = None) -> Any:
    """A call of our own API."""
    answer = httpx.request(
        method,
        f"{wire.portal.url}/api/v1/s3/{path}",
        json=body,
        headers={"Authorization": f"Bearer {wire.token.removeprefix('QSDK ')}"},
        timeout=60,
    )
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


def finished(wire: Wire, job: int) -> dict[str, Any]:
    """The summary of a job that has come to its end, as cvpysdk waits for it."""
    deadline, percent = time.monotonic() + LONGEST, 0
    while time.monotonic() < deadline:
        [row] = wire.get(f"Job/{job}")["jobs"]
        summary: dict[str, Any] = row["jobSummary"]
        assert summary["percentComplete"] >= percent
        percent = summary["percentComplete"]
        if any(word in summary["status"].lower() for word in FINISHED):
            return summary
        time.sleep(0.25)  # between two looks
    raise AssertionError(f"Job {job} did not end: {wire.get('Events', jobId=job)}")


def latest(wire: Wire, vault: int) -> int:
    """The newest job of a vault, whether it is there any more or not."""
    return int(wire.get("Job", clientId=vault)["jobs"][0]["jobSummary"]["jobId"])


@pytest.fixture
def here(admin: Wire) -> Iterator[int]:
    """The machine that the portal runs on, at ports that are free; nothing stays on it."""
    [machine] = [each for each in own(admin, "GET", "machines")["items"] if each["kind"] == "local"]
    number = machine["number"]
    own(admin, "PATCH", f"machines/{number}", {"ports": free_ports("127.0.0.1")})
    with reaping(admin.portal.data_dir / "s3"):
        yield number
        _clear(admin, number)


def _clear(admin: Wire, number: int) -> None:
    for vault in admin.get("V4/CVS3Stores", fq=f"name:contains:{NAME}")["CVS3Stores"]:
        finished(admin, latest(admin, vault["id"]))
        admin.delete(f"V4/CVS3Store/{vault['id']}?force=true")
        ended = finished(admin, latest(admin, vault["id"]))
        assert ended["status"] == "Completed", ended
    assert own(admin, "GET", f"machines/{number}")["endpoint"]["state"] == "absent"


NAME = "daily"


def test_a_real_clients_day_in_its_order(portal: Portal, here: int) -> None:
    access = portal.credentials["commvault"]
    assert httpx.get(f"{portal.url}{BASE}", timeout=60).status_code == 200
    wire = Wire(portal)
    wire.log_in(access["username"], access["password"])
    fit = "plans.storage.copy.storagePoolType:in:1,4"
    plans = wire.get("v2/Plan", subType="Server", fq=fit)["plans"]
    [plan] = [each["plan"] for each in plans if each["plan"]["planName"] == "standard"]
    clients = [each["client"]["clientEntity"] for each in wire.get("Client")["clientProperties"]]
    assert here in [each["clientId"] for each in clients]
    people = wire.get("v4/user")["users"]
    [me] = [each["id"] for each in people if each["name"] == access["username"]]
    name = unique(NAME)
    order = {
        "bucket": {"clientName": name},
        "plan": plan,
        "cvs3Endpoints": [{"clientId": here}],
        "owners": [{"userId": me, "__type__": 13}],
    }
    dry = wire.post("v4/cvs3Store?dryRun=true", order)["dryRun"]
    assert [each["role"] for each in dry["machines"]] == ["store"]
    assert wire.get("V4/CVS3Stores", fq=f"name:eq:{name}")["totalCount"] == 0
    made = wire.post("v4/cvs3Store", order)
    job = made["addEndpointJob"]["jobId"]
    ended = finished(wire, job)
    assert (ended["status"], ended["percentComplete"]) == ("Completed", 100), wire.get(
        "Events", jobId=job
    )
    pair = wire.put(f"v4/user/{me}/s3accesskey")
    assert pair["response"]["errorCode"] == 200
    details = wire.get(f"V4/CVS3Store/{made['response']['entity']['clientId']}")
    assert details["status"] == "READY"
    [door] = details["endpoints"]
    assert door["status"] == "ONLINE"
    client = s3(portal, door["endpointUrl"], pair)
    client.put_object(Bucket=name, Key="a", Body=b"kept")
    assert client.get_object(Bucket=name, Key="a")["Body"].read() == b"kept"
    assert [each["Key"] for each in client.list_objects_v2(Bucket=name)["Contents"]] == ["a"]
    newer = wire.put("v4/user/s3accesskey")
    with pytest.raises(ClientError):
        client.list_objects_v2(Bucket=name)
    s3(portal, door["endpointUrl"], newer).head_bucket(Bucket=name)
    refused = wire.send("DELETE", f"V4/CVS3Store/{details['id']}")
    assert (refused.status_code, refused.json()["errorCode"]) == (409, 4)
    assert name in [each["name"] for each in wire.get("V4/cvS3Stores")["CVS3Stores"]]
    wire.post("Logout")
    assert wire.send("GET", "V4/CVS3Stores").status_code == 401


def s3(portal: Portal, url: str, pair: dict[str, Any]) -> Any:
    """A client as a person would set it up."""
    return boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=pair["accessKeyID"],
        aws_secret_access_key=pair["secretAccessKey"],
        verify=str(portal.data_dir / "tls" / CA_FILE),
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 2}),
    )


def test_of_eight_creates_of_one_name_at_once_one_wins(admin: Wire) -> None:
    settings = {"endpoints": ["http://127.0.0.1:9"]}
    keys = {"access_key": "nobody", "secret_key": "nothing"}
    store = {"name": unique("away"), "engine": "s3-iam", "settings": settings, **keys}
    pool = own(admin, "POST", "pools", store)["number"]
    body = {"name": unique("away"), "pool": pool, "lock_mode": "none"}
    plan = own(admin, "POST", "plans", body)
    order = {
        "bucket": {"clientName": unique("race")},
        "plan": {"planId": plan["number"], "planName": plan["name"]},
    }

    def create(_: int) -> tuple[int, Any]:
        answer = admin.send("POST", "V4/CVS3Store", json=order)
        return answer.status_code, answer.json()

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(create, range(8)))

    assert sorted(status for status, _ in answers) == [200, *[409] * 7]
    assert [body["errorCode"] for status, body in answers if status == 409] == [3] * 7
    [number] = [body["response"]["entity"]["clientId"] for status, body in answers if status == 200]
    job = latest(admin, number)
    admin.post(f"Job/{job}/action/kill")
    assert finished(admin, job)["status"] in ("Killed", "Failed")
    # Nothing stays that the scheduler would go on probing.
    admin.delete(f"V4/CVS3Store/{number}")
    assert finished(admin, latest(admin, number))["status"] == "Completed"
