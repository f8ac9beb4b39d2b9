"""Machines, and their endpoints, on the wire."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.utils import timezone

from s3vault_app.models import (
    Job,
    Machine,
    Vault,
)
from tests.factories import unique
from tests.s3vault_app.api.rig import (
    GENERIC,
    administrator,
    create,
    machine,
    stranger,
)

pytestmark = pytest.mark.django_db


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


def task(name: str, **options: object) -> dict[str, Any]:
    """As cvpysdk asks for an installation: a host for a name, and a password in Base64."""
    login = {"userName": "vault", "password": base64.b64encode(b"of a machine").decode()}
    details = [{"clientEntity": {"clientId": 0, "clientName": name, "commCellId": 2}}]
    option = {"clientAuthForJob": login, "clientDetails": details, **options}
    sub_task = {
        "subTask": {"subTaskType": 1, "operationType": 4026},
        "options": {"adminOpts": {"clientInstallOption": option}},
    }
    return {"taskInfo": {"task": {"taskType": 1}, "subTasks": [sub_task]}}


def test_a_task_installs_on_a_machine_once_its_host_key_is_accepted() -> None:
    admin, name = administrator(), f"{unique('ep')}.invalid"

    status, told = admin("POST", "CreateTask", task(name))
    made = Machine.objects.get(name=name)
    assert (status, told["errorCode"]) == (409, 6)
    assert "host key" in told["errorMessage"]
    assert (made.host, made.user, made.password) == (name, "vault", "of a machine")
    assert not Job.objects.filter(machines=made).exists()

    Machine.objects.filter(pk=made.pk).update(state=Machine.State.READY)
    status, told = admin("POST", "CreateTask", task(name, sshKeyFileContent="a key"))

    assert status == 200, told
    [job] = Job.objects.filter(machines=made)
    assert (told, job.type) == ({"jobIds": [str(job.pk)]}, "install")
    made.refresh_from_db()
    assert (made.password, made.private_key) == ("of a machine", "a key")


def test_a_task_gives_no_login_to_another_host_than_it_names() -> None:
    admin, known = administrator(), machine()
    body = task(known.name)
    options = body["taskInfo"]["subTasks"][0]["options"]["adminOpts"]["clientInstallOption"]
    entity = options["clientDetails"][0]["clientEntity"]

    entity["hostName"] = "192.0.2.8"
    status, told = admin("POST", "CreateTask", body)

    known.refresh_from_db()
    assert (status, told["errorCode"]) == (409, 6)
    assert "another host" in told["errorMessage"]
    assert known.password is None
    assert not Job.objects.filter(machines=known).exists()
    entity["hostName"] = known.host
    assert admin("POST", "CreateTask", body)[0] == 200
    known.refresh_from_db()
    assert known.password == "of a machine"


def test_other_tasks_and_broken_ones_are_refused_by_their_place() -> None:
    admin, body = administrator(), task("ep")
    body["taskInfo"]["subTasks"][0]["subTask"]["operationType"] = 5001
    assert "operationType must be 4026" in admin("POST", "CreateTask", body)[1]["errorMessage"]
    option = task("ep", clientAuthForJob={"userName": "v", "password": "not Base64!"})
    place = "taskInfo.subTasks.0.options.adminOpts.clientInstallOption.clientAuthForJob.password"
    assert admin("POST", "CreateTask", option) == (
        400,
        {"errorMessage": f"{place} must be Base64 of UTF-8.", "errorCode": 2},
    )
    assert admin("POST", "CreateTask", {"taskInfo": {"subTasks": []}})[0] == 400
    assert stranger()("POST", "CreateTask", task("ep"))[0] == 403
