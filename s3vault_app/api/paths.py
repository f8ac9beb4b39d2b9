"""The addresses of the wire in one form: clients write them in any letter case, with doubled
slashes and with or without a last one, and a redirect would lose a request's body.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

BASE = "/commandcenter/api"
ALIAS = "/webconsole/api"
MOST_INT32 = 2**31 - 1
MOST_INT64 = 2**63 - 1
_SLASHES = re.compile(r"/{2,}")


def canonical(path: str) -> str:
    """The one form of a path below one of the bases: lower-case, single slashes, none at the end.

    No segment of this wire carries more than a word of it or a number.
    """
    plain = _SLASHES.sub("/", path).rstrip("/").lower()
    for base in (BASE, ALIAS):
        if plain == base or plain.startswith(f"{base}/"):
            return BASE + plain[len(base) :]
    return path


class PathMiddleware:
    """Lets ``urls`` see the one form; every other path passes untouched."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        path = request.path_info
        if path[1:2] in "cCwW/":  # nearly every other path of the portal stops here
            request.path_info = canonical(path)
        return self.get_response(request)


class Int32Converter:
    """A decimal number that fits; anything else is no address."""

    regex = "[0-9]{1,10}"

    def to_python(self, value: str) -> int:
        number = int(value)
        if number > MOST_INT32:
            raise ValueError
        return number

    def to_url(self, value: int) -> str:
        return str(value)


class Int64Converter(Int32Converter):
    """The same for jobs."""

    regex = "[0-9]{1,19}"

    def to_python(self, value: str) -> int:
        number = int(value)
        if number > MOST_INT64:
            raise ValueError
        return number
