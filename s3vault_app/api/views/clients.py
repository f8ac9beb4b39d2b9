"""Clients: machines, and vaults as the clients that they are too. Contract section 8."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from s3vault_app import hostkeys, selectors
from s3vault_app.api import answers, lists
from s3vault_app.api.base import WireView
from s3vault_app.api.openapi import MAP, TEXT, WHOLE, Op, many, record
from s3vault_app.models import Machine, Vault
from s3vault_app.services import changes, machines
from s3vault_app.services.machines import Login, MachineFields
from vaultportal.api.wire import Fields
from vaultportal.errors import NotFound, Unavailable

FIELDS = {
    "id": ("id", "clientid"),
    "name": ("name", "clientname", "displayname"),
    "host": ("hostname", "host"),
}
MOST_KEY = 64 * 1024  # characters of a private key
_FILTER = (("fq", "FIELD:OP:VALUE, repeatable."), ("start", "First row."), ("limit", "Rows."))
_INSTALL = record(
    "entities",
    entities=many(record(hostName=TEXT, clientName=TEXT, clientId=WHOLE)),
    clientAuthForJob=record(userName=TEXT, password=TEXT),
    packages=many(MAP),
    createPseudoClientRequest=MAP,
)


class ClientListView(WireView):
    """/commandcenter/api/Client"""

    operations = {
        "get": Op(
            "Machines; with hiddenclients=true vaults too",
            query=(
                *_FILTER,
                ("hiddenclients", "Vaults too."),
                ("PseudoClientType", "VSPseudo: of which there are none."),
            ),
        )
    }

    def get(self, request: HttpRequest) -> HttpResponse:
        """By number."""
        if self.params.get("pseudoclienttype"):
            return self.reply({"VSPseudoClientsList": []})
        every: list[Machine | Vault] = [*selectors.machines.list_machines(self.actor)]
        if self.flag("hiddenclients"):
            every += selectors.vaults.list_vaults(self.actor)
        found, total = narrowed(request, every)
        rows = [answers.client_row(each) for each in found]
        return self.reply({"clientProperties": rows, "filterQueryCount": total})


class ClientView(WireView):
    """/commandcenter/api/Client/{id}"""

    operations = {
        "get": Op("One machine or vault, with its properties"),
        "delete": Op("Delete a vault, or retire a machine", query=(("forceDelete", "Ignored."),)),
    }

    @property
    def mild(self) -> bool:  # type: ignore[override]  # of the method here, not of the class
        """Reading is 404 for what is not there; deleting says it in the body."""
        return self.http.method == "DELETE"

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        """Every key that the SDK indexes is there."""
        found = client(self, number)
        return self.reply({"clientProperties": [answers.client_properties(found)]})

    def delete(self, request: HttpRequest, number: int) -> HttpResponse:
        """The same as deleting the vault itself; it never empties one."""
        if isinstance(client(self, number), Vault):
            changes.delete_vault(self.actor, number)
        else:
            machines.retire(self.actor, number)
        return self.reply({"response": [{"errorCode": 0, "errorString": ""}]})


class RetireView(WireView):
    """/commandcenter/api/Client/{id}/Retire"""

    mild = True
    operations = {"delete": Op("Retire a machine that no vault uses")}

    def refusal(self, error: Any) -> dict[str, Any]:
        """One object, where others have a list."""
        [told] = super().refusal(error)["response"]
        return {"jobId": 0, "response": told}

    def delete(self, request: HttpRequest, number: int) -> HttpResponse:
        """There is nothing on it any more, so there is no job."""
        machines.retire(self.actor, number)
        return self.reply({"jobId": 0, "response": {"errorCode": 0, "errorString": ""}})


class ReadinessView(WireView):
    """/commandcenter/api/Client/{id}/CheckReadiness"""

    operations = {"get": Op("Whether a machine answers, and with the host key that was accepted")}

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        """``Ready.`` with its dot, or why not."""
        machine = selectors.machines.get_machine(self.actor, number)
        reason = why_not_ready(machine)
        status = "Not ready." if reason else "Ready."
        return self.reply({"summary": [{"status": status, "reason": reason}], "detail": ""})


class GetIdView(WireView):
    """/commandcenter/api/GetId"""

    operations = {
        "get": Op("The id of a machine by its name", query=(("clientname", "The name."),))
    }

    def get(self, request: HttpRequest) -> HttpResponse:
        """Id 0 for a name that nobody has."""
        name = self.params.get("clientname", "")
        machine = selectors.machines.find_machine(self.actor, name)
        if machine is None:
            return self.reply({"clientId": 0, "clientName": "", "_type_": answers.CLIENT})
        found = {**answers.short_client(machine), "_type_": answers.CLIENT}
        return self.reply(found)


class ServersView(WireView):
    """/commandcenter/api/V4/Servers"""

    operations = {"get": Op("Machines in the V4 form", query=_FILTER)}

    def get(self, request: HttpRequest) -> HttpResponse:
        """By number."""
        found, total = narrowed(request, [*selectors.machines.list_machines(self.actor)])
        rows = [
            {
                **answers.idname(each),
                "displayName": each.name,
                "hostName": each.host if isinstance(each, Machine) else each.name,
                "GUID": str(each.pk),
                "OSType": "Unix",
            }
            for each in found
        ]
        return self.reply({"servers": rows, "serversCount": total})


class InstallView(WireView):
    """/commandcenter/api/InstallClient"""

    operations = {
        "post": Op(
            "Register a machine that the portal may sign in on",
            body=_INSTALL,
            query=(("acceptHostKey", "Trust the host key that it shows now."),),
        )
    }

    def post(self, request: HttpRequest) -> HttpResponse:
        """Nothing is done on it yet; without ``acceptHostKey`` somebody accepts its key first."""
        accept = self.flag("acceptHostKey")
        made = [
            machines.register_seen(self.actor, each, accept=accept)
            for each in read_install(self.fields())
        ]
        entities = [answers.short_client(machine) for machine in made]
        response = {"errorCode": 0, "errorMessage": "", "errorString": ""}
        return self.reply({"jobId": 0, "taskId": 0, "entities": entities, "response": response})


def client(view: WireView, number: int) -> Machine | Vault:
    """The machine or the vault with this number, for those who may see it."""
    try:
        return selectors.vaults.get_vault(view.actor, number)
    except NotFound:
        return selectors.machines.get_machine(view.actor, number)


def why_not_ready(machine: Machine) -> str:
    """Why nothing can be done on a machine now; "" when it can. It is asked, not remembered."""
    if machine.kind == Machine.Kind.LOCAL:
        return ""
    if not machine.host_key:
        return "The host key was not accepted yet."
    try:
        shown = hostkeys.read(machine.host, machine.port)
    except Unavailable as fault:
        return fault.message
    return "" if shown == machine.host_key else "The host key has changed."


def narrowed(
    request: HttpRequest, found: list[Machine | Vault]
) -> tuple[list[Machine | Vault], int]:
    """The clients that the query asks for, and how many there are before paging."""
    by_id = {each.number: each for each in found}
    rows = [
        {
            **answers.idname(each),
            "host": each.host if isinstance(each, Machine) else each.name,
        }
        for each in found
    ]
    wanted, total = lists.narrow(request, rows, FIELDS)
    return [by_id[row["id"]] for row in wanted], total


def read_install(fields: Fields) -> list[MachineFields]:
    """The machines of the body, all with the one login that it has."""
    auth = Fields(fields.object("clientAuthForJob") or {}, "clientAuthForJob.", fields.faults)
    login = Login(
        user=auth.text("userName", max_length=64),
        password=auth.text("password", max_length=1024),
        private_key=auth.text("sshKeyFileContent", max_length=MOST_KEY),
        passphrase=auth.text("sshKeyFilePassphrase", max_length=1024),
    )
    found = []
    for entity in fields.objects("entities", required=True, most=20):
        host = entity.text("hostName", required=True, max_length=255)
        found.append(
            MachineFields(
                name=entity.text("clientName", max_length=255) or host,
                host=host,
                port=entity.integer("sshPortNumber", least=1, most=65535),
                login=login,
            )
        )
    fields.check()
    return found
