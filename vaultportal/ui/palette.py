"""What the palette finds: things of the apps, pages, actions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vaultportal.identity.actor import Actor
from vaultportal.ui import navigation

SHORTEST = 2
LONGEST = 100
A_KIND = 6  # lines of one kind
MORE = 50  # lines, when one kind is looked at


@dataclass(frozen=True, slots=True)
class Found:
    """One line. detail: what else is known of it, nothing of a value. url: where it leads."""

    label: str
    detail: str
    icon: str
    url: str


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of things. search: (actor, words, limit) in one query, through the access rule."""

    kind: str | Promise
    order: int
    search: Callable[[Actor, str, int], Iterable[Found]]


@dataclass(frozen=True, slots=True)
class Heap:
    """What was found of one kind.

    more: what ``search`` takes as ``only`` for more of it; "" where this is all.
    is_offer: nothing was found, but this can be done.
    """

    kind: str | Promise
    found: list[Found]
    more: str = ""
    is_offer: bool = False


_sources: list[Source] = []
_offers: list[Callable[[Actor, str], Iterable[Found]]] = []


def register(*sources: Source) -> None:
    """Have the palette ask ``sources``."""
    _sources.extend(sources)


def register_offer(offer: Callable[[Actor, str], Iterable[Found]]) -> None:
    """Have ``offer`` say what can be done with words that find nothing; without a query."""
    _offers.append(offer)


def search(actor: Actor, words: str, only: str = "") -> list[Heap]:
    """What fits ``words``, kind by kind; nothing for less than two letters.

    only: the kind to look at, as in ``Heap.more``; "" and what nobody knows for all.
    """
    words = words.strip()[:LONGEST]
    if len(words) < SHORTEST:
        return []
    kinds = {str(n): each for n, each in enumerate(sorted(_sources, key=lambda each: each.order))}
    if only in kinds:
        heaps = [Heap(kinds[only].kind, list(kinds[only].search(actor, words, MORE))[:MORE])]
    else:
        heaps = [_heap(source, key, actor, words) for key, source in kinds.items()]
    found = [heap for heap in heaps if heap.found]
    if found or only in kinds:
        return found
    offered = [each for offer in _offers for each in offer(actor, words)]
    return [Heap(_("Do"), offered, is_offer=True)] if offered else []


def _heap(source: Source, key: str, actor: Actor, words: str) -> Heap:
    found = list(source.search(actor, words, A_KIND + 1))
    return Heap(source.kind, found[:A_KIND], key if len(found) > A_KIND else "")


def matching(words: str, found: Iterable[Found]) -> list[Found]:
    """Those whose line holds every word, for sources that have their lines at hand."""
    wanted = words.casefold().split()
    lines = ((one, f"{one.label} {one.detail}".casefold()) for one in found)
    return [one for one, line in lines if all(word in line for word in wanted)]


def audit_of(name: str, kind: str, key: object) -> Found:
    """The line that leads to what the trail holds of one thing, to whoever looks."""
    url = f"{reverse('ui:audit')}?{urlencode({'target_kind': kind, 'target': key})}"
    return Found(gettext("Audit of %(name)s") % {"name": name}, "", "history", url)


def _rail(actor: Actor) -> Iterable[Found]:
    return (
        Found(str(entry.label), str(section.heading), entry.icon, entry.url)
        for section in navigation.sections(actor)
        for entry in section.entries
    )


_pages: list[Callable[[Actor], Iterable[Found]]] = [_rail]


def register_pages(*lists: Callable[[Actor], Iterable[Found]]) -> None:
    """Have the palette know pages that stand on no rail: each of ``lists`` names those that an
    actor may open, without a query."""
    _pages.extend(lists)


def pages(actor: Actor, words: str, limit: int) -> list[Found]:
    """Pages that ``actor`` has: of the rail, and below them."""
    return matching(words, chain.from_iterable(each(actor) for each in _pages))[:limit]


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do, wherever one is. view: names its page; shown_to: who may do it.

    detail: where it belongs, for a label that does not say it.
    """

    label: str | Promise
    icon: str
    view: str
    shown_to: Callable[[Actor], bool] = navigation.anybody
    detail: str | Promise = ""


_actions: list[Action] = []


def register_actions(*actions: Action) -> None:
    """Have the palette offer ``actions``."""
    _actions.extend(actions)


def actions(actor: Actor, words: str, limit: int) -> list[Found]:
    """What ``actor`` may do that fits ``words``."""
    offered = (
        Found(str(action.label), str(action.detail), action.icon, reverse(action.view))
        for action in _actions
        if action.shown_to(actor)
    )
    return matching(words, offered)[:limit]


register(Source(_("Do"), 800, actions), Source(_("Go to"), 900, pages))
