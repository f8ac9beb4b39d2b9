"""What a draft will look like in use: a made-up row, its masks, what can be searched, warnings."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from collections_app.schema.checks import BadValue
from collections_app.schema.datatypes import BUILTIN, DataType
from collections_app.schema.drafts import CollectionDraft, PropertyDraft
from collections_app.schema.wire import check_property, data_type
from collections_app.ui.columns import as_text
from vaultportal.errors import Invalid

# All made up; they pass the checks of their types.
_SAMPLES: dict[str, object] = {
    "STRING": "Riverside 12",
    "LONG_TEXT": "A longer text, over several lines.",
    "JSON": {"plan": "gold"},
    "INTEGER": 42,
    "BOOLEAN": True,
    "DOUBLE": 12.5,
    "BLOB": "c2FtcGxl",
    "EMAIL": "ida.holm@example.org",
    "EMAIL_STRICT": "ida.holm@example.org",
    "URL": "https://www.example.org/ida",
    "PHONE_NUMBER": "+12025550147",
    "ZIP_CODE_US": "97201",
    "TIMESTAMP": "2026-03-14T09:41:50Z",
    "DATE": "2026-03-14",
    "DATE_OF_BIRTH": "1987-06-05",
    "NAME": "Ida Holm",
    "GENDER": "female",
    "ADDRESS": "Riverside 12, Porto",
    "CC_HOLDER_NAME": "Ida Holm",
    "SSN": "078-05-1120",
    "BAN": "123456789012",
    "CC_NUMBER": "4111111111111111",
    "CC_EXPIRATION_STRING": "04/2029",
    "CC_CVV": "123",
    "US_BANK_ROUTING": "021000021",
    "US_BANK_ACCOUNT_NUMBER": "123456789",
    "OBJECT_ID": "3f0c2a51-8a0b-4a63-9f43-0d6f4d0f2b11",
    "TENANT_ID": "acme",
}
_SENSITIVE = frozenset(
    [
        "EMAIL",
        "EMAIL_STRICT",
        "PHONE_NUMBER",
        "DATE_OF_BIRTH",
        "NAME",
        "ADDRESS",
        "CC_HOLDER_NAME",
        "SSN",
        "BAN",
        "CC_NUMBER",
        "CC_EXPIRATION_STRING",
        "CC_CVV",
        "US_BANK_ROUTING",
        "US_BANK_ACCOUNT_NUMBER",
    ]
)


@dataclass(frozen=True, slots=True)
class Preview:
    """One property as it will be. shown: what a page shows of the sample."""

    name: str
    sample: str
    shown: str
    searches: str
    warnings: tuple[str, ...]


def faults(draft: CollectionDraft) -> dict[int, str]:
    """What is wrong with each row, by its place."""
    found: dict[int, str] = {}
    seen: set[str] = set()
    for place, each in enumerate(draft.properties):
        if each.name in seen:
            found[place] = _("This name is taken by a property above.")
            continue
        seen.add(each.name)
        try:
            check_property(draft.name, each)
        except Invalid as refusal:
            found[place] = refusal.message
    return found


def previews(draft: CollectionDraft) -> list[Preview]:
    """Every property whose type is known."""
    found = []
    for each in draft.properties:
        try:
            kind = data_type(each.data_type_name)
        except Invalid:
            continue
        found.append(_preview(each, kind))
    return found


def _preview(each: PropertyDraft, kind: DataType) -> Preview:
    base = BUILTIN.get(kind.base or kind.name)
    raw = _SAMPLES.get(kind.base or kind.name, "")
    shown = as_text(raw)
    if base is not None and each.is_encrypted:
        try:
            shown = as_text(base.transformers["mask"](base.check(raw)))
        except (KeyError, BadValue):
            shown = "•" * 12
    searches, warnings = _searches(each), tuple(_warnings(each, kind))
    return Preview(each.name, as_text(raw), shown, searches, warnings)


def _searches(each: PropertyDraft) -> str:
    if each.is_substring_index:
        return _("parts of it")
    if not each.is_encrypted or each.is_index or each.is_unique:
        return _("the whole value")
    return _("none: encrypted without an index")


def _warnings(each: PropertyDraft, kind: DataType) -> list[str]:
    found = []
    name = kind.base or kind.name
    if name in _SENSITIVE and not each.is_encrypted:
        found.append(_("Lies in clear in the database and in its backups."))
    if name == "CC_CVV":
        found.append(_("Card rules forbid keeping this after the payment was authorized."))
    if each.is_encrypted and (each.is_index or each.is_unique) and name in ("BOOLEAN", "GENDER"):
        found.append(_("Few values: equal ones can be told from the index."))
    if each.is_substring_index:
        found.append(_("A substring index tells which values share letters."))
    if each.is_unique and each.is_nullable:
        found.append(_("Objects without a value do not count as equal."))
    return found
