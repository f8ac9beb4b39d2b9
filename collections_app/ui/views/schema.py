"""The schema builder: one draft in three views, what comes of it, and what a change takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from collections_app import pvschema
from collections_app.permissions import Capability
from collections_app.schema.changes import JOB, REFUSED, SAFE, Change
from collections_app.schema.compiled import BUILTIN_PROPERTIES, CollectionSchema
from collections_app.schema.drafts import FLAG_DEFAULTS, PROTOTYPES, CollectionDraft
from collections_app.selectors import jobs
from collections_app.selectors.types import type_names
from collections_app.services import collections, guard, restructuring
from collections_app.ui import drafting, previews, wording
from collections_app.ui.drafting import Unreadable
from collections_app.ui.views.base import CollectionView
from collections_app.ui.views.jobs import jobs_context
from vaultportal import trail
from vaultportal.errors import Conflict, Invalid, Stale
from vaultportal.ui.diff import Diff

EXAMPLE = CollectionDraft(
    "", "PERSONS", tuple(each.draft for each in drafting.COMMON if each.key in ("name", "email"))
)


@dataclass(slots=True)
class State:
    """The builder as it is shown. text: of the two text views. row: the one that was moved."""

    view: str
    draft: CollectionDraft
    text: str = field(default="", repr=False)
    errors: list[str] = field(default_factory=list)
    faults: dict[int, str] = field(default_factory=dict)
    row: int = -1


class BuilderView(CollectionView):
    """What a new collection and a present one have in common."""

    def start(self, request: HttpRequest, draft: CollectionDraft) -> State:
        """The builder as the address asks for it."""
        view = request.GET.get("view", "form")
        view = view if view in drafting.VIEWS else "form"
        return State(view, draft, drafting.write(view, draft))

    def posted(self, request: HttpRequest, name: str = "", kind: str = "") -> State:
        """The builder after a button; ``errors`` where the submitted view is no draft.

        name, kind: of a collection that is there, which the draft cannot change.
        """
        view = request.POST.get("view", "form")
        view = view if view in drafting.VIEWS else "form"
        given = {key: str(value) for key, value in request.POST.items()}
        text = given.get("text", "")
        try:
            draft = drafting.read(view, given)
        except Unreadable as wrong:
            return State(view, CollectionDraft(name, kind), text, [wrong.message])
        if name:
            draft = CollectionDraft(name, kind, draft.properties)
        do = request.POST.get("do", "")
        if do.startswith("view-") and do[5:] in drafting.VIEWS:
            return State(do[5:], draft, drafting.write(do[5:], draft))
        row = -1
        if view == "form":
            try:
                draft, row = drafting.act(draft, do)
            except Unreadable as wrong:
                return State(view, draft, text, [wrong.message])
        return State(view, draft, text, row=row)

    def check(self, state: State) -> bool:
        """Whether every property can be; what is wrong goes into the state."""
        state.faults = previews.faults(state.draft)
        if not state.draft.properties:
            state.errors.append(_("A collection needs a property."))
        if state.view != "form":
            for place, message in state.faults.items():
                name = state.draft.properties[place].name
                line = drafting.line_of(state.view, state.text, name)
                said = _("Line %(line)d: %(message)s") % {"line": line, "message": message}
                state.errors.append(said if line else message)
        return not state.errors and not state.faults

    def builder(self, state: State) -> dict[str, Any]:
        """The context of the builder's templates."""
        rows = [
            {
                "draft": each,
                "fault": state.faults.get(place, ""),
                "flags": [(flag, getattr(each, flag)) for flag in FLAG_DEFAULTS],
                "is_focused": place == state.row,
            }
            for place, each in enumerate(state.draft.properties)
        ]
        return {
            "state": state,
            "rows": rows,
            "types": type_names(),
            "kinds": PROTOTYPES,
            "common": drafting.COMMON,
            "previews": previews.previews(state.draft),
            "builtins": sorted(BUILTIN_PROPERTIES.values(), key=lambda each: each.name),
            "views": [("form", _("Form")), ("text", "PVSchema"), ("json", "JSON")],
        }

    def outcome(self, state: State) -> HttpResponse:
        """What comes of a draft while it is typed. Never a refusal: nothing was submitted."""
        self.check(state)
        wrong = list(state.errors)
        if state.view == "form":  # the text views name the line
            named = [each.name for each in state.draft.properties]
            wrong += [f"{named[at]}: {said}" for at, said in state.faults.items() if named[at]]
        template = "collections_app/_outcome.html"
        return self.render(template, template, {**self.builder(state), "wrong": wrong})

    @property
    def is_typing(self) -> bool:
        """Whether the page only asks what will come of it."""
        return self.is_partial and self.request.GET.get("part") == "outcome"

    def went(self, url: str) -> HttpResponse:
        """To another page, whether a part or a whole page was asked for."""
        return HttpResponseClientRedirect(url) if self.is_partial else redirect(url)


