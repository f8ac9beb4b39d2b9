"""S3 vaults: create, list, details, change, delete.

Source: the page *Create instance of S3 Vault*; contract section 3.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from s3vault_app import selectors
from s3vault_app.api import answers, lists
from s3vault_app.api.base import WireView
from s3vault_app.api.openapi import CODES, FLAG, LONG, MAP, TEXT, WHOLE, Op, many, record
from s3vault_app.models import Job
from s3vault_app.services import changes, vaults
from s3vault_app.services.changes import Change
from s3vault_app.services.previews import preview_vault
from s3vault_app.services.vaults import Order
from vaultportal.api.wire import Fields

MOST_INT32 = 2**31 - 1
MOST_INT64 = 2**62
MOST_NAMED = 1000  # machines, owners or groups in one call
FIELDS = {
    "id": ("id", "clientid"),
    "name": ("name", "clientname"),
    "status": ("status",),
}

_CLIENT = record("clientId", clientId=WHOLE, clientName=TEXT)
_USER = record("userId", userId=WHOLE, __type__=WHOLE)
_GROUP = record("userGroupId", userGroupId=WHOLE, __type__=WHOLE)
_PEOPLE = {"owners": many(_USER), "userGroups": many(_GROUP), "rotateKeys": FLAG}
_JOB = record(
    jobId=LONG,
    response=record(errorMessage=TEXT, errorCode={"type": "string", "enum": CODES}),
)
_ORDER = record(
    "bucket",
    "plan",
    bucket=record("clientName", clientName=TEXT),
    plan=record("planId", "planName", planId=WHOLE, planName=TEXT),
    cvs3Endpoints=many(_CLIENT),
    **_PEOPLE,
)
_MADE = record(
    response=record(
        entity=record(clientId=WHOLE, clientName=TEXT),
        errorCode=WHOLE,
        errorMessage=TEXT,
        warningCode=WHOLE,
        warningMessage=TEXT,
    ),
    addEndpointJob=_JOB,
)
_CHANGE = record(
    plan=record(planId=WHOLE),
    cvs3Endpoints=many(_CLIENT),
    quotaInBytes=LONG,
    objectLock=record(mode=TEXT, days=WHOLE),
    **_PEOPLE,
)


class CreateView(WireView):
    """/commandcenter/api/V4/CVS3Store"""

    operations = {
        "post": Op(
            "Create instance of the S3 vault",
            body=_ORDER,
            answer=_MADE,
            query=(("dryRun", "Tell what would be done, and do nothing."),),
        )
    }

    def post(self, request: HttpRequest) -> HttpResponse:
        """Returns when the rows are there; the work is the job's."""
        order = read_order(self.fields())
        if self.flag("dryRun"):
            return self.reply(answer(0, order.name) | {"dryRun": preview_vault(self.actor, order)})
        made = vaults.create_vault(self.actor, order)
        job = made.job if order.machines else None
        return self.reply(answer(made.vault.number, made.vault.name, made.warning, job))


class ListView(WireView):
    """/commandcenter/api/V4/CVS3Stores"""

    operations = {
        "get": Op(
            "The S3 vaults that the caller may see",
            answer=record("CVS3Stores", "totalCount", CVS3Stores=many(MAP), totalCount=WHOLE),
            query=(
                ("start", "First row."),
                ("limit", "Rows."),
                ("fq", "FIELD:OP:VALUE, repeatable."),
                ("hardRefresh", "Nothing is cached."),
            ),
        )
    }

    def get(self, request: HttpRequest) -> HttpResponse:
        """By name."""
        rows = [
            answers.vault_row(vault, getattr(vault, "endpoint_count", 0))
            for vault in selectors.vaults.list_vaults(self.actor)
        ]
        found, total = lists.narrow(request, rows, FIELDS)
        return self.reply({"CVS3Stores": found, "totalCount": total})


