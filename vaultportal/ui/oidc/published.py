"""What providers publish about themselves, kept by each process for a while.

Whoever is not signed in can have it asked for. So one thread of a process at most waits for a
provider that hangs, and what was of no use is not asked for again at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vaultportal.ui.oidc import tokens

Document = dict[str, Any]

# Seconds that a document is good for, and that one is not asked for anew, whatever came of it.
LASTS, PAUSE = 600.0, 10.0
FOREVER = float("inf")


@dataclass(frozen=True, slots=True)
class _Kept:
    """document: None when there was none of use."""

    at: float
    document: Document | None


_kept: dict[str, _Kept] = {}
_asking: dict[str, threading.Lock] = {}


def read(key: str, fetch: Callable[[], Document], *, lasts: float = LASTS) -> Document:
    """The document that ``fetch`` gets, or the one of before when it is at most ``lasts`` old.

    The one of before also while somebody asks for a newer one.

    key: what it is, of which provider.

    Raises:
        Untrusted: somebody is asking for it for the first time, or it was of no use a moment ago.
        Whatever ``fetch`` raises.
    """
    if (document := _known(key, lasts)) is not None:
        return document
    lock = _asking.setdefault(key, threading.Lock())
    if not lock.acquire(blocking=False):
        if (document := _known(key, FOREVER)) is not None:
            return document
        raise tokens.Untrusted("The issuer is being asked and has not answered yet.")
    try:
        if (document := _known(key, lasts)) is not None:  # somebody was quicker
            return document
        document = None
        try:
            document = fetch()
        finally:
            _kept[key] = _Kept(time.monotonic(), document)
        return document
    finally:
        lock.release()


def forget() -> None:
    """Ask for everything anew."""
    _kept.clear()


def _known(key: str, lasts: float) -> Document | None:
    kept = _kept.get(key)
    if kept is None:
        return None
    age = time.monotonic() - kept.at
    if kept.document is None and age < PAUSE:
        raise tokens.Untrusted("The issuer gave no answer of use a moment ago.")
    return kept.document if age < lasts else None
