"""CreateTask: of all its tasks the one that installs on machines. Contract section 8."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from django.http import HttpRequest, HttpResponse

from s3vault_app.api.base import WireView
from s3vault_app.api.openapi import MAP, TEXT, WHOLE, Op, many, record
from s3vault_app.services import installs
from s3vault_app.services.machines import Login, MachineFields
from vaultportal.api.wire import Fields

INSTALL_SOFTWARE = 4026
SUB_TASK = "taskInfo.subTasks.0."
OPTION = ("options", "adminOpts", "clientInstallOption")
MOST_MACHINES = 20
MOST_KEY = 64 * 1024  # characters of a private key
_ENTITY = record(clientName=TEXT, hostName=TEXT)
_OPTION = record(
    "clientDetails",
    clientDetails=many(record("clientEntity", clientEntity=_ENTITY)),
    clientAuthForJob=record(userName=TEXT, password=TEXT),
    useSSHKey={"type": "boolean"},
    sshKeyFileContent=TEXT,
    sshKeyFilePassphrase=TEXT,
)
_TASK = record(
    "taskInfo",
    taskInfo=record(
        "subTasks",
        task=MAP,
        associations=many(MAP),
        subTasks=many(
            record(
                subTask=record(subTaskType=WHOLE, operationType=WHOLE),
                options=record(adminOpts=record(clientInstallOption=_OPTION)),
            )
        ),
    ),
)


class CreateTaskView(WireView):
    """/commandcenter/api/CreateTask"""

    operations = {
        "post": Op(
            "Register machines and install endpoints on them: operation 4026 alone",
            body=_TASK,
            answer=record("jobIds", jobIds=many(TEXT)),
            query=(("acceptHostKey", "Trust the host keys that they show now."),),
        )
    }

    def post(self, request: HttpRequest) -> HttpResponse:
        """A job for each machine; 409 while somebody has to accept a host key."""
        made = installs.install_on(
            self.actor, read_task(self.fields()), accept=self.flag("acceptHostKey")
        )
        return self.reply({"jobIds": [str(job.pk) for job in made]})


def read_task(fields: Fields) -> list[MachineFields]:
    """The machines of the task, all with the one login that it has."""
    info = _inside(fields, "", "taskInfo")
    tasks = info.objects("subTasks", required=True, most=1)
    if not tasks:
        info.fault("subTasks", "range", "must have one item")
    info.check()
    kind = _inside(tasks[0], SUB_TASK, "subTask")
    if kind.integer("operationType", required=True) != INSTALL_SOFTWARE:
        kind.fault("operationType", "choice", f"must be {INSTALL_SOFTWARE}")
    options = _inside(tasks[0], SUB_TASK, *OPTION)
    login = _login(options)
    found, place = [], ".".join([*OPTION, "clientDetails"])
    for index, detail in enumerate(
        options.objects("clientDetails", required=True, most=MOST_MACHINES)
    ):
        entity = _inside(detail, f"{SUB_TASK}{place}.{index}.", "clientEntity")
        name = entity.text("clientName", required=True, max_length=255)
        host = entity.text("hostName", max_length=255) or name
        found.append(MachineFields(name=name, host=host, login=login))
    fields.check()
    return found


def _login(options: Fields) -> Login:
    """cvpysdk has the key beside the user's name; others have been seen to put it with it."""
    path = f"{SUB_TASK}{'.'.join(OPTION)}."
    auth = _inside(options, path, "clientAuthForJob", required=False)
    content, words = "sshKeyFileContent", "sshKeyFilePassphrase"
    return Login(
        user=auth.text("userName", max_length=64),
        password=_password(auth),
        private_key=options.text(content, max_length=MOST_KEY) or auth.text(content),
        passphrase=options.text(words, max_length=1024) or auth.text(words, max_length=1024),
    )


def _password(auth: Fields) -> str:
    text = auth.text("password", max_length=1400)
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        auth.fault("password", "format", "must be Base64 of UTF-8")
        return ""


def _inside(fields: Fields, path: str, *names: str, required: bool = True) -> Fields:
    """The object below ``fields`` under these names; where there is none, an empty one.

    path: where ``fields`` stands in the body.
    """
    for name in names:
        found: dict[str, Any] = fields.object(name, required=required) or {}
        path = f"{path}{name}."
        fields = Fields(found, path, fields.faults)
    return fields
