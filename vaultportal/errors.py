"""What can go wrong, in the domain's words.

Domain code raises a kind with a reason; it knows no status code and no vendor. The edges choose the
words (``vaultportal.dialect``). A message never repeats a value that a caller sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one part of the input.

    property: where it is, dotted for nested parts (``read_roles.0.id``).
    code: one of ``missing type format range duplicate unknown choice conflict readonly``.
    message: a sentence fragment that follows the property ("is required"); never the value.
    """

    property: str
    code: str
    message: str


@dataclass(eq=False)
class VaultError(Exception):
    """The root of every refusal and failure that the domain raises.

    noun: what it is about, in the reader's language of the domain ("secret", "collection").
    message: one sentence for a person; each kind has a default.
    reason: a stable name that a dialect may word specially ("secret.name_taken"); "" for none.
    faults: the parts of the input that are wrong.
    context: identifiers that help the caller (never values).
    retry_after: seconds until it is worth trying again; None when unknown.
    """

    noun: str = ""
    message: str = ""
    reason: str = ""
    faults: tuple[Fault, ...] = ()
    context: Mapping[str, str | None] = field(default_factory=dict)
    retry_after: int | None = None

    kind: ClassVar[str] = "internal"
    default: ClassVar[str] = "Something went wrong."

    def __post_init__(self) -> None:
        if not self.message:
            self.message = self.default.format(noun=self.noun or "object")
        super().__init__(self.message)

    def __str__(self) -> str:
        return self.message


class Invalid(VaultError):
    """The input is wrong; ``faults`` says where."""

    kind = "invalid"
    default = "The request is not valid."


class Malformed(Invalid):
    """The body cannot be read at all: not JSON, duplicate keys, too deep, wrong encoding."""

    kind = "malformed"
    default = "The request body cannot be read."


class TooLarge(Invalid):
    """The body, or one value in it, is over the limit."""

    kind = "too_large"
    default = "The request is too large."


class UnsupportedMedia(Invalid):
    """The content type of the body is not one that the address takes."""

    kind = "unsupported_media"
    default = "The content type is not supported here."


class Unauthenticated(VaultError):
    """No credential, or none that is known and alive."""

    kind = "unauthenticated"
    default = "Authentication is required."


class StepUpRequired(VaultError):
    """The person must prove once more who they are."""

    kind = "step_up"
    default = "Confirm that it is you to go on."


class Forbidden(VaultError):
    """The actor is known and may not do this."""

    kind = "forbidden"
    default = "You may not do this."


class NotFound(VaultError):
    """There is none, or none that the actor may know of: the two look the same."""

    kind = "not_found"
    default = "The {noun} is not found."


class MethodNotAllowed(VaultError):
    """The address exists, the method does not."""

    kind = "method"
    default = "This method is not allowed here."


class Disabled(VaultError):
    """The operation exists and this installation, or this mode, has it switched off."""

    kind = "disabled"
    default = "This operation is not available here."


class Conflict(VaultError):
    """The state of things refuses it: the name is taken, it is in use, it changed meanwhile."""

    kind = "conflict"
    default = "The {noun} is in conflict with the present state."


class Stale(Conflict):
    """A check-and-set found another version than the caller's."""

    kind = "stale"
    default = "The {noun} has changed since you read it."


class Gone(VaultError):
    """It was here and never comes back."""

    kind = "gone"
    default = "The {noun} is gone."


class Pending(VaultError):
    """A gate has asked somebody who has not answered yet; ``context["approval"]`` is the place."""

    kind = "pending"
    default = "A decision is awaited."


class TooMany(VaultError):
    """A rate or concurrency limit; ``retry_after`` is set."""

    kind = "too_many"
    default = "Too many requests."


class NotImplementedHere(VaultError):
    """The dialect knows the operation and the portal does not offer it."""

    kind = "not_implemented"
    default = "This operation is not implemented."


class Unavailable(VaultError):
    """Something that the portal needs does not answer; trying again helps."""

    kind = "unavailable"
    default = "The service is not available now."


class Internal(VaultError):
    """A bug, or a failure of the portal's own parts. Logged with the request id, never shown."""

    kind = "internal"
    default = "Something went wrong."
