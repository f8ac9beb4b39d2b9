"""/api/v1/s3/machines: registered, trusted by their host key, changed, retired."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from s3vault_app import selectors
from s3vault_app.api.openapi import MAP, TEXT, WHOLE, Op, record
from s3vault_app.api.portal import documents
from s3vault_app.api.portal.base import S3View
from s3vault_app.services import machines
from s3vault_app.services.machines import Login, MachineFields
from vaultportal.api.wire import Fields

_LOGIN = record(user=TEXT, password=TEXT, private_key=TEXT, passphrase=TEXT)
_MACHINE = record(
    name=TEXT,
    host=TEXT,
    port=WHOLE,
    address=TEXT,
    install_root=TEXT,
    data_root=TEXT,
    ports=MAP,
    login=_LOGIN,
)
MOST_KEY = 64 * 1024  # characters of a private key


class MachinesView(S3View):
    """/api/v1/s3/machines"""

    operations = {
        "get": Op("Machines"),
        "post": Op("Register a machine; its host key is offered for acceptance", body=_MACHINE),
    }

    def get(self, request: HttpRequest) -> HttpResponse:
        """By number."""
        rows = selectors.machines.list_machines(self.actor)
        return self.document({"items": [documents.machine(row) for row in rows]})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Without password and key, ``public_key`` of the answer is to be pasted there."""
        made = machines.register_seen(self.actor, _machine(self.fields()))
        return self.document(documents.machine(made), 201)


class MachineView(S3View):
    """/api/v1/s3/machines/{number}"""

    operations = {
        "get": Op("One machine"),
        "patch": Op("Change a machine", body=_MACHINE),
        "delete": Op("Retire a machine without an endpoint"),
    }

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        """Without its login."""
        return self.document(documents.machine(selectors.machines.get_machine(self.actor, number)))

    def patch(self, request: HttpRequest, number: int) -> HttpResponse:
        """Another host or port has to be trusted anew."""
        changed = machines.change(self.actor, number, _machine(self.fields()))
        return self.document(documents.machine(changed))

    def delete(self, request: HttpRequest, number: int) -> HttpResponse:
        """Its login is erased."""
        machines.retire(self.actor, number)
        return self.empty(204)


class HostKeyView(S3View):
    """/api/v1/s3/machines/{number}/host-key"""

    operations = {
        "post": Op("Read the host key that the machine shows now"),
        "put": Op("Trust the offered host key", body=record("fingerprint", fingerprint=TEXT)),
    }

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        """Nothing is signed in to."""
        return self.document(documents.machine(machines.look(self.actor, number)))

    def put(self, request: HttpRequest, number: int) -> HttpResponse:
        """The fingerprint has to be the offered one."""
        fields = self.fields()
        fingerprint = fields.text("fingerprint", required=True, max_length=128)
        fields.check()
        trusted = machines.accept_host_key(self.actor, number, fingerprint)
        return self.document(documents.machine(trusted))


def _machine(fields: Fields) -> MachineFields:
    login = None
    if given := fields.object("login"):
        inner = Fields(given, "login.", fields.faults)
        login = Login(
            user=inner.text("user", max_length=64),
            password=inner.text("password", max_length=1024),
            private_key=inner.text("private_key", max_length=MOST_KEY),
            passphrase=inner.text("passphrase", max_length=1024),
        )
    found = MachineFields(
        name=fields.text("name", max_length=255) or None,
        host=fields.text("host", max_length=255) or None,
        port=fields.integer("port", least=1, most=65535),
        address=fields.text("address", max_length=255) or None,
        install_root=fields.text("install_root", max_length=255) or None,
        data_root=fields.text("data_root", max_length=255) or None,
        ports=fields.object("ports"),
        login=login,
    )
    fields.refuse_unknown()
    fields.check()
    return found
