"""What the settings say a ticket looks like, and things of which each look needs one.

Who owns or manages a thing may mark it so. That binds people, in the pages; programs that call an
API are not asked.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2
from django.utils.translation import gettext as _

from vaultportal.directory import options
from vaultportal.directory.options import Option
from vaultportal.errors import Fault, Forbidden, Invalid
from vaultportal.identity.actor import Actor

LONGEST = 200  # characters of a pattern, and of the words about it
LONGEST_NOTE = 200  # characters of a ticket or note
_MEMORY = 1 << 20  # bytes that a compiled pattern may take
# Credentials of people: a browser that has signed in, and whoever holds a one-time link.
_PEOPLE = frozenset({"session", "link"})
REFUSAL = "ticket.needed"  # the reason of the refusal


def _invalid(name: str, code: str, message: str, **context: str) -> Invalid:
    fault = Fault(name, code, message)
    return Invalid(message=f"{name} {message}.", faults=(fault,), context=context)


def _check_pattern(value: str) -> None:
    if len(value) > LONGEST:
        raise _invalid(PATTERN.name, "range", f"must have at most {LONGEST} characters")
    try:
        _compiled(value)
    except re2.error:
        at = str(_place(value))
        raise _invalid(
            PATTERN.name, "format", f"cannot be read from character {at} on", at=at
        ) from None


def _check_words(value: str) -> None:
    if len(value) > LONGEST:
        raise _invalid(WORDS.name, "range", f"must have at most {LONGEST} characters")
    if value and not value.isprintable():
        raise _invalid(WORDS.name, "format", "must not hold control characters")


def _options() -> Any:
    how = re2.Options()
    how.max_mem = _MEMORY
    how.log_errors = False  # they are told to who typed the pattern
    return how


@lru_cache(maxsize=4)
def _compiled(pattern: str) -> Any:
    """As RE2, whose time grows with the length of the text only, whatever the pattern."""
    return re2.compile(pattern, _options())


def _place(pattern: str) -> int:
    """The character, from 1 on, after the longest beginning of ``pattern`` that is one.

    RE2 says what is wrong, but for brackets not where.
    """
    how = _options()
    for end in range(len(pattern) - 1, 0, -1):
        try:
            re2.compile(pattern[:end], how)
        except re2.error:
            continue
        return end + 1
    return 1


PATTERN = options.register(
    Option(
        "reasons.ticket_pattern",
        default="",
        help="A regular expression (RE2) that the whole of a ticket must fit; empty for any note.",
        check=_check_pattern,
    )
)
WORDS = options.register(
    Option(
        "reasons.ticket_words",
        default="",
        help="What a ticket looks like, for people, as INC-1234; empty for the pattern itself.",
        check=_check_words,
    )
)


def fits(note: str) -> bool:
    """Whether ``note`` is a ticket. Without a pattern any note is."""
    pattern = options.get(PATTERN)
    return not pattern or _compiled(pattern).fullmatch(note) is not None


def is_given(note: str) -> bool:
    """Whether ``note`` does where each look needs a ticket; without a pattern any note does."""
    given = note.strip()
    return bool(given) and fits(given)


def require(actor: Actor) -> None:
    """Refuse a person who looks at such a thing and has given no ticket for it.

    The one place that decides it: the services ask here before they uncover, whatever the page has
    asked. Programs pass; code that a person runs is as good as the person.

    Raises:
        Forbidden: with the reason ``REFUSAL``.
    """
    asking = actor.asker or actor
    if asking.credential.kind in _PEOPLE and not is_given(asking.note):
        raise Forbidden("ticket", "Each look at this needs a ticket or a note.", reason=REFUSAL)


def wanted() -> str:
    """What to say to whoever has given none, or none that fits."""
    if shape := looks():
        said = _("Each look at this needs a ticket, which looks like this: %(looks)s")
        return said % {"looks": shape}
    return _("Each look at this needs a ticket or a note.")


def looks() -> str:
    """What a ticket looks like: in words, else as a pattern; "" where any note will do."""
    pattern = options.get(PATTERN)
    return (options.get(WORDS) or pattern) if pattern else ""
