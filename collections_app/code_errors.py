"""What can go wrong with the team's own code, and with what it reaches out to.

A message says what happened and where in the bundle, and never holds what the code was given: text
that a thrown error carries is the code's own making, so it stays inside.
"""

from __future__ import annotations

from vaultportal.errors import (
    Conflict,
    Disabled,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    NotImplementedHere,
    Unavailable,
    VaultError,
)


class CodeFailed(VaultError):
    """The team's own code has failed; the caller's input was not necessarily wrong."""

    kind = "unavailable"
    default = "The code has failed."


class OutOfTime(Unavailable):
    """A function of a bundle was ended for the time that it took."""


def place_of(function: str, line: int | None) -> dict[str, str]:
    """``function`` as ``bundle.function``, and the line in the bundle as far as it is known."""
    return {"function": function} | ({"line": str(line)} if line else {})


def code_refused(message: str, **context: str) -> Invalid:
    """PV9013 with 400: the code of a bundle cannot be taken."""
    return Invalid(message=message, reason="code.failed", context=context)


def function_threw(function: str, line: int | None) -> CodeFailed:
    """PV9013 with 500: the function threw, or its promise was rejected."""
    return CodeFailed(
        message=f"{function} has failed with an error.",
        reason="code.threw",
        context=place_of(function, line),
    )


def answer_refused(function: str) -> CodeFailed:
    """PV9013 with 500: what the function returned is not JSON, or is too large."""
    return CodeFailed(
        message=f"{function} has returned what is not JSON, or too much of it.",
        reason="code.threw",
        context=place_of(function, None),
    )


def limit_hit(function: str, limit: str) -> CodeFailed:
    """PV9013 with 500: over a limit other than time (``memory``, ``stack``, ``calls``)."""
    return CodeFailed(
        message=f"{function} has gone over its limit of {limit}.",
        reason="code.threw",
        context=place_of(function, None) | {"limit": limit},
    )


def out_of_time(function: str) -> OutOfTime:
    """PV1009."""
    return OutOfTime(
        message="The operation timed out on the server.",
        reason="timeout",
        context=place_of(function, None),
        retry_after=1,
    )


def runtime_down() -> Unavailable:
    """PV1009: the runtime has died or is busy; the next call finds a new one."""
    return Unavailable(
        message="The runtime of actions does not answer.", reason="timeout", retry_after=1
    )


def runtime_missing() -> NotImplementedHere:
    """PV2001: code cannot be locked up on this machine, so none is run."""
    return NotImplementedHere(message="Actions are not available on this machine.")


def javascript_disabled() -> Disabled:
    """PV1003."""
    return Disabled(message="JavaScript is switched off here.", reason="feature.disabled")


def action_off(name: str) -> Disabled:
    """PV1003: the action ran out of time too often."""
    return Disabled(
        message="The action is off: it ran out of time again and again.",
        reason="feature.disabled",
        context={"action": name},
    )


def code_missing(noun: str) -> NotFound:
    """PV1004 for a bundle, function, data type, action or role."""
    return NotFound(noun, reason="collection.missing")


def in_use(noun: str, name: str) -> Conflict:
    """PV9002."""
    return Conflict(noun, f"The {noun} is in use.", reason="in_use", context={noun: name})


def built_in(noun: str, name: str) -> Invalid:
    """PV9005."""
    return Invalid(
        message=f"The {noun} is built in.", reason="property.readonly", context={noun: name}
    )


def role_gone() -> Gone:
    """PV1033: the role that an action runs with was retired, and does not come back."""
    return Gone("role", "The role of the action is gone.")


def destination_refused() -> Forbidden:
    """PV9014."""
    return Forbidden(message="The destination is not allowed.", reason="destination")
