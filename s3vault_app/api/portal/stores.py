"""/api/v1/s3/pools and /api/v1/s3/plans: where data lies, and under which rules."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from s3vault_app import selectors
from s3vault_app.api.openapi import FLAG, LONG, MAP, TEXT, WHOLE, Op, record
from s3vault_app.api.portal import documents
from s3vault_app.api.portal.base import S3View
from s3vault_app.services import plans, pools
from s3vault_app.services.plans import PlanFields
from s3vault_app.services.pools import PoolFields
from vaultportal.api.wire import Fields

_POOL = record(name=TEXT, engine=TEXT, comment=TEXT, settings=MAP, access_key=TEXT, secret_key=TEXT)
_PLAN = record(
    name=TEXT,
    pool=WHOLE,
    lock_mode=TEXT,
    retention_days=WHOLE,
    versioning=FLAG,
    quota_bytes=LONG,
    lifecycle=MAP,
    copies=WHOLE,
    region=TEXT,
)


class PoolsView(S3View):
    """/api/v1/s3/pools"""

    operations = {
        "get": Op("Storage pools"),
        "post": Op("Add a storage pool: our own engine, or a store that is there", body=_POOL),
    }

    def get(self, request: HttpRequest) -> HttpResponse:
        """By name."""
        rows = selectors.plans.list_pools(self.actor)
        return self.document({"items": [documents.pool(row) for row in rows]})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Credentials go in, and never come out."""
        made = pools.create_pool(self.actor, _pool(self.fields()))
        return self.document(documents.pool(made), 201)


class PoolView(S3View):
    """/api/v1/s3/pools/{number}"""

    operations = {
        "get": Op("One storage pool"),
        "patch": Op("Change a storage pool", body=_POOL),
        "delete": Op("Delete a storage pool without plans"),
    }

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        """Without credentials."""
        return self.document(documents.pool(selectors.plans.get_pool(self.actor, number)))

    def patch(self, request: HttpRequest, number: int) -> HttpResponse:
        """Only what is given."""
        changed = pools.change_pool(self.actor, number, _pool(self.fields()))
        return self.document(documents.pool(changed))

    def delete(self, request: HttpRequest, number: int) -> HttpResponse:
        """Its credentials are erased."""
        pools.delete_pool(self.actor, number)
        return self.empty(204)


class PlansView(S3View):
    """/api/v1/s3/plans"""

    operations = {
        "get": Op("Storage plans"),
        "post": Op("Add a storage plan", body=_PLAN),
    }

    def get(self, request: HttpRequest) -> HttpResponse:
        """By name."""
        rows = selectors.plans.list_plans(self.actor)
        return self.document({"items": [documents.plan(row) for row in rows]})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Rules for vaults that are made from then on."""
        made = plans.create_plan(self.actor, _plan(self.fields()))
        return self.document(documents.plan(made), 201)


class PlanView(S3View):
    """/api/v1/s3/plans/{number}"""

    operations = {
        "get": Op("One storage plan"),
        "patch": Op("Change a storage plan", body=_PLAN),
        "delete": Op("Delete a storage plan that no vault uses"),
    }

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        """With the number of its vaults."""
        return self.document(documents.plan(selectors.plans.get_plan(self.actor, number)))

    def patch(self, request: HttpRequest, number: int) -> HttpResponse:
        """Only what is given."""
        changed = plans.change_plan(self.actor, number, _plan(self.fields()))
        return self.document(documents.plan(changed))

    def delete(self, request: HttpRequest, number: int) -> HttpResponse:
        """409 names the vaults that use it."""
        plans.delete_plan(self.actor, number)
        return self.empty(204)


def _pool(fields: Fields) -> PoolFields:
    found = PoolFields(
        name=fields.text("name", max_length=255) or None,
        engine=fields.text("engine", max_length=16) or None,
        comment=fields.text("comment", max_length=4096) or None,
        settings=fields.object("settings"),
        access_key=fields.text("access_key", max_length=256) or None,
        secret_key=fields.text("secret_key", max_length=1024) or None,
    )
    fields.refuse_unknown()
    fields.check()
    return found


def _plan(fields: Fields) -> PlanFields:
    given = fields.given("versioning") and not fields.is_null("versioning")
    found = PlanFields(
        name=fields.text("name", max_length=255) or None,
        pool=fields.integer("pool", least=1, most=2**31 - 1),
        lock_mode=fields.text("lock_mode", max_length=10) or None,
        retention_days=fields.integer("retention_days"),
        versioning=fields.boolean("versioning") if given else None,
        quota_bytes=fields.integer("quota_bytes"),
        lifecycle=fields.object("lifecycle"),
        copies=fields.integer("copies"),
        region=fields.text("region", max_length=32) or None,
    )
    fields.refuse_unknown()
    fields.check()
    return found
