"""One page in one state."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """path: may hold {names} of things that a seed made. view: its name in the URLs.

    reason: why the session browses collections before this page is opened; "" as it is.
    """

    name: str
    path: str
    view: str
    signed_in: bool = True
    status: int = 200
    reason: str = ""
