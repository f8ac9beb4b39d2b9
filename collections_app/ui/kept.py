"""What was typed and must not stand in an address: kept in the session, which lies sealed.

The address has its id only. The newest few are kept, for a short time.
"""

from __future__ import annotations

import secrets
import time
from typing import Any

from django.http import Http404, HttpRequest

KEY = "kept"
MOST = 8
LIFETIME = 30 * 60  # seconds


def keep(request: HttpRequest, kind: str, data: Any) -> str:
    """Keep ``data`` (plain JSON) as ``kind``; its id."""
    found = dict(request.session.get(KEY, {}))
    name = secrets.token_urlsafe(9)
    found[name] = {"kind": kind, "at": int(time.time()), "data": data}
    newest = sorted(found, key=lambda each: int(found[each]["at"]))[-MOST:]
    request.session[KEY] = {each: found[each] for each in newest}
    return name


def find(request: HttpRequest, kind: str, name: str) -> Any:
    """What was kept under the id; Http404 when it is of another kind, too old or not there."""
    found = request.session.get(KEY, {}).get(name)
    if not found or found["kind"] != kind or time.time() - found["at"] > LIFETIME:
        raise Http404
    return found["data"]
