"""The forms of secrets. Fields are pairs of rows: a name and a value, as many as there are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from secrets_app import names, types
from secrets_app.services.fieldwise import Kept
from secrets_app.types import Kind
from vaultportal.directory import selectors as directory
from vaultportal.identity.actor import Actor

# First the name, then everything behind the first "="; a line of shell may begin with "export".
_LINE = re.compile(r"\s*(?:export\s+)?([^=\s#][^=]*?)\s*=(.*)")
BLANK_ROWS = 3
MAX_ROWS = 200


@dataclass(frozen=True, slots=True)
class Row:
    """One field on the page. position: of the stored field that it is; None for a new one."""

    name: str = ""
    value: str = field(default="", repr=False)
    position: int | None = None
    error: str = ""


def pasted(text: str) -> list[tuple[str, str]]:
    """The pairs of ``KEY=value`` lines; lines without "=" and comments are left out."""
    found = [_LINE.fullmatch(line) for line in text.splitlines()]
    return [(match[1], _unquoted(match[2].strip())) for match in found if match]


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value


class FieldRows:
    """The rows of a posted form: ``name-N``, ``value-N``, ``stored-N`` and ``drop-N``."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        numbers = sorted(int(key[5:]) for key in data if re.fullmatch(r"name-\d{1,3}", key))
        self.rows = [self._row(data, number) for number in numbers[:MAX_ROWS]]
        self.rows += [Row(name, value) for name, value in pasted(data.get("lines", ""))]
        self.rows = [row for row in self.rows if row.name or row.value or row.position is not None]

    def _row(self, data: Mapping[str, Any], number: int) -> Row:
        if data.get(f"drop-{number}"):
            return Row()
        stored = data.get(f"stored-{number}", "")
        position = int(stored) if re.fullmatch(r"\d{1,4}", stored) else None
        value = data.get(f"value-{number}", "").replace("\r\n", "\n")
        return Row(data.get(f"name-{number}", "").strip(), value, position)

    def check(self) -> bool:
        """Whether every row has a name of its own; else the rows say what is wrong."""
        seen: set[str] = set()
        checked = []
        for row in self.rows:
            error = ""
            if not row.name:
                error = _("A name is missing.")
            elif row.name in seen:
                error = _("Another field has this name.")
            seen.add(row.name)
            checked.append(Row(row.name, row.value, row.position, error))
        self.rows = checked
        return bool(checked) and not any(row.error for row in checked)

    def against(self, present: Sequence[str]) -> list[Row]:
        """The fields that there are by now, with what was typed under their names or new ones."""
        typed = {row.name: row.value for row in self.rows if row.name and row.value}
        rows = [Row(name, typed.pop(name, ""), number) for number, name in enumerate(present)]
        return [*rows, *(Row(name, value) for name, value in typed.items())]

    @property
    def kept(self) -> list[Kept]:
        """Stored fields without a new value: they stay as they are."""
        return [
            Kept(row.position, row.name)
            for row in self.rows
            if row.position is not None and not row.value
        ]

    @property
    def written(self) -> dict[str, str]:
        """Names and values that were typed."""
        return {row.name: row.value for row in self.rows if row.position is None or row.value}


def numbered(rows: Sequence[Row], blanks: int = BLANK_ROWS) -> list[tuple[int, Row]]:
    """The rows as a page shows them, with some empty ones behind."""
    return list(enumerate([*rows, *(Row() for _ in range(blanks))]))


class TicketField(forms.BooleanField):
    """Whether people are to give a ticket with each look."""

    def __init__(self) -> None:
        super().__init__(
            label=gettext_lazy("Each look needs a ticket"),
            required=False,
            help_text=gettext_lazy(
                "People give a ticket or a note each time they reveal, copy or export it. Programs"
                " are not asked."
            ),
        )


class SecretForm(forms.Form):
    """A new secret's name and type; its fields are ``FieldRows``."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=names.MAX_LENGTH,
        strip=False,
        help_text=gettext_lazy("A slash makes a folder: prod/db/orders"),
        widget=forms.TextInput(
            {
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
                "list": "folders",
            }
        ),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Type"), required=False)
    needs_ticket = TicketField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["kind"]
        field.choices = [(each.name, each.title) for each in types.every_kind()]  # type: ignore[attr-defined]  # a ChoiceField

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if names.fault_of(name):
            raise forms.ValidationError(
                _("This name cannot be used: no control characters, no empty, '.' or '..' parts.")
            )
        return name

    @property
    def type(self) -> str:
        """The type as secrets have it: "" for plain JSON."""
        kind: str = self.cleaned_data.get("kind") or ""
        return "" if kind == "json" else kind


class SharedSecretForm(SecretForm):
    """And the roles that it is shared with from the beginning."""

    readers = forms.MultipleChoiceField(
        label=gettext_lazy("Roles that may read it"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    writers = forms.MultipleChoiceField(
        label=gettext_lazy("Roles that may write it"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = directory.list_roles(actor).values_list("uuid", "name")
        choices = [(str(uuid), name) for uuid, name in roles]
        for name in ("readers", "writers"):
            self.fields[name].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    def roles(self, name: str) -> tuple[UUID, ...]:
        """The chosen ones, of a form that is right."""
        return tuple(UUID(text) for text in self.cleaned_data.get(name, ()))


def fields_of(kind: Kind, present: Sequence[Row]) -> list[Row]:
    """The rows with those of the type's fields that are missing added."""
    there = {row.name for row in present}
    return [
        *present,
        *(Row(name) for name in kind.schema.get("properties", {}) if name not in there),
    ]


def typed(kind: Kind | None, written: Mapping[str, str]) -> dict[str, Any]:
    """What was typed, whole numbers as numbers where the type says so.

    Optional fields of the type that were left empty are left out.
    """
    if kind is None:
        return dict(written)
    wanted, required = kind.schema.get("properties", {}), kind.schema.get("required", ())
    found: dict[str, Any] = {}
    for name, text in written.items():
        if not text and name in wanted and name not in required:
            continue
        is_number = wanted.get(name, {}).get("type") == "integer"
        found[name] = int(text) if is_number and re.fullmatch(r"-?\d{1,18}", text) else text
    return found
