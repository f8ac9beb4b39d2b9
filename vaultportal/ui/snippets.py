"""Code to take away, in several languages."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Snippet:
    """One tab of ``components/code.html``. id: unique on the page, of letters, digits, hyphens."""

    id: str
    label: str | Promise
    text: str
