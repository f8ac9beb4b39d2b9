"""Query parameters, read strictly: a wrong value is an Invalid with one fault, never a guess."""

from __future__ import annotations

from django.http import HttpRequest

from vaultportal.errors import Fault, Invalid


def refuse(name: str, code: str, message: str) -> Invalid:
    """An Invalid about the one parameter ``name``."""
    return Invalid(message=f"{name} {message}.", faults=(Fault(name, code, message),))


def integer(
    request: HttpRequest,
    name: str,
    default: int,
    *,
    least: int = 0,
    most: int | None = None,
    clamp: bool = False,
) -> int:
    """A whole number from ``least`` to ``most``; with ``clamp`` a larger one is cut to ``most``."""
    text = request.GET.get(name)
    if text is None or text == "":
        return default
    digits = text[1:] if text.startswith("-") else text
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        raise refuse(name, "type", "must be a whole number")
    number = int(text)
    if number < least:
        raise refuse(name, "range", f"must be at least {least}")
    if most is not None and number > most:
        if clamp:
            return most
        raise refuse(name, "range", f"must be at most {most}")
    return number


def boolean(request: HttpRequest, name: str, *, default: bool = False) -> bool:
    """``true`` or ``false``, in any letter case."""
    text = request.GET.get(name)
    if text is None or text == "":
        return default
    word = text.lower()
    if word not in ("true", "false"):
        raise refuse(name, "type", "must be true or false")
    return word == "true"


def text(request: HttpRequest, name: str, default: str = "", *, max_length: int = 4096) -> str:
    """The value as it was sent, at most ``max_length`` characters."""
    value = request.GET.get(name, default)
    if len(value) > max_length:
        raise refuse(name, "range", f"must have at most {max_length} characters")
    return value


def choice(request: HttpRequest, name: str, default: str, choices: tuple[str, ...]) -> str:
    """One of ``choices``, in their own letter case whatever the caller's is."""
    value = request.GET.get(name)
    if value is None or value == "":
        return default
    for word in choices:
        if word.lower() == value.lower():
            return word
    raise refuse(name, "choice", f"must be one of {', '.join(choices)}")


def array(request: HttpRequest, name: str) -> list[str]:
    """All items of a parameter that may be repeated, hold commas, or both; empty ones dropped."""
    return [item for value in request.GET.getlist(name) for item in value.split(",") if item]
