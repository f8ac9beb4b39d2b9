"""Parts that several forms share: durations as people write them, refusals beside their fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from triggers_app import durations
from triggers_app.ui.sentences import said
from vaultportal.errors import VaultError
from vaultportal.events import catalog

PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
_UNITS = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 86_400}
_PART = re.compile(r"(\d{1,9}) ?(s|min|m|h|d)")
_WHOLE = re.compile(rf"{_PART.pattern}(?: {_PART.pattern})*")


class DurationField(forms.Field):
    """Whole seconds, written as "90 s", "1 h 30 min" or in ISO 8601. most: how many at most."""

    def __init__(self, *, most: int, **options: Any) -> None:
        self.most = most
        super().__init__(widget=forms.TextInput(PLAIN), **options)

    def prepare_value(self, value: Any) -> Any:
        """As people write it."""
        return in_words(value) if isinstance(value, int) else value

    def to_python(self, value: Any) -> Any:
        """The seconds; ValidationError for what is no duration, or too long a one."""
        text = str(value or "").strip()
        if not text:
            return None
        try:
            seconds = _seconds(text[: durations.MAX_LENGTH + 1])
        except ValueError:
            raise forms.ValidationError(_("Write it as 30 s, 20 min, 1 h or 2 d.")) from None
        if not 1 <= seconds <= self.most:
            raise forms.ValidationError(
                _("It must be from 1 s to %(most)s.") % {"most": in_words(self.most)}
            )
        return seconds


def in_words(seconds: int) -> str:
    """Days, hours, minutes, seconds: "1 h 30 min"."""
    parts = []
    for unit in ("d", "h", "min", "s"):
        count, seconds = divmod(seconds, _UNITS[unit])
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts) or "0 s"


def _seconds(text: str) -> int:
    if text[:1] in ("P", "p"):
        return durations.seconds(text.upper())
    if not text.isascii() or not _WHOLE.fullmatch(text.lower()):
        raise ValueError("not a duration")
    return sum(int(count) * _UNITS[unit] for count, unit in _PART.findall(text.lower()))


def iso_duration(seconds: int, stored: str = "") -> str:
    """ISO 8601, as it is stored where that says the same."""
    try:
        if stored and durations.seconds(stored) == seconds:
            return stored
    except ValueError:
        pass
    for size, pattern in ((86_400, "P{}D"), (3600, "PT{}H"), (60, "PT{}M")):
        if seconds % size == 0:
            return pattern.format(seconds // size)
    return f"PT{seconds}S"


def refuse(form: forms.Form, error: VaultError, places: Mapping[str, str]) -> None:
    """Put what a service refuses beside the fields. places: a name of the service → a field."""
    for fault in error.faults:
        name = places.get(fault.property, fault.property)
        sentence = _("It %(fault)s.") % {"fault": said(fault.message)}
        form.add_error(name if name in form.fields else None, sentence)
    if not error.faults:
        form.add_error(None, said(error.message))


def trigger_choices(kind: str = "") -> list[tuple[str, str]]:
    """The catalogue by name; ``kind`` of those alone."""
    found = [each for each in catalog.every() if not kind or each.kind == kind]
    return sorted(((each.id, _(each.name)) for each in found), key=lambda pair: pair[1])
