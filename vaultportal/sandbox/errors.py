"""What can go wrong with code that is not ours.

No message here repeats what the code said or returned: a JavaScript error may quote the data that
it was given. What the author of the code may see stands in ``Thrown.detail``, apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from vaultportal.errors import Disabled, Internal, TooMany, VaultError

LimitKind = Literal["cpu", "wall", "memory", "depth", "input", "output", "calls"]


class HostError(Exception):
    """Raised by a ``Host``: the code gets it as a rejected promise, and may catch it.

    message: the text of the JavaScript error; it must hold no value that the action may not see.
    code: its ``code`` property, for programs.
    cause: what the portal itself wants back when the code does not catch it (``Rejected.host``).
    """

    def __init__(self, message: str, code: str = "", cause: VaultError | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.cause = cause


@dataclass(eq=False)
class SandboxError(Internal):
    """The root of all that a call can end in, but a value."""


@dataclass(eq=False)
class Thrown(SandboxError):
    """The code threw, and did not catch it.

    name: the kind of error: one of JavaScript's own names, "Error" for all others.
    line, column: where in the source, from 1; 0 when that is unknown.
    export: the export that was called; "" while the bundle itself was evaluated.
    detail: name and message as JavaScript has them, 1,000 characters at most. It may quote data:
        show it to who sent the data ("try it"), never store or log it.
    """

    name: str = "Error"
    line: int = 0
    column: int = 0
    export: str = ""
    detail: str = field(default="", repr=False)

    default: ClassVar[str] = "The code threw an error."

    @property
    def place(self) -> str:
        """``line 12, column 3``; "" when it is unknown."""
        return f"line {self.line}, column {self.column}" if self.line else ""


@dataclass(eq=False)
class Rejected(Thrown):
    """The promise that the code returned was rejected.

    host: the HostError that it was rejected with, when the code let one through unchanged.
    """

    host: HostError | None = field(default=None, repr=False)

    default: ClassVar[str] = "The promise of the code was rejected."


@dataclass(eq=False)
class NeverSettled(Thrown):
    """The promise that the code returned waits for nothing that could still happen."""

    default: ClassVar[str] = "The promise of the code never settles."


@dataclass(eq=False)
class NotJson(Thrown):
    """The result cannot be written as JSON: cyclic, a function, a BigInt, too deep."""

    default: ClassVar[str] = "The result of the code is not JSON."


@dataclass(eq=False)
class NoSuchExport(Thrown):
    """The bundle has no such export, or it has no such function."""

    default: ClassVar[str] = "The bundle does not export this function."


@dataclass(eq=False)
class SyntaxFault(Thrown):
    """The source is not JavaScript; ``line`` and ``column`` say where."""

    default: ClassVar[str] = "The code is not valid JavaScript."


@dataclass(eq=False)
class LimitHit(SandboxError):
    """The call was ended because it used up what it may use.

    limit: which; line, column: where the code was, when that is known.
    """

    limit: LimitKind = "cpu"
    line: int = 0
    column: int = 0

    default: ClassVar[str] = "The code has reached a limit."


@dataclass(eq=False)
class Died(SandboxError):
    """The process of the call ended, or spoke nonsense; the portal goes on with another.

    signal: what ended it (SIGSYS: it tried what it may not); 0 when that is not known.
    """

    signal: int = 0

    default: ClassVar[str] = "The process that ran the code has died."


@dataclass(eq=False)
class Busy(TooMany):
    """As many calls as may run at once are running, and waiting did not help."""

    default: ClassVar[str] = "Too many actions are running."


@dataclass(eq=False)
class NotAvailable(Disabled):
    """Code cannot be locked in on this machine, so none is run."""

    default: ClassVar[str] = "Actions are off: this machine cannot lock them in."
