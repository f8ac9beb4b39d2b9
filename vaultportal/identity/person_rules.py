"""Rules of people that are kept elsewhere, and told by the statement that reads the person.

Each is an expression, so that no request asks for it by itself, and who is turned away takes as
long as who is not known. Whoever keeps the rule says what it is; until then it holds for nobody.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import BooleanField, Expression, Value

Rule = Callable[[], Expression]


class PersonRule:
    """One of them: an expression of users, true for whom it holds."""

    def __init__(self) -> None:
        self._rule: Rule | None = None

    def use(self, rule: Rule) -> None:
        """Take the rule from elsewhere."""
        self._rule = rule

    def expression(self) -> Expression:
        """For ``annotate`` of users."""
        if self._rule is None:
            return Value(False, output_field=BooleanField())  # noqa: FBT003 a value of SQL
        return self._rule()


# Whom a password does not sign in, because they are to sign in elsewhere.
local_sign_in_closed = PersonRule()
# Of whom a second factor is demanded, and who has none.
factor_missing = PersonRule()
