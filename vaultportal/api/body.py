"""Request bodies: one strict JSON parser for every dialect.

Refused with ``Malformed``: text that is not JSON, not UTF-8, NaN and Infinity, lone surrogates, an
object that names a key twice, nesting beyond ``MAX_DEPTH``. Integers of any size stay integers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

import orjson
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, UnreadablePostError

from vaultportal.errors import Malformed, TooLarge, UnsupportedMedia

MAX_DEPTH = 100


def raw(request: HttpRequest) -> bytes:
    """The bytes of the body, at most ``PORTAL_MAX_BODY`` of them; TooLarge beyond."""
    try:
        announced = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        raise Malformed(message="The Content-Length is not a number.") from None
    if announced > settings.PORTAL_MAX_BODY:
        raise TooLarge
    if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        return _unannounced(request)
    try:
        body = request.body
    except RequestDataTooBig:
        raise TooLarge from None
    except UnreadablePostError:
        raise Malformed(message="The request body ended too early.") from None
    if len(body) < announced:
        raise Malformed(message="The request body ended too early.")
    return body


def _unannounced(request: HttpRequest) -> bytes:
    """A body in chunks, whose size nobody tells beforehand; Django takes it for empty."""
    if not hasattr(request, "_body"):
        try:
            body = request.META["wsgi.input"].read(settings.PORTAL_MAX_BODY + 1)
        except OSError:
            raise Malformed(message="The request body ended too early.") from None
        if len(body) > settings.PORTAL_MAX_BODY:
            raise TooLarge
        request._body = body  # where Django keeps what it has read
    return bytes(request._body)


def read_json(
    request: HttpRequest, *, content_types: tuple[str, ...] = ("application/json",)
) -> Any:
    """The JSON value of the body. ``content_types`` are those that the address takes.

    A missing content type counts as right: small scripts forget it, and the parser is strict.
    """
    given = (request.content_type or "").lower()
    if given and given not in content_types:
        raise UnsupportedMedia
    return parse_json(raw(request))


def parse_json(text: bytes) -> Any:
    """``text`` as a JSON value, or Malformed."""
    try:
        orjson.loads(
            text
        )  # the strict grammar, UTF-8 and surrogates, fast; it loses large integers
    except orjson.JSONDecodeError:
        raise Malformed(message="The request body is not valid JSON.") from None
    if text.count(b"[") + text.count(b"{") > MAX_DEPTH:
        _refuse_depth(text)
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_constant)
    except RecursionError:
        raise Malformed(message="The request body is nested too deeply.") from None
    except ValueError:  # digits beyond Python's limit for conversion
        raise Malformed(message="The request body holds a number that is too long.") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise Malformed(message="The request body names a key twice.")
    return made


def _constant(_name: str) -> NoReturn:
    raise Malformed(message="The request body is not valid JSON.")


def _refuse_depth(text: bytes) -> None:
    depth = 0
    quoted = False
    escaped = False
    for byte in text:
        if quoted:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                quoted = False
        elif byte == 0x22:
            quoted = True
        elif byte in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise Malformed(message="The request body is nested too deeply.")
        elif byte in b"]}":
            depth -= 1


def as_object(value: Any) -> Mapping[str, Any]:
    """``value`` where an object is due, or Malformed."""
    if not isinstance(value, dict):
        raise Malformed(message="The request body must be a JSON object.")
    return value
