"""Validators and normalizers of the built-in data types: wire value → normalized value.

Each function takes what JSON gave and returns the one form that is stored, compared and searched.
``BadValue`` says what is wrong in words that never hold the value.

Source: the data types of Piiano Vault's documentation; where it is silent the choice is ours.
"""

from __future__ import annotations

import binascii
import math
import re
import unicodedata
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import date
from typing import Any, TypeAlias
from urllib.parse import urlsplit
from uuid import UUID

import orjson

from collections_app.schema.limits import limits

Check: TypeAlias = Callable[[Any], Any]


class BadValue(ValueError):
    """A value that its type refuses; the message is a fragment such as "must be a string"."""


def matcher(pattern: str, message: str, *, drop: str = "") -> Check:
    """A check that the text matches ``pattern`` as a whole, once ``drop`` is taken out of it."""
    compiled = re.compile(pattern)

    def check(value: Any) -> str:
        found = text(value)
        if drop:
            found = found.translate({ord(letter): None for letter in drop})
        if not compiled.fullmatch(found):
            raise BadValue(message)
        return found

    return check


def text(value: Any) -> str:
    """A string of at most MAX_STRING_LENGTH characters that PostgreSQL can hold, in NFC."""
    return _text(value, limits().max_string_length)


def long_text(value: Any) -> str:
    """A string of at most MAX_BLOB_LENGTH characters, in NFC."""
    return _text(value, limits().max_blob_length)


def _text(value: Any, longest: int) -> str:
    if not isinstance(value, str):
        raise BadValue("must be a string")
    if len(value) > longest:
        raise BadValue(f"must have at most {longest} characters")
    normalized = value if value.isascii() else unicodedata.normalize("NFC", value)
    if "\0" in normalized:
        raise BadValue("must not hold the NUL character")
    return normalized


def not_empty(value: Any) -> str:
    """Any text but the empty one."""
    found = text(value)
    if not found:
        raise BadValue("must not be empty")
    return found


def json_value(value: Any) -> Any:
    """Any JSON value; a string that is itself JSON text stands for what it says."""
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            raise BadValue("must be valid JSON") from None
    try:
        dumped = orjson.dumps(value)
    except TypeError:
        raise BadValue("holds a number beyond 64 bits") from None
    if b"\\u0000" in dumped:
        raise BadValue("must not hold the NUL character")
    if len(dumped) > limits().max_blob_length:
        raise BadValue(f"must have at most {limits().max_blob_length} bytes")
    return value


def integer(value: Any) -> int:
    """A whole number of 64 bits; a string of digits counts as one."""
    is_digits = isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,19}", value)
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) < 2**53
    if is_digits or is_whole:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadValue("must be a whole number")
    if not -(2**63) <= value < 2**63:
        raise BadValue("must fit 64 bits")
    return value


def boolean(value: Any) -> bool:
    """true or false."""
    if value is True or value is False:
        return bool(value)
    if isinstance(value, str) and value in ("true", "false"):
        return value == "true"
    raise BadValue("must be true or false")


def double(value: Any) -> float:
    """A finite number; a string that is a number counts as one."""
    if isinstance(value, str) and re.fullmatch(
        r"-?[0-9]{1,400}(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,3})?", value
    ):
        value = float(value)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise BadValue("must be a number")
    try:
        number = float(value)
    except OverflowError:
        raise BadValue("is too large") from None
    if math.isnan(number):
        raise BadValue("must be a number")
    if math.isinf(number):
        raise BadValue("is too large")
    return number + 0.0  # one zero: -0.0 + 0.0 is 0.0


def blob(value: Any) -> str:
    """Standard base64 with padding, of at most MAX_BLOB_LENGTH bytes."""
    if not isinstance(value, str):
        raise BadValue("must be a base64 string")
    try:
        raw = b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise BadValue("must be valid base64") from None
    if len(raw) > limits().max_blob_length:
        raise BadValue(f"must have at most {limits().max_blob_length} bytes")
    return b64encode(raw).decode()


_LOCAL = re.compile(
    r"[^\s@\"(),:;<>\[\]\\.\x00-\x1f\x7f]+(\.[^\s@\"(),:;<>\[\]\\.\x00-\x1f\x7f]+)*"
)
_QUOTED = re.compile(r'"([^"\\\r\n\x00]|\\[^\r\n\x00])*"')
_LABEL = re.compile(r"[^\W_]([\w-]{0,61}[^\W_])?")


def email(value: Any) -> str:
    """An address with a dotted domain; the domain is lower-cased, the local part is not touched."""
    found = text(value)
    local, at, domain = found.rpartition("@")
    labels = domain.split(".")
    if (
        not at
        or len(found) > 320
        or not (_LOCAL.fullmatch(local) or _QUOTED.fullmatch(local))
        or len(labels) < 2
        or not all(_LABEL.fullmatch(label) for label in labels)
    ):
        raise BadValue("must be an e-mail address")
    return f"{local}@{domain.lower()}"


_STRICT = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)


def email_strict(value: Any) -> str:
    """An ASCII address: a dot-atom of at most 64 characters, and a domain that ends in letters."""
    found = text(value)
    local, _, domain = found.rpartition("@")
    if len(found) > 254 or len(local) > 64 or not _STRICT.fullmatch(found):
        raise BadValue("must be an e-mail address")
    return f"{local}@{domain.lower()}"


def url(value: Any) -> str:
    """An absolute URL, or a reference that begins with a slash."""
    found = text(value)
    if not found or re.search(r"[\s\x00-\x1f\x7f<>\"\\^`{|}]", found):
        raise BadValue("must be a URL")
    try:
        parts = urlsplit(found)
        _ = parts.port
    except ValueError:
        raise BadValue("must be a URL") from None
    absolute = bool(parts.scheme) and (bool(parts.netloc) or "://" not in found)
    if not absolute and not found.startswith("/"):
        raise BadValue("must be an absolute URL or begin with a slash")
    return found


def day(value: Any) -> str:
    """A real calendar day as YYYY-MM-DD."""
    found = text(value)
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", found):
        raise BadValue("must be a date as YYYY-MM-DD")
    try:
        date.fromisoformat(found)
    except ValueError:
        raise BadValue("must be a day of the calendar") from None
    return found


_SSN = re.compile(r"([0-9]{3})[ -]?(0[1-9]|[1-9][0-9])[ -]?((?!0000)[0-9]{4})")


def ssn(value: Any) -> str:
    """A US social security number, normalized to its form with dashes."""
    found = _SSN.fullmatch(text(value))
    if not found:
        raise BadValue("must be a social security number")
    return "-".join(found.groups())


def card_number(value: Any) -> str:
    """13 to 19 digits with single spaces or dashes between, normalized to the digits."""
    found = text(value)
    if not re.fullmatch(r"[0-9]([ -]?[0-9]){12,18}", found):
        raise BadValue("must be a card number")
    digits = found.replace(" ", "").replace("-", "")
    if limits().luhn and not luhn_valid(digits):
        raise BadValue("must be a card number with a valid check digit")
    return digits


def luhn_valid(digits: str) -> bool:
    """Whether the last digit is the Luhn check digit of those before."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (2 if place % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def object_id(value: Any) -> str:
    """A UUID in its usual text form, lower-cased."""
    found = text(value)
    if not re.fullmatch(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", found):
        raise BadValue("must be a UUID")
    return str(UUID(found))


def tenant_id(value: Any) -> str:
    """A tenant's name: not empty, no comma, at most 256 characters."""
    found = text(value)
    if not found or "," in found or len(found) > 256:
        raise BadValue("must be a tenant ID without a comma, of 1 to 256 characters")
    return found
