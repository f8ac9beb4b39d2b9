"""The filters of the audit explorer: what stands in its address, as what the trail is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vaultportal.audit.entry import MAX_NAME
from vaultportal.audit.selectors import Filter
from vaultportal.audit.services.counting import Histogram
from vaultportal.directory import finding
from vaultportal.identity.actor import Actor
from vaultportal.identity.ids import uuid_of
from vaultportal.ui.diff import Diff
from vaultportal.ui.names import names_of

# The field has whole seconds: what fell into the last one belongs to its bar.
_SECOND = timedelta(seconds=1)
# No entry is older or newer, and neither end is near the end of what a time can be.
_EARLIEST, _LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(9990, 1, 1, tzinfo=UTC)
_NOBODY = UUID(int=0)
OUTCOMES = [
    ("", _("All")),
    ("success", _("Success")),
    ("refused", _("Refused")),
    ("failure", _("Failure")),
    ("pending", _("Pending")),
]


def _text(label: Any, **attributes: str) -> forms.CharField:
    return forms.CharField(label=label, max_length=MAX_NAME, widget=forms.TextInput(attributes))


def _moment(label: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput({"type": "datetime-local", "step": "1"})
    return forms.DateTimeField(label=label, widget=widget)


class AuditForm(forms.Form):
    """Whatever is left empty matches all."""

    actor = _text(_("Who"), type="search")
    action = _text(_("Action"), type="search")
    target = _text(_("What"), type="search")
    reason = _text(_("Reason"), type="search")
    outcome = forms.ChoiceField(label=_("Outcome"), choices=OUTCOMES)
    address = _text(_("Address"), type="search")
    since = _moment(_("From"))
    until = _moment(_("Before"))
    target_kind = forms.CharField(max_length=MAX_NAME, widget=forms.HiddenInput)
    request = forms.CharField(max_length=MAX_NAME, widget=forms.HiddenInput)


def wanted(actor: Actor, values: dict[str, Any]) -> Filter:
    """The cleaned form as a filter. A person is found by id or name, a thing by either as well.

    A name that nobody has finds nothing: names are no way into a trail of any size.
    """
    target = values.get("target") or ""
    is_id = uuid_of(target) is not None or target.isdecimal() or bool(values.get("target_kind"))
    return Filter(
        actor_id=_person(actor, values.get("actor") or ""),
        action=values.get("action") or "",
        target_kind=values.get("target_kind") or "",
        target_id=target if is_id else "",
        target_name="" if is_id else target,
        reason=values.get("reason") or "",
        outcome=values.get("outcome") or "",
        address=values.get("address") or "",
        request_id=values.get("request") or "",
        since=_utc(values.get("since")),
        until=_utc(values.get("until")),
    )


@dataclass(frozen=True, slots=True)
class Brush:
    """What ``<time-brush>`` makes addresses of.

    edges: of the bars, as the fields take them, with blanks between. query: what else stands there.
    """

    edges: str
    query: str


def brush(found: Histogram, query: list[tuple[str, str]]) -> Brush:
    """The histogram for dragging. query: as for ``bars``."""
    places = range(len(found.counts) + 1)
    edges = [timezone.localtime(found.start + place * found.step) for place in places]
    edges[-1] += _SECOND
    return Brush(" ".join(_typed(edge) for edge in edges), urlencode(query))


def bars(found: Histogram, query: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """The bars of the histogram, each with the address of its stretch of time.

    query: what else stands in the address.
    """
    highest = max(found.counts) or 1
    made = []
    for place, count in enumerate(found.counts):
        start = timezone.localtime(found.start + place * found.step)
        end = timezone.localtime(found.start + (place + 1) * found.step)
        stretch = (("since", _typed(start)), ("until", _typed(end + _SECOND)))
        tall = max(2, round(64 * count / highest)) if count else 0
        made.append(
            {
                "x": place * 25,
                "y": 68 - tall,
                "tall": tall,
                "count": count,
                "start": start,
                "end": end,
                "url": "?" + urlencode([*query, *stretch]),
            }
        )
    return made


def difference(detail: Mapping[str, Any]) -> Diff | None:
    """What was given and taken, before and after; None for an entry that tells of neither."""
    lost, gained = (_names(detail.get(side)) for side in ("lost", "gained"))
    if not lost and not gained:
        return None
    return Diff.of("\n".join(lost), "\n".join(gained))


def told(detail: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The other details, in words."""
    found = []
    for name, value in sorted(detail.items()):
        if name in ("lost", "gained") or value in (None, "", []):
            continue
        text = ", ".join(_names(value)) if isinstance(value, list) else str(value)
        found.append((name.replace("_", " "), text))
    return found


def _names(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []


def name_of(actor: Actor, values: dict[str, Any]) -> str:
    """The name behind an id in the filter; "" for all else."""
    person = uuid_of(values.get("actor") or "")
    return names_of(actor, [person]).get(person, "") if person else ""


def _person(actor: Actor, typed: str) -> UUID | None:
    if not typed:
        return None
    return uuid_of(typed) or finding.id_of(actor, typed) or _NOBODY


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else min(max(moment, _EARLIEST), _LATEST).astimezone(UTC)


def _typed(moment: datetime) -> str:
    """As a browser writes it into the field, in the person's zone."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S")
