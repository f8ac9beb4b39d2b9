"""Storage plans: read in three shapes, written in one. Contract sections 7.1 and 7.2."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse

from s3vault_app import selectors
from s3vault_app.api import answers, lists
from s3vault_app.api.base import WireView
from s3vault_app.api.dialect import integer_code
from s3vault_app.api.openapi import MAP, TEXT, Op, many, record
from s3vault_app.models import StoragePlan
from s3vault_app.services import plans
from s3vault_app.services.plans import PlanFields
from vaultportal.api.wire import Fields
from vaultportal.errors import VaultError

MOST_INT32 = 2**31 - 1
MOST_DAYS = 9999
MOST_KEPT = 64 * 1024  # characters of JSON
FOR_EVER = -1
# What clients call the type of the pool behind a plan: 1 for disks, 4 for stores elsewhere.
DISK, ELSEWHERE = 1, 4
FIELDS = {
    "id": ("id", "planid"),
    "name": ("name", "planname"),
    "pool_type": ("storagepooltype",),
    "type": ("type", "plantype", "subtype"),
}
_FILTER = (("fq", "FIELD:OP:VALUE, repeatable."), ("fl", "Ignored."), ("subType", "Server."))
_BODY = record(
    planName=TEXT, backupDestinations=many(MAP), rpo=MAP, snapshotOptions=MAP, newName=TEXT
)
_BODY_KNOWN = {"planName", "newName", "backupDestinations"}


class PlanListView(WireView):
    """/commandcenter/api/V2/Plan and Plan"""

    operations = {"get": Op("Plans that the caller may see", query=_FILTER)}

    def get(self, request: HttpRequest) -> HttpResponse:
        """By name; every plan here is fit for vaults."""
        found, _ = narrowed(request, list(selectors.plans.list_plans(self.actor)))
        return self.reply({"plans": [{"plan": answers.plan_entity(plan)} for plan in found]})


class PlanView(WireView):
    """/commandcenter/api/V2/Plan/{id}"""

    operations = {
        "get": Op("A plan with its copy", query=(("propertyLevel", "Ignored."),)),
        "delete": Op("Delete a plan that no vault uses", query=(("confirmDelete", "Ignored."),)),
    }

    @property
    def mild(self) -> bool:  # type: ignore[override]  # of the method here, not of the class
        """Reading is 404 for what is not there; deleting says it in the body."""
        return self.http.method == "DELETE"

    def refusal(self, error: VaultError) -> dict[str, Any]:
        """The list under ``error``, whose absence is the success."""
        status = {"errorCode": integer_code(error), "errorMessage": error.message}
        return {"error": [{"status": status}]}

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        """Both windows are there: clients index them."""
        return self.reply(
            {"plan": answers.plan_details(selectors.plans.get_plan(self.actor, number))}
        )

    def delete(self, request: HttpRequest, number: int) -> HttpResponse:
        """No ``error`` key on success."""
        plans.delete_plan(self.actor, number)
        return self.reply({})


class EntitiesView(WireView):
    """/commandcenter/api/V2/Plan/{id}/AssociatedEntities"""

    operations = {"get": Op("Backup entities of a plan, of which there are none")}

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        """An empty list for a plan that is there."""
        selectors.plans.get_plan(self.actor, number)
        return self.reply({"entities": []})


class SummaryListView(WireView):
    """/commandcenter/api/V4/Plan/Summary"""

    operations = {"get": Op("Plans with the number of their vaults", query=_FILTER)}

    def get(self, request: HttpRequest) -> HttpResponse:
        """By name."""
        every = list(selectors.plans.list_plans(self.actor))
        counts = {plan.pk: getattr(plan, "vault_count", 0) for plan in every}
        found, total = narrowed(request, every)
        rows = [answers.plan_summary(plan, counts[plan.pk]) for plan in found]
        return self.reply({"plans": rows, "plansCount": total})


class SummaryView(WireView):
    """/commandcenter/api/V4/Plan/Summary/{id}"""

    operations = {"get": Op("One plan in its type's form")}

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        """Every plan here is a server plan."""
        plan = selectors.plans.get_plan(self.actor, number)
        return self.reply({"planType": "Server", "serverPlan": answers.server_plan(plan)})


class PlanIdsView(WireView):
    """/commandcenter/api/V4/PlanIds"""

    operations = {"get": Op("Ids and names of plans", query=_FILTER)}

    def get(self, request: HttpRequest) -> HttpResponse:
        """By name."""
        found, total = narrowed(request, list(selectors.plans.list_plans(self.actor)))
        return self.reply({"plans": [answers.idname(plan) for plan in found], "plansCount": total})


class ServerPlansView(WireView):
    """/commandcenter/api/V4/ServerPlan"""

    mild = True
    operations = {
        "get": Op("Server plans", query=_FILTER),
        "post": Op("Create a server plan", body=_BODY),
    }

    def refusal(self, error: VaultError) -> dict[str, Any]:
        """The list under ``errors``."""
        return {"errors": [answers.error(error, integer_code(error))]}

    def get(self, request: HttpRequest) -> HttpResponse:
        """The same rows as the summary."""
        found, total = narrowed(request, list(selectors.plans.list_plans(self.actor)))
        rows = [{"plan": answers.idname(plan)} for plan in found]
        return self.reply({"plans": rows, "plansCount": total})

    def post(self, request: HttpRequest) -> HttpResponse:
        """The retention of the primary copy becomes the days of the object lock."""
        made = plans.create_plan(self.actor, read_plan(self.document(), new=True))
        return self.reply({"plan": answers.idname(made)})


class ServerPlanView(WireView):
    """/commandcenter/api/V4/ServerPlan/{id}"""

    operations = {
        "get": Op("A server plan with its destination"),
        "put": Op("Change a server plan; vaults that stand keep their rules", body=_BODY),
        "delete": Op("Delete a server plan that no vault uses"),
    }

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        """With what a client said that is only kept."""
        return self.reply(answers.server_plan(selectors.plans.get_plan(self.actor, number)))

    def put(self, request: HttpRequest, number: int) -> HttpResponse:
        """Only what is given."""
        changed = plans.change_plan(self.actor, number, read_plan(self.document(), new=False))
        return self.reply({"plan": answers.idname(changed), "errorCode": 0, "errorMessage": ""})

    def delete(self, request: HttpRequest, number: int) -> HttpResponse:
        """409 names the vaults that use it."""
        plans.delete_plan(self.actor, number)
        return self.done()


class StoragePolicyView(WireView):
    """/commandcenter/api/StoragePolicy"""

    operations = {"get": Op("Storage policies, of which there are none")}

    def get(self, request: HttpRequest) -> HttpResponse:
        """cvpysdk asks for it when it has deleted a plan."""
        return self.reply({"policies": []})


def narrowed(request: HttpRequest, found: list[StoragePlan]) -> tuple[list[StoragePlan], int]:
    """The plans that the query asks for, and how many there are before paging."""
    by_id = {plan.number: plan for plan in found}
    rows = [
        {
            "id": plan.number,
            "name": plan.name,
            "pool_type": DISK if plan.pool.installs else ELSEWHERE,
            "type": "Server",
        }
        for plan in found
    ]
    wanted, total = lists.narrow(request, rows, FIELDS)
    return [by_id[row["id"]] for row in wanted], total


def read_plan(document: dict[str, Any], *, new: bool) -> PlanFields:
    """The body of a plan; of its destinations the first, or the one marked as default, counts.

    What the portal does not understand is kept, and read back.
    """
    fields = Fields(document)
    name = fields.text("planName", required=new, max_length=255) or None
    name = fields.text("newName", max_length=255) or name
    destinations = fields.objects("backupDestinations", most=20)
    primary = next((each for each in destinations if each.boolean("isDefault")), None)
    primary = primary or (destinations[0] if destinations else None)
    pool = days = copy_name = None
    if primary is not None:
        stands_on = primary.object("storagePool") or {}
        pool = Fields(stands_on, "storagePool.", fields.faults).integer(
            "id", least=1, most=MOST_INT32
        )
        days = primary.integer("retentionPeriodDays", least=FOR_EVER, most=MOST_DAYS)
        copy_name = primary.text("backupDestinationName", max_length=255) or None
    kept = {key: value for key, value in document.items() if key not in _BODY_KNOWN}
    if len(json.dumps(kept)) > MOST_KEPT:
        fields.fault("planName", "range", "comes with more than can be kept")
    fields.check()
    return PlanFields(name=name, pool=pool, retention_days=days, copy_name=copy_name, wire=kept)
