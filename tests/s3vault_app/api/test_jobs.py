"""Jobs on the wire."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from s3vault_app.models import (
    Job,
    JobEvent,
    JobStep,
)
from tests.s3vault_app.api.rig import (
    administrator,
    create,
    stranger,
)

pytestmark = pytest.mark.django_db

NOTHING = {"totalRecordsWithoutPaging": 0, "jobs": []}


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
