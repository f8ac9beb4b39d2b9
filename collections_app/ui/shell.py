"""What collections add to every page: the rail, the palette, the overview."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from collections_app.permissions import Capability
from collections_app.schema.compiled import CollectionSchema
from collections_app.selectors import code, jobs, rights
from collections_app.services import collections
from collections_app.ui import findings, my_jobs
from collections_app.ui.happenings import WORDINGS
from vaultportal.errors import Forbidden
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.ui import activity, attention, navigation, palette, panels, running, totals
from vaultportal.ui.attention import Need
from vaultportal.ui.navigation import Entry, Group
from vaultportal.ui.palette import Found
from vaultportal.ui.totals import Total

MOST = 6


def sees_any(actor: Actor) -> bool:
    """Whether the actor may know of a collection, or make one."""
    if access.holds(actor, Capability.COLLECTIONS_READER):
        return True
    return bool(visible(actor))


def visible(actor: Actor) -> Sequence[CollectionSchema]:
    """The collections that the actor may see; none for who may see none."""
    try:
        return collections.list_collections(actor)
    except Forbidden:  # an empty list says it, not a refusal
        return ()


def _some(actor: Actor) -> Mapping[str, Any]:
    found = visible(actor)
    return {"collections": found[:MOST], "count": len(found)}


def _total(actor: Actor) -> Total | None:
    """How many collections there are, and how much of them is sensitive."""
    found = visible(actor)
    if not found:
        return None
    sensitive = sum(each.is_encrypted for schema in found for each in schema.properties.values())
    said = ngettext("%(n)d sensitive property", "%(n)d sensitive properties", sensitive) % {
        "n": sensitive
    }
    points = totals.course((each.created_at, None) for each in found)
    url = reverse("collections:list")
    return Total(gettext_lazy("Collections"), str(len(found)), said, url, points)


def _failed(actor: Actor) -> Iterable[Need]:
    """Changes of schemas that were given up, for who may change schemas."""
    if not access.holds(actor, Capability.COLLECTIONS_WRITER):
        return
    for job in jobs.failed(actor, list(visible(actor)), MOST):
        said = _("The change of %(name)s was given up") % {"name": job.collection.name}
        url = reverse("collections:schema", args=[job.collection.name])
        yield Need("bad", said, url, _("Open the schema"), job.created_at, job.failure)


def _off(actor: Actor) -> Iterable[Need]:
    """Actions that ran out of time too often, for who may change them."""
    if not access.holds(actor, Capability.ACTION_WRITER):
        return
    for name, since in code.switched_off().items():
        said = _("The action %(name)s was switched off") % {"name": name}
        url = reverse("code:action", args=[name])
        yield Need("warn", said, url, _("Open the action"), since)


def _find(actor: Actor, words: str, limit: int) -> Iterable[Found]:
    """Collections, and their properties, by name."""
    found = []
    for schema in visible(actor):
        url = reverse("collections:objects", args=[schema.name])
        found.append(Found(schema.name, _("Collection"), "database", url))
        found += [
            Found(f"{schema.name}.{name}", each.data_type.name, "letter-case", f"{url}schema/")
            for name, each in schema.properties.items()
        ]
    return palette.matching(words, found)[:limit]


navigation.register(
    Entry(
        Group.DATA,
        0,
        gettext_lazy("Collections"),
        "database",
        "collections:list",
        sees_any,
        navigation.numbered(lambda actor: len(visible(actor))),
    ),
    Entry(
        Group.DATA,
        1,
        gettext_lazy("Tokens"),
        "id-badge-2",
        "tokens:tokenize",
        rights.uses_tokens,
    ),
    Entry(
        Group.DATA,
        2,
        gettext_lazy("Bundles and actions"),
        "terminal-2",
        "code:bundles",
        code.sees_any,
    ),
)
running.register(running.Source(jobs.running, "collections:my_jobs", my_jobs.running_lines))
totals.register(totals.Source(10, _total))
panels.register(panels.Panel(20, "collections_app/panel.html", _some))
palette.register(
    palette.Source(gettext_lazy("Collections"), 100, _find),
    palette.Source(gettext_lazy("Bundles"), 110, findings.bundles),
    palette.Source(gettext_lazy("Data types"), 120, findings.types),
    palette.Source(gettext_lazy("Actions"), 130, findings.actions),
    palette.Source(gettext_lazy("Do"), 500, findings.doings),
)
palette.register_pages(findings.pages)
attention.register(attention.Source(30, _failed))
attention.register(attention.Source(31, _off))
activity.WORDINGS.update(WORDINGS)