class VaultView(WireView):
    """/commandcenter/api/V4/CVS3Store/{id}"""

    operations = {
        "get": Op("One S3 vault with its endpoints, owners and rules"),
        "put": Op("Change owners, endpoints, plan or rules; lists replace", body=_CHANGE),
        "delete": Op(
            "Delete an S3 vault", query=(("force", "Empty it first, as far as no lock forbids."),)
        ),
    }

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        """404 for a vault that the caller may not see."""
        vault = selectors.vaults.get_vault(self.actor, number)
        return self.reply(answers.vault_details(vault))

    def put(self, request: HttpRequest, number: int) -> HttpResponse:
        """``addEndpointJob`` when machines were added or dropped."""
        done = changes.change_vault(self.actor, number, read_change(self.fields()))
        if not done.machines:
            return self.done()
        return self.done(addEndpointJob=endpoint_job(done.job))

    def delete(self, request: HttpRequest, number: int) -> HttpResponse:
        """409 while the bucket holds objects; with ``force`` while a lock holds them."""
        changes.delete_vault(self.actor, number, force=self.flag("force"))
        return self.done()


def answer(number: int, name: str, warning: str = "", job: Job | None = None) -> dict[str, Any]:
    """The answer to a create."""
    response = {
        "entity": {"clientId": number, "clientName": name},
        "errorCode": 0,
        "errorMessage": "",
        "warningCode": 1 if warning else 0,
        "warningMessage": warning,
    }
    return {"response": response, "addEndpointJob": endpoint_job(job)}


def endpoint_job(job: Job | None) -> dict[str, Any]:
    """The job of the endpoints; id 0 when there is nothing to do on machines."""
    response = {"errorMessage": "", "errorCode": "NO_ERROR"}
    return {"jobId": job.pk if job else 0, "response": response}


def read_order(fields: Fields) -> Order:
    """The body of a create; Invalid with every fault in it."""
    bucket, plan = _object(fields, "bucket"), _object(fields, "plan")
    order = Order(
        name=bucket.text("clientName", required=True),
        plan=plan.integer("planId", 0, required=True, least=1, most=MOST_INT32) or 0,
        plan_name=plan.text("planName", required=True, max_length=255),
        machines=_numbers(fields, "cvs3Endpoints", "clientId") or (),
        owners=_numbers(fields, "owners", "userId", answers.USER) or (),
        groups=_numbers(fields, "userGroups", "userGroupId", answers.GROUP) or (),
        rotate_keys=fields.boolean("rotateKeys"),
    )
    fields.check()
    return order


def read_change(fields: Fields) -> Change:
    """The body of a change; absent members leave things as they are."""
    plan = lock = None
    if fields.given("plan"):
        plan = _object(fields, "plan").integer("planId", required=True, least=1, most=MOST_INT32)
    mode = days = None
    if fields.given("objectLock"):
        lock = _object(fields, "objectLock")
        mode = lock.text("mode", max_length=16) or None
        days = lock.integer("days", least=-1, most=9999)
    change = Change(
        plan=plan,
        machines=_numbers(fields, "cvs3Endpoints", "clientId"),
        owners=_numbers(fields, "owners", "userId", answers.USER),
        groups=_numbers(fields, "userGroups", "userGroupId", answers.GROUP),
        rotate_keys=fields.boolean("rotateKeys"),
        quota_bytes=fields.integer("quotaInBytes", least=0, most=MOST_INT64),
        lock_mode=mode,
        lock_days=days,
    )
    fields.check()
    return change


def _object(fields: Fields, name: str) -> Fields:
    found = fields.object(name, required=True)
    return Fields(found or {}, f"{name}.", fields.faults if found is not None else [])


def _numbers(
    fields: Fields, name: str, member: str, discriminator: int | None = None
) -> tuple[int, ...] | None:
    """The ids in an array of entities; None when it is absent.

    discriminator: what ``__type__`` or ``_type_`` must be where one is given. The page calls it
        required, and Commvault's own program leaves it out.
    """
    if not fields.given(name):
        return None
    found: list[int] = []
    for entity in fields.objects(name, most=MOST_NAMED):
        number = entity.integer(member, required=True, least=1, most=MOST_INT32)
        if number is not None:
            found.append(number)
        if discriminator is None:
            continue
        for key in ("__type__", "_type_"):
            given = entity.integer(key)
            if given is not None and given != discriminator:
                entity.fault(key, "choice", f"must be {discriminator}")
    return tuple(dict.fromkeys(found))
