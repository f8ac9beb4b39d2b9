"""The wire without processes: Django's own client on rows that a test makes, jobs at rest."""

from __future__ import annotations

from typing import Any

import orjson
from django.test import Client

from s3vault_app.models import Machine, StoragePlan
from tests.factories import make_api_key, make_person, member_of, unique
from vaultportal.identity.models import Role, User
from vaultportal.identity.models.role import ADMIN

BASE = "/commandcenter/api/"
GENERIC = {"errorCode": 0, "errorMessage": ""}


class Caller:
    """Somebody with a token; each call gives status and body."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.key, _ = make_api_key(user)
        self._client = Client()

    def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        answer = self._client.generic(
            method,
            BASE + path,
            b"" if body is None else orjson.dumps(body),
            content_type="application/json",
            headers={"Authtoken": f"QSDK {self.key}"},
        )
        assert answer["Content-Type"] == "application/json"
        return answer.status_code, answer.json()


def administrator() -> Caller:
    return Caller(member_of(make_person(), Role.objects.get(name=ADMIN)))


def stranger() -> Caller:
    return Caller(make_person())


def plan() -> StoragePlan:
    return StoragePlan.objects.select_related("pool").get(name="standard")


def machine(**fields: Any) -> Machine:
    valid = {"name": unique("ep"), "host": "192.0.2.7", "user": "vault", "state": "ready"}
    made = Machine.objects.create(**{**valid, **fields})
    made.refresh_from_db()
    return made


def order(**changes: Any) -> dict[str, Any]:
    """A create that names nothing but what is required."""
    chosen = plan()
    valid = {
        "bucket": {"clientName": unique("v")},
        "plan": {"planId": chosen.number, "planName": chosen.name},
    }
    return {**valid, **changes}


def create(admin: Caller, **changes: Any) -> tuple[int, int]:
    """A vault over one machine: its number and its job's."""
    body = order(**{"cvs3Endpoints": [{"clientId": machine().number}], **changes})
    answer = admin("POST", "V4/CVS3Store", body)[1]
    return answer["response"]["entity"]["clientId"], answer["addEndpointJob"]["jobId"]
