"""Endpoints on machines: install, state, start and stop, uninstall. Contract section 4."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from s3vault_app import selectors
from s3vault_app.api.base import WireView
from s3vault_app.api.openapi import MAP, Op
from s3vault_app.models import Job, Machine
from s3vault_app.services import endpoints


class EndpointView(WireView):
    """/commandcenter/api/V4/Client/{id}/CVS3Endpoint"""

    operations = {
        "get": Op("State of the endpoint on a machine"),
        "post": Op("Install the endpoint package on a machine", body=MAP),
        "delete": Op("Uninstall the endpoint from a machine"),
    }

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        """Whether it is to run, and how it fares."""
        machine = selectors.machines.get_machine(self.actor, number)
        installed = machine.engine_state != Machine.EngineState.ABSENT
        return self.reply(
            {
                "enabled": machine.enabled and installed,
                "status": machine.engine_state.upper() if installed else "NOT_INSTALLED",
                "endpointUrl": machine.url,
                "errorCode": 0,
                "errorMessage": "",
            }
        )

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        """Safe to repeat: on a machine that has it, the job verifies."""
        pool = self.fields().integer("storagePoolId", least=1)
        return self.reply(_job(endpoints.install(self.actor, number, pool)))

    def delete(self, request: HttpRequest, number: int) -> HttpResponse:
        """409 while it keeps the data of vaults."""
        return self.reply(_job(endpoints.uninstall(self.actor, number)))


class EnableView(WireView):
    """/commandcenter/api/V4/Client/{id}/CVS3Endpoint/Action/Enable"""

    operations = {"put": Op("Start the endpoint of a machine")}

    def put(self, request: HttpRequest, number: int) -> HttpResponse:
        """A short job does it."""
        job = endpoints.set_enabled(self.actor, number, enabled=True)
        return self.done(jobId=job.pk)


class DisableView(WireView):
    """/commandcenter/api/V4/Client/{id}/CVS3Endpoint/Action/Disable"""

    operations = {"put": Op("Stop the endpoint of a machine; its data stays")}

    def put(self, request: HttpRequest, number: int) -> HttpResponse:
        """A short job does it."""
        job = endpoints.set_enabled(self.actor, number, enabled=False)
        return self.done(jobId=job.pk)


def _job(job: Job) -> dict[str, Any]:
    return {"jobId": job.pk, "response": {"errorMessage": "", "errorCode": "NO_ERROR"}}
