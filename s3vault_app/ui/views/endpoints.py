"""The list of endpoints, and one machine with all that is known of it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from s3vault_app import hostkeys, selectors
from s3vault_app.models import Machine
from s3vault_app.permissions import MachinePermission
from s3vault_app.selectors import history, search, strips
from s3vault_app.services import drains
from s3vault_app.ui import charts
from s3vault_app.ui.charts import Band
from s3vault_app.ui.forms.filters import MachineFilter
from s3vault_app.ui.views.base import StorageView, endpoint_crumbs
from vaultportal.identity import access
from vaultportal.ui.columns import Column
from vaultportal.ui.filters import Filters
from vaultportal.ui.lists import ListOf
from vaultportal.ui.paging import Pages

FEW = 5
COLUMNS = (
    Column("machine", gettext_lazy("Machine"), sort="name"),
    Column("trust", gettext_lazy("Trust"), sort="state"),
    Column("endpoint", gettext_lazy("Endpoint"), sort="engine_state"),
    Column("day", gettext_lazy("24 hours")),
    Column("latency", gettext_lazy("Answers in"), at_end=True),
    Column("version", gettext_lazy("Version"), sort="engine_version"),
    Column("certificate", gettext_lazy("Certificate"), sort="certificate_expires_at"),
)


class EndpointsView(StorageView):
    """GET /storage/endpoints/?q=&endpoint=&trust=&columns=&sort=&page="""

    a_list = ListOf(gettext_lazy("Endpoints"), MachineFilter, columns=COLUMNS)

    def get(self, request: HttpRequest) -> HttpResponse:
        access.require(self.actor, MachinePermission.VIEW, Machine)
        filters = Filters.of(request, MachineFilter)
        pages = Pages.of(request)
        found = self.in_order(search.find_machines(self.actor, filters.values))
        rows = list(found[pages.offset : pages.offset + pages.size])
        known = strips.of_machines([row.pk for row in rows])
        context = {
            "rows": [(row, Band.of(known[row.pk]), known[row.pk].milliseconds) for row in rows],
            "pages": pages.counting(found.count, len(rows)),
            "filters": filters,
            "may_add": access.holds(self.actor, MachinePermission.ADD),
            "crumbs": [(_("Endpoints"), "")],
        }
        return self.render("s3vault_app/endpoints.html", "s3vault_app/_endpoints.html", context)


class EndpointView(StorageView):
    """GET /storage/endpoints/{number}/"""

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        machine = selectors.machines.get_machine(self.actor, number)
        strip = strips.of_machines([machine.pk])[machine.pk]
        installed = machine.pool_id is not None
        may_change = access.holds(self.actor, MachinePermission.CHANGE)
        trusted = machine.state in (Machine.State.READY, Machine.State.UNREACHABLE)
        context = {
            "machine": machine,
            "is_remote": machine.kind == Machine.Kind.SSH,
            "installed": installed,
            "store": strips.store_of(machine),
            "band": Band.of(strip),
            "plot": charts.latency(strip),
            "disk": charts.disk(machine),
            "fingerprint": hostkeys.fingerprint(machine.host_key),
            "offered": hostkeys.fingerprint(machine.offered_host_key),
            "key_events": history.host_keys(machine),
            "vaults": list(search.vaults_of_machine(self.actor, machine)),
            "jobs": list(search.jobs_of_machine(self.actor, machine)[:FEW]),
            "may_change": may_change,
            "may_install": may_change and not installed and trusted,
            "may_drain": may_change and machine.role == Machine.Role.STORE,
            "is_taken_back": drains.is_being_taken_back(machine.pool),
            "may_retire": access.holds(self.actor, MachinePermission.DELETE) and not installed,
            "crumbs": endpoint_crumbs((machine.name, "")),
        }
        return self.render("s3vault_app/endpoint.html", "s3vault_app/endpoint.html", context)
