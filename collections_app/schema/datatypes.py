"""The built-in data types: one row each. A custom type is another row with its own functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from collections_app.schema import checks, masks
from collections_app.schema.checks import Check, matcher
from collections_app.schema.functions import Function
from collections_app.schema.limits import limits
from collections_app.schema.masks import Transform
from collections_app.schema.timestamps import timestamp

TOKEN = "token"  # noqa: S105 the name of a transformation; it is answered from the token table
LONGEST_INDEXABLE_STRING = 2048


@dataclass(frozen=True, slots=True)
class DataType:
    """How values of one type are checked, masked and found.

    check: wire value → normalized value, or BadValue.
    transformers: by the name that follows the dot; ``token`` is every type's and stands apart.
    validator, normalizer, coded: the functions of bundles that a custom type is made of; ``coded``
        are its own transformers, by the name that follows the dot.
    is_long: too long for an index; has_substrings: ``like`` makes sense.
    """

    name: str
    check: Check
    transformers: Mapping[str, Transform] = field(default_factory=dict)
    is_long: bool = False
    has_substrings: bool = False
    description: str = ""
    base: str = ""
    default_transformer: str = ""
    is_builtin: bool = True
    validator: Function | None = None
    normalizer: Function | None = None
    coded: Mapping[str, Function] = field(default_factory=dict)
    created_at: datetime | None = None

    @property
    def transformer_names(self) -> list[str]:
        """Every name that may follow the dot, sorted."""
        return sorted({*self.transformers, *self.coded, TOKEN})

    @property
    def has_code(self) -> bool:
        """Whether values are checked or normalized by functions of a bundle."""
        return self.validator is not None or self.normalizer is not None

    @property
    def is_indexable(self) -> bool:
        """Whether a property of this type may be indexed or unique."""
        if self.is_long:
            return False
        string = "STRING" in (self.name, self.base)
        return not string or limits().max_string_length <= LONGEST_INDEXABLE_STRING


def _mask(transform: Transform) -> Mapping[str, Transform]:
    return {"mask": transform}


_LAST_4 = _mask(masks.all_but_last(4))
_PHONE = matcher(r"\+?[1-9]?[0-9]{7,14}", "must be a phone number", drop="-")

_CVV = matcher(r"[0-9]{3,4}", "must have 3 or 4 digits")
_ROUTING = matcher(
    r"[0-9]{9}|[0-9]{4}/[0-9]{4}|[0-9]{2}-[0-9]{4}/[0-9]{4}", "must be a routing number"
)

_ROWS = (
    DataType("STRING", checks.text, _mask(masks.text), has_substrings=True),
    DataType("LONG_TEXT", checks.long_text, _mask(masks.text), is_long=True, has_substrings=True),
    DataType("JSON", checks.json_value, _mask(masks.json_value), is_long=True),
    DataType("INTEGER", checks.integer, _mask(masks.number)),
    DataType("BOOLEAN", checks.boolean, _mask(masks.constant("*"))),
    DataType("DOUBLE", checks.double, _mask(masks.number)),
    DataType(
        "BLOB",
        checks.blob,
        {"mask": masks.constant("<BLOB>"), "size": masks.blob_size},
        is_long=True,
    ),
    DataType("EMAIL", checks.email, _mask(masks.email), has_substrings=True),
    DataType("EMAIL_STRICT", checks.email_strict, _mask(masks.email), has_substrings=True),
    DataType("URL", checks.url, _mask(masks.url), has_substrings=True),
    DataType("PHONE_NUMBER", _PHONE, _LAST_4),
    DataType(
        "ZIP_CODE_US",
        matcher(r"[0-9]{5}([ -][0-9]{4})?", "must be a US ZIP code"),
        _mask(masks.zip_code),
    ),
    DataType("TIMESTAMP", timestamp, _mask(masks.timestamp)),
    DataType("DATE", checks.day, _mask(masks.day)),
    DataType(
        "DATE_OF_BIRTH",
        checks.day,
        {"mask": masks.day, "age": masks.age, "age_frac": masks.age_frac},
    ),
    DataType("NAME", checks.text, _mask(masks.words), has_substrings=True),
    DataType("GENDER", checks.text, _mask(masks.constant("*" * 10)), has_substrings=True),
    DataType("ADDRESS", checks.text, _mask(masks.text), has_substrings=True),
    DataType("CC_HOLDER_NAME", checks.text, _mask(masks.words), has_substrings=True),
    DataType("SSN", checks.ssn, _mask(masks.ssn), has_substrings=True),
    DataType(
        "BAN",
        matcher(r"[0-9]{5,17}", "must be a bank account number of 5 to 17 digits"),
        _LAST_4,
        has_substrings=True,
    ),
    DataType("CC_NUMBER", checks.card_number, _LAST_4),
    DataType(
        "CC_EXPIRATION_STRING",
        matcher(r"(0[1-9]|1[0-2])/([0-9]{2}|[0-9]{4})", "must be as MM/YY or MM/YYYY"),
        _mask(masks.constant("**/****")),
    ),
    DataType("CC_CVV", _CVV, _mask(masks.constant("***"))),
    DataType(
        "US_BANK_ROUTING",
        _ROUTING,
        _mask(masks.all_but_last(3)),
        has_substrings=True,
    ),
    DataType("US_BANK_ACCOUNT_NUMBER", checks.not_empty, _LAST_4, has_substrings=True),
    DataType("OBJECT_ID", checks.object_id),
    DataType("TENANT_ID", checks.tenant_id, _mask(masks.text)),
)  # fmt: skip

BUILTIN: Mapping[str, DataType] = {row.name: row for row in _ROWS}
