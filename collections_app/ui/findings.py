"""What the palette finds of the team's own code, and what can be done with data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from collections_app.permissions import Capability
from collections_app.schema.datatypes import BUILTIN
from collections_app.selectors import code, rights
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.ui.palette import Found, matching


def bundles(actor: Actor, words: str, limit: int) -> Iterable[Found]:
    """Bundles by name."""
    return [
        Found(name, about, "terminal-2", reverse("code:bundle", args=[name]))
        for name, about in code.find_bundles(actor, words, limit)
    ]


def types(actor: Actor, words: str, limit: int) -> Iterable[Found]:
    """Data types by name: built-in ones, and those made here."""
    if not access.holds(actor, Capability.TYPES_READER):
        return []
    known = [Found(name, _("built in"), "letter-case", _type(name)) for name in sorted(BUILTIN)]
    made = [
        Found(name, base, "letter-case", _type(name))
        for name, base in code.find_types(actor, words, limit)
    ]
    return [*made, *matching(words, known)][:limit]


def _type(name: str) -> str:
    return reverse("code:type", args=[name])


def actions(actor: Actor, words: str, limit: int) -> Iterable[Found]:
    """Actions by name."""
    return [
        Found(name, about, "player-play", reverse("code:action", args=[name]))
        for name, about in code.find_actions(actor, words)[:limit]
    ]


def pages(actor: Actor) -> Iterator[Found]:
    """What lies below collections, tokens, and bundles."""
    yield Found(_("My jobs"), _("Collections"), "list-check", reverse("collections:my_jobs"))
    if code.sees_any(actor):
        what = _("Bundles and actions")
        yield Found(_("Data types"), what, "letter-case", reverse("code:types"))
        yield Found(_("Actions"), what, "player-play", reverse("code:actions"))


def doings(actor: Actor, words: str, limit: int) -> Iterable[Found]:
    """What can be done with data; costs no query."""
    what = _("Personal data")
    found = []
    if access.holds(actor, Capability.COLLECTIONS_WRITER):
        found.append(Found(_("New collection"), what, "plus", reverse("collections:new")))
    if rights.uses_tokens(actor):
        found.append(Found(_("Tokenize"), _("Tokens"), "id", reverse("tokens:tokenize")))
        found.append(Found(_("Detokenize"), _("Tokens"), "eye", reverse("tokens:detokenize")))
        found.append(Found(_("Find tokens"), _("Tokens"), "search", reverse("tokens:find")))
    if code.may_write(actor):
        found.append(Found(_("New bundle"), what, "terminal-2", reverse("code:new")))
    if access.holds(actor, Capability.TYPES_WRITER):
        found.append(Found(_("New data type"), what, "plus", reverse("code:new_type")))
    if access.holds(actor, Capability.ACTION_WRITER):
        found.append(Found(_("New action"), what, "plus", reverse("code:new_action")))
    return matching(words, found)[:limit]
