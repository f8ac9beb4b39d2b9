"""Sentences that several pages say."""

from __future__ import annotations

from django.utils.translation import ngettext


def wait_sentence(seconds: int | None) -> str:
    """When it is worth trying again, in words; "" when nobody knows."""
    if seconds is None:
        return ""
    if seconds < 60:
        return ngettext(
            "Try again in %(count)d second.", "Try again in %(count)d seconds.", seconds
        ) % {"count": seconds}
    minutes = -(-seconds // 60)
    return ngettext(
        "Try again in %(count)d minute.", "Try again in %(count)d minutes.", minutes
    ) % {"count": minutes}