class NewView(BuilderView):
    """GET, POST /collections/new/?view=form|text|json"""

    def get(self, request: HttpRequest) -> HttpResponse:
        guard.require(self.actor, Capability.COLLECTIONS_WRITER)
        return self._page(self.start(request, EXAMPLE))

    def post(self, request: HttpRequest) -> HttpResponse:
        guard.require(self.actor, Capability.COLLECTIONS_WRITER)
        state = self.posted(request)
        if self.is_typing:
            return self.outcome(state)
        if request.POST.get("do") != "make":
            return self._page(state, 422 if state.errors else 200)
        if state.errors or not self.check(state):
            return self._page(state, 422)
        try:
            with trail.unit():
                made = collections.add_collection(self.actor, state.draft)
                if self._needs_ticket:
                    collections.set_ticket(self.actor, made.name, is_needed=True)
        except Conflict:
            state.errors.append(_("There is a collection of this name already."))
        except Invalid as refusal:
            state.errors.append(refusal.message)
        else:
            messages.success(request, _("Collection made."))
            return self.went(reverse("collections:objects", args=[made.name]))
        return self._page(state, 422)

    def _page(self, state: State, status: int = 200) -> HttpResponse:
        context = {
            **self.builder(state),
            "is_new": True,
            "needs_ticket": self._needs_ticket,
            "crumbs": [(_("Collections"), "/collections/"), (_("New collection"), "")],
        }
        return self.render(
            "collections_app/new.html", "collections_app/_builder.html", context, status
        )

    @property
    def _needs_ticket(self) -> bool:
        """Beside the draft in all its views: the API's schema does not know it."""
        return self.request.POST.get("needs_ticket") == "1"


class SchemaView(BuilderView):
    """GET, POST /collections/{name}/schema/?view=form|text|json"""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        schema = self.schema_of(name)
        return self._page(schema, self.start(request, drafting.of_schema(schema)))

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        schema = self.schema_of(name)
        guard.require(self.actor, Capability.COLLECTIONS_WRITER, name)
        state = self.posted(request, schema.name, schema.type)
        if self.is_typing:
            return self.outcome(state)
        do = request.POST.get("do")
        if do not in ("review", "apply"):
            return self._page(schema, state, 422 if state.errors else 200)
        if state.errors or not self.check(state):
            return self._page(schema, state, 422)
        return self._review(schema, state) if do == "review" else self._apply(schema, state)

    def _review(
        self, schema: CollectionSchema, state: State, *, overtaken: bool = False
    ) -> HttpResponse:
        """What saving takes. overtaken: by somebody else, who has saved since the last review."""
        try:
            changes = restructuring.compare(self.actor, schema, state.draft)
        except Invalid as refusal:
            state.errors.append(refusal.message)
            return self._page(schema, state, 422)
        before = drafting.to_text(_sorted(drafting.of_schema(schema)))
        context = {
            **self.head(schema, "schema"),
            "diff": Diff.of(before, drafting.to_text(_sorted(state.draft))),
            "sorted": _by_verdict(changes),
            "is_refused": any(each.verdict == REFUSED for each in changes),
            "has_changes": bool(changes),
            "draft": drafting.to_json(state.draft),
            "seen_at": schema.modified_at.isoformat(),
            "overtaken": overtaken,
        }
        whole, part = "collections_app/review.html", "collections_app/_review.html"
        return self.render(whole, part, context, 409 if overtaken else 200)

    def _apply(self, schema: CollectionSchema, state: State) -> HttpResponse:
        try:
            seen_at = datetime.fromisoformat(self.request.POST.get("seen_at", ""))
            restructuring.restructure(self.actor, state.draft, seen_at)
        except Stale:
            return self._review(self.schema_of(schema.name), state, overtaken=True)
        except (Invalid, Conflict) as refusal:
            state.errors.append(refusal.message)
        except ValueError:  # a form that was tampered with
            state.errors.append(_("Review the changes first."))
        else:
            messages.success(self.request, _("Schema changed."))
            return self.went(reverse("collections:schema", args=[schema.name]))
        return self._page(schema, state, 422)

    def _page(self, schema: CollectionSchema, state: State, status: int = 200) -> HttpResponse:
        running = jobs.jobs_of(schema)
        context = {
            **self.head(schema, "schema"),
            **self.builder(state),
            "is_new": False,
            "may_change": self.may_change(schema),
            "text": pvschema.render(schema),
            **jobs_context(schema, running),
        }
        return self.render(
            "collections_app/schema.html", "collections_app/_builder.html", context, status
        )


def _sorted(draft: CollectionDraft) -> CollectionDraft:
    """By name, as a stored schema is: the order of rows is no change."""
    rows = tuple(sorted(draft.properties, key=lambda each: each.name))
    return CollectionDraft(draft.name, draft.type, rows)


def _by_verdict(changes: Sequence[Change]) -> list[tuple[str, str, list[str]]]:
    """Verdict, its heading, and the changes in words."""
    headings = ((SAFE, _("Safe")), (JOB, _("Needs a job")), (REFUSED, _("Refused")))
    found = [
        (verdict, heading, [wording.change(each) for each in changes if each.verdict == verdict])
        for verdict, heading in headings
    ]
    return [each for each in found if each[2]]
