"""Of whom a second factor is demanded, and who has none.

It is an expression, so that the statement that reads the person of a session tells it too, and no
request asks for it by itself. Whoever keeps the rule says what it is (``use``); until then nobody
lacks anything.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import BooleanField, Expression, Value

Rule = Callable[[], Expression]


def _nobody() -> Value:
    return Value(False, output_field=BooleanField())  # noqa: FBT003 a value of SQL


_rule: Rule = _nobody


def use(rule: Rule) -> None:
    """Take the rule from elsewhere: an expression of users, true for who lacks one."""
    global _rule
    _rule = rule


def is_missing() -> Expression:
    """For ``annotate(lacks_factor=…)`` of users."""
    return _rule()
