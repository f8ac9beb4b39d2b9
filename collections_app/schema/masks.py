"""The built-in transformations: normalized value → what a reader of the mask may see. Pure.

Source: the transformation table of Piiano Vault's documentation and the examples in it.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, TypeAlias

Transform: TypeAlias = Callable[[Any], Any]

LONGEST_MASK = 32
# Three-digit areas with 20,000 people or fewer: naming one would point at few people.
SPARSE_ZIP_AREAS = frozenset(
    "036 059 063 102 203 556 692 790 821 823 830 831 878 879 884 890 893".split()  # noqa: SIM905 one line
)
SHARED_SECOND_LEVELS = frozenset({"ac", "co", "com", "edu", "gov", "ne", "net", "or", "org"})


def text(value: str) -> str:
    """Every character but white space starred; long results end in an ellipsis."""
    starred = re.sub(r"\S", "*", value)
    return starred if len(starred) <= LONGEST_MASK else starred[: LONGEST_MASK - 3] + "..."


def email(value: str) -> str:
    """The first character and the domain stay."""
    local, _, domain = value.rpartition("@")
    return f"{local[:1]}{'*' * (len(local) - 1)}@{domain}"


def all_but_last(kept: int) -> Transform:
    """A mask that leaves the last ``kept`` characters, and nothing of a value that is no longer."""

    def mask(value: str) -> str:
        if len(value) <= kept:
            return "*" * len(value)
        return "*" * (len(value) - kept) + value[-kept:]

    return mask


def constant(shown: str) -> Transform:
    """A mask that is the same for every value."""
    return lambda _value: shown


def ssn(value: str) -> str:
    """The last four digits stay."""
    return f"***-**-{value[-4:]}"


def words(value: str) -> str:
    """The first letter of each word stays."""
    return re.sub(r"(\S)(\S*)", lambda word: word[1] + "*" * len(word[2]), value)


def number(value: float) -> str:
    """Every digit starred; sign and point stay."""
    return re.sub(r"[0-9]", "*", repr(value))


def day(value: str) -> str:
    """The year stays."""
    return f"{value[:4]}-**-**"


def timestamp(value: str) -> str:
    """Day and hour stay."""
    return f"{value[:13]}:**:**Z"


def zip_code(value: str) -> str:
    """The area stays, unless few people live in it."""
    return ("000" if value[:3] in SPARSE_ZIP_AREAS else value[:3]) + "**"


def url(value: str) -> str:
    """Scheme and registrable domain stay."""
    found = re.fullmatch(r"([A-Za-z][A-Za-z0-9+.-]*://)([^/?#]*)(.*)", value, re.DOTALL)
    if not found:
        return re.sub(r"[^/]", "*", value)
    scheme, authority, rest = found.groups()
    host = authority.rpartition("@")[2]
    name = host if host.startswith("[") else host.partition(":")[0]
    domain = _registrable(name)
    before = len(authority) - len(host) + len(name) - len(domain)
    return f"{scheme}{'*' * before}{domain}{'*' * (len(host) - len(name) + len(rest))}"


def _registrable(name: str) -> str:
    labels = name.split(".")
    if re.fullmatch(r"[0-9.]+|\[.*\]", name) or len(labels) <= 2:
        return name
    shared = len(labels[-1]) == 2 and labels[-2].lower() in SHARED_SECOND_LEVELS
    return ".".join(labels[-3 if shared else -2 :])


def json_value(value: Any) -> Any:
    """String leaves starred, the structure stays."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return [json_value(item) for item in value]
    if isinstance(value, dict):
        return {name: json_value(item) for name, item in value.items()}
    return value


def blob_size(value: str) -> int:
    """How many bytes the blob has."""
    return len(b64decode(value))


def age(value: str) -> int:
    """Whole years since the day."""
    born, today = date.fromisoformat(value), datetime.now(UTC).date()
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def age_frac(value: str) -> float:
    """Years since the day, with one decimal."""
    return round((datetime.now(UTC).date() - date.fromisoformat(value)).days / 365.2425, 1)
