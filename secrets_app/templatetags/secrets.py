"""``{% load secrets %}``: what an import said, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable

from django import template

from secrets_app.ui import told

register = template.Library()


@register.filter
def said(text: str) -> str:
    """One saying of a report."""
    return told.said(text)


@register.filter
def said_each(texts: Iterable[str]) -> str:
    """Several of them."""
    return told.each(texts)
