"""The list of collections: what each holds, and may I read it."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_app.permissions import Capability
from collections_app.schema.compiled import CollectionSchema
from collections_app.selectors import overview
from collections_app.ui import shell
from collections_app.ui.reason import browsing_reason
from vaultportal.identity import access
from vaultportal.ui.columns import Column
from vaultportal.ui.filters import Filters
from vaultportal.ui.lists import ListOf
from vaultportal.ui.views.base import PortalView

KINDS = [("", gettext_lazy("Any kind")), ("PERSONS", gettext_lazy("Persons")),
         ("DATA", gettext_lazy("Data"))]  # fmt: skip
COLUMNS = (
    Column("name", gettext_lazy("Name"), sort="schema.name"),
    Column("kind", gettext_lazy("Kind"), sort="schema.type"),
    Column("properties", gettext_lazy("Properties"), at_end=True),
    Column("sensitive", gettext_lazy("Sensitive"), sort="sensitive", at_end=True),
    Column("objects", gettext_lazy("Objects"), sort="objects", at_end=True),
    Column("reads", gettext_lazy("May I read")),
    Column("listed", gettext_lazy("Last listed"), sort="last_read", at_end=True),
)


class CollectionFilter(forms.Form):
    """By a word of the name or of a property, by kind."""

    q = forms.CharField(label=gettext_lazy("Name or property"), max_length=100)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=KINDS)


class ListView(PortalView):
    """GET /collections/?q=&kind=&columns=&sort="""

    a_list = ListOf(gettext_lazy("Collections"), CollectionFilter, columns=COLUMNS)

    def get(self, request: HttpRequest) -> HttpResponse:
        visible = shell.visible(self.actor)
        filters = Filters.of(request, CollectionFilter)
        fitting = [schema for schema in visible if _fits(schema, filters)]
        glances = overview.glances(self.actor, fitting, browsing_reason(request))
        context = {
            "glances": self.arranged(glances),
            "filters": filters,
            "found": len(fitting),
            "has_any": bool(visible),
            "may_add": access.holds(self.actor, Capability.COLLECTIONS_WRITER),
            "crumbs": [(_("Collections"), "")],
        }
        return self.render("collections_app/list.html", "collections_app/_list.html", context)


def _fits(schema: CollectionSchema, filters: Filters) -> bool:
    word, kind = (filters.values["q"] or "").casefold(), filters.values["kind"]
    names = (schema.name, *schema.properties)
    return kind in ("", None, schema.type) and any(word in name.casefold() for name in names)
