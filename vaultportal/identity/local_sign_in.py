"""Whom a password does not sign in, because they are to sign in elsewhere.

It is an expression, so that the statement that looks for a person tells it too: who is turned away
takes as long as who is not known. Whoever keeps the rule says what it is (``use``); until then a
password signs in everybody.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import BooleanField, Expression, Value

Rule = Callable[[], Expression]


def _nobody() -> Value:
    return Value(False, output_field=BooleanField())  # noqa: FBT003 a value of SQL


_rule: Rule = _nobody


def use(rule: Rule) -> None:
    """Take the rule from elsewhere: an expression of users, true for whom it turns away."""
    global _rule
    _rule = rule


def is_closed() -> Expression:
    """For ``annotate(is_closed=…)`` of users."""
    return _rule()
