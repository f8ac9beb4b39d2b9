"""JSON bodies, read field by field: every fault is collected, then told at once.

    fields = Fields(body)
    name = fields.text("name", required=True, max_length=255)
    data = fields.object("data")
    fields.check()                      # raises Invalid when something above was wrong

A field that is absent or null gives its default. Unknown fields are the caller's business:
``fields.refuse_unknown()`` is for dialects that do not ignore them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_datetime

from vaultportal.errors import Fault, Invalid


class Fields:
    """A reader of one JSON object. ``path`` is where the object stands in the body, dotted."""

    def __init__(
        self, body: Mapping[str, Any], path: str = "", faults: list[Fault] | None = None
    ) -> None:
        self._body = body
        self._path = path
        self._read: set[str] = set()
        self.faults: list[Fault] = [] if faults is None else faults

    def fault(self, name: str, code: str, message: str) -> None:
        """Note that ``name`` is wrong; reading goes on."""
        self.faults.append(Fault(f"{self._path}{name}", code, message))

    def given(self, name: str) -> bool:
        """Whether the field is there at all, null included."""
        self._read.add(name)
        return name in self._body

    def is_null(self, name: str) -> bool:
        """Whether the field is there and null."""
        return self.given(name) and self._body[name] is None

    def _value(
        self, name: str, kinds: type | tuple[type, ...], word: str, *, required: bool
    ) -> Any:
        self._read.add(name)
        value = self._body.get(name)
        if value is None:
            if required:
                self.fault(name, "missing", "is required")
            return None
        if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool):
            self.fault(name, "type", f"must be {word}")
            return None
        return value

    def text(
        self,
        name: str,
        default: str = "",
        *,
        required: bool = False,
        blank: bool = True,
        max_length: int | None = None,
    ) -> str:
        """A string; with ``blank=False`` the empty one is a fault."""
        value = self._value(name, str, "a string", required=required)
        if value is None:
            return default
        if not value and not blank:
            self.fault(name, "format", "must not be empty")
        if max_length is not None and len(value) > max_length:
            self.fault(name, "range", f"must have at most {max_length} characters")
        return str(value)

    def choice(
        self, name: str, default: str, choices: Sequence[str], *, required: bool = False
    ) -> str:
        """One of ``choices``, exactly as written there."""
        value = self.text(name, default, required=required)
        if value != default and value not in choices:
            self.fault(name, "choice", f"must be one of {', '.join(choices)}")
            return default
        return value

    def integer(
        self,
        name: str,
        default: int | None = None,
        *,
        required: bool = False,
        least: int | None = None,
        most: int | None = None,
    ) -> int | None:
        """A whole number; true, 1.0 and "1" are of the wrong type."""
        value = self._value(name, int, "a whole number", required=required)
        if value is None:
            return default
        if least is not None and value < least:
            self.fault(name, "range", f"must be at least {least}")
        elif most is not None and value > most:
            self.fault(name, "range", f"must be at most {most}")
        return int(value)

    def boolean(self, name: str, *, default: bool = False, required: bool = False) -> bool:
        """true or false, nothing that only looks like them."""
        value = self._value(name, bool, "true or false", required=required)
        return default if value is None else bool(value)

    def object(self, name: str, *, required: bool = False) -> dict[str, Any] | None:
        """A JSON object, or None when absent."""
        value = self._value(name, dict, "an object", required=required)
        return None if value is None else dict(value)

    def array(
        self, name: str, *, required: bool = False, most: int | None = None
    ) -> list[Any] | None:
        """A JSON array, or None when absent."""
        value = self._value(name, list, "an array", required=required)
        if value is None:
            return None
        if most is not None and len(value) > most:
            self.fault(name, "range", f"must have at most {most} items")
        return list(value)

    def texts(
        self, name: str, *, required: bool = False, most: int | None = None
    ) -> list[str] | None:
        """An array of strings, or None when absent."""
        items = self.array(name, required=required, most=most)
        if items is None:
            return None
        for index, item in enumerate(items):
            if not isinstance(item, str):
                self.fault(f"{name}.{index}", "type", "must be a string")
        return [item for item in items if isinstance(item, str)]

    def objects(
        self, name: str, *, required: bool = False, most: int | None = None
    ) -> list[Fields]:
        """An array of objects, each as a reader that notes its faults here; [] when absent."""
        items = self.array(name, required=required, most=most) or []
        readers = []
        for index, item in enumerate(items):
            if isinstance(item, dict):
                readers.append(Fields(item, f"{self._path}{name}.{index}.", self.faults))
            else:
                self.fault(f"{name}.{index}", "type", "must be an object")
        return readers

    def uuid(self, name: str, *, required: bool = False) -> UUID | None:
        """A UUID in its usual text form, any letter case."""
        value = self.text(name, required=required)
        if not value:
            return None
        try:
            return UUID(value)
        except ValueError:
            self.fault(name, "format", "must be a UUID")
            return None

    def time(self, name: str, *, required: bool = False) -> datetime | None:
        """An RFC 3339 time with a zone."""
        value = self.text(name, required=required)
        if not value:
            return None
        try:
            moment = parse_datetime(value)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            self.fault(name, "format", "must be an RFC 3339 time with a zone")
            return None
        return moment

    def refuse_unknown(self) -> None:
        """Make every field that nobody read a fault."""
        for name in self._body:
            if name not in self._read:
                self.fault(name, "unknown", "is not known here")

    def check(self) -> None:
        """Raise Invalid when anything was wrong."""
        if self.faults:
            raise invalid(self.faults)


def invalid(faults: Sequence[Fault]) -> Invalid:
    """An Invalid whose message counts the faults or words the only one."""
    first = faults[0]
    one = f"{first.property} {first.message}."
    message = one if len(faults) == 1 else f"{len(faults)} problems in the request."
    return Invalid(message=message, faults=tuple(faults))
