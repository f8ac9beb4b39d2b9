"""Storage pools; the list in XML too, for clients that parse nothing else. Contract section 7.3."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from s3vault_app import selectors
from s3vault_app.api import answers, lists, xml
from s3vault_app.api.base import WireView
from s3vault_app.api.openapi import Op
from s3vault_app.models import StoragePool

FIELDS = {"id": ("id", "storagepoolid"), "name": ("name", "storagepoolname")}
_FILTER = (("fq", "FIELD:OP:VALUE, repeatable."),)


class PoolListView(WireView):
    """/commandcenter/api/StoragePool"""

    operations = {"get": Op("Storage pools, in JSON or XML by Accept", query=_FILTER)}

    def get(self, request: HttpRequest) -> HttpResponse:
        """By name."""
        found, _ = narrowed(request, list(selectors.plans.list_pools(self.actor)))
        if not self.wants_xml():
            return self.reply({"storagePoolList": [answers.pool_row(pool) for pool in found]})
        entities = [
            xml.element(
                "storagePoolEntity", {"storagePoolName": pool.name, "storagePoolId": pool.number}
            )
            for pool in found
        ]
        listed = [xml.element("storagePoolList", children=[each]) for each in entities]
        return self.reply_xml(xml.element("Api_GetStoragePoolListResp", children=listed))


class PoolView(WireView):
    """/commandcenter/api/StoragePool/{id}"""

    operations = {"get": Op("One storage pool")}

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        """Its type as a number, and its copy."""
        pool = selectors.plans.get_pool(self.actor, number)
        copy = {"StoragePolicyCopy": {"copyId": 1, "copyName": "Primary"}}
        details = {
            "storagePoolEntity": {"storagePoolName": pool.name, "storagePoolId": pool.number},
            "storageType": answers.pool_type(pool),
            "copyInfo": copy,
        }
        return self.reply({"storagePoolDetails": details})


class DiskView(WireView):
    """/commandcenter/api/V4/Storage/Disk"""

    operations = {"get": Op("Pools on own machines", query=_FILTER)}

    def get(self, request: HttpRequest) -> HttpResponse:
        """In the V4 form."""
        found, total = narrowed(
            request, [pool for pool in selectors.plans.list_pools(self.actor) if pool.installs]
        )
        return self.reply({"diskStorage": [v4(pool) for pool in found], "diskStorageCount": total})


class CloudView(WireView):
    """/commandcenter/api/V4/Storage/Cloud"""

    operations = {"get": Op("Pools on existing stores", query=_FILTER)}

    def get(self, request: HttpRequest) -> HttpResponse:
        """In the V4 form."""
        found, total = narrowed(
            request, [pool for pool in selectors.plans.list_pools(self.actor) if not pool.installs]
        )
        rows = [v4(pool) for pool in found]
        return self.reply({"cloudStorage": rows, "cloudStorageCount": total})


def v4(pool: StoragePool) -> dict[str, object]:
    """A pool in the V4 form; sizes in mebibytes."""
    total, free = pool.total_bytes or 0, pool.free_bytes or 0
    return {
        **answers.idname(pool),
        "status": "Offline" if pool.state == StoragePool.State.FAILED else "Online",
        "capacity": total >> 20,
        "freeSpace": free >> 20,
    }


def narrowed(request: HttpRequest, found: list[StoragePool]) -> tuple[list[StoragePool], int]:
    """The pools that the query asks for, and how many there are before paging."""
    by_id = {pool.number: pool for pool in found}
    rows = [answers.idname(pool) for pool in found]
    wanted, total = lists.narrow(request, rows, FIELDS)
    return [by_id[row["id"]] for row in wanted], total
