"""What is set about a collection as a whole, how much is in it, and its end."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from collections_app import pvschema
from collections_app.permissions import Capability
from collections_app.services import collections, guard, reading, tokens
from collections_app.ui import my_jobs
from collections_app.ui.reason import with_reason
from collections_app.ui.views.base import CollectionView, HeldView, crumbs
from vaultportal.errors import Forbidden
from vaultportal.ui.snippets import Snippet
from vaultportal.ui.views.confirm import Confirmation, ConfirmView

DAY = 24 * 60 * 60


class SettingsView(CollectionView):
    """GET, POST /collections/{name}/settings/; ``?count=1`` counts exactly, which takes its time.

    POST: ``needs_ticket`` is 1 or 0, whatever it was, so that two who press it do not undo it.
    """

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        schema = self.schema_of(name)
        counted = None
        is_refused = False
        if request.GET.get("count") == "1":
            actor = with_reason(request, self.actor)
            try:
                counted = {
                    "objects": reading.count_objects(actor, name),
                    "tokens": tokens.count_tokens(actor, name),
                }
            except Forbidden:  # no policy lets them count: the page says so
                is_refused = True
        context = {
            **self.head(schema, "settings"),
            "may_change": self.may_change(schema),
            "counted": counted,
            "is_refused": is_refused,
            "object_end": default_end(
                settings.PVAULT_EXPIRATION_ASSOCIATED_OBJECTS
                if schema.type == "PERSONS"
                else settings.PVAULT_EXPIRATION_UNASSOCIATED_OBJECTS
            ),
            "token_end": default_end(settings.PVAULT_EXPIRATION_TOKENS),
            "jobs": my_jobs.lines(self.actor, schema),
            "snippets": [Snippet("schema", "PVSchema", pvschema.render(schema))],
        }
        template = "collections_app/settings.html"
        return self.render(template, template, context)

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        wanted = request.POST.get("needs_ticket")
        if wanted not in ("0", "1"):
            raise Http404
        self.schema_of(name)
        collections.set_ticket(self.actor, name, is_needed=wanted == "1")
        messages.success(request, _("Saved."))
        return redirect("collections:settings", name)


class DeleteView(HeldView, ConfirmView):
    """GET, POST /collections/{name}/delete/"""

    def confirmation(self) -> Confirmation:
        schema = collections.get_collection(self.actor, self.kwargs["name"])
        guard.require(self.actor, Capability.COLLECTIONS_WRITER, schema.name)
        number = len(schema.properties)
        said = ngettext("%(n)d property", "%(n)d properties", number) % {"n": number}
        return Confirmation(
            title=_("Delete the collection %(name)s") % {"name": schema.name},
            text=_("It is gone at once, for good. A job erases what it holds, and its keys last."),
            button=_("Delete collection"),
            back_url=reverse("collections:settings", args=[schema.name]),
            consequences=(said, _("All of its objects"), _("All of its tokens")),
            word=schema.name,
            crumbs=tuple(crumbs(schema, (_("Delete"), ""))),
        )

    def carry_out(self) -> None:
        actor = with_reason(self.request, self.actor)
        collections.delete_collection(actor, self.kwargs["name"])
        messages.success(self.request, _("Collection deleted."))

    def done_url(self) -> str:
        return reverse("collections:list")


def default_end(seconds: int) -> str:
    """When something ends that nobody gave an end, in words."""
    if not seconds:
        return _("Never, unless somebody says so")
    days = max(1, round(seconds / DAY))
    return ngettext("After %(n)d day", "After %(n)d days", days) % {"n": days}
