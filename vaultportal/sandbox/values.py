"""What goes in and out at the door of the sandbox."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from vaultportal.sandbox.errors import Thrown

Host = Callable[[str, Any], Any]
"""Answers one request of the code: its name and JSON argument in, JSON out.

=======================  =====================================  ==================================
name                     argument                               answer
=======================  =====================================  ==================================
``vault.deref``          what the code passed                   what its promise resolves to
``vault.crypto.decrypt`` what the code passed                   what its promise resolves to
``fetch``                {url, method, headers, body}; body     {ok, status, headers, body}, body
                         is text or null                        is text
``console.log``          {level, arguments: [any JSON]}         ignored
=======================  =====================================  ==================================

Raise ``HostError`` for what the code may catch. Anything else that is raised ends the call and
comes out of ``call`` as it is. ``seconds_left()`` says how long an answer may take.
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call (of one value, or of a page of them) may use.

    cpu_seconds: processor time, of the bundle's evaluation too.
    wall_seconds: from start to end, waiting for the host's answers included.
    memory_bytes: of the JavaScript heap.
    input_bytes, output_bytes: the JSON text of all arguments, of all results.
    calls: requests to the host, ``console`` not counted.
    log_bytes: of all that ``console`` writes; what is over it is dropped, once with a notice.
    """

    cpu_seconds: float = 1.0
    wall_seconds: float = 5.0
    memory_bytes: int = 64 * 2**20
    input_bytes: int = 16 * 2**20
    output_bytes: int = 2**20
    calls: int = 100
    log_bytes: int = 16 * 2**10


@dataclass(frozen=True, slots=True)
class Program:
    """A bundle: CommonJS source, known by the SHA-256 of it. Make one with ``Program.of``."""

    source: str = field(repr=False)
    digest: str
    name: str

    @classmethod
    def of(cls, source: str, name: str) -> Program:
        """``name`` is the bundle's, for messages and logs."""
        digest = hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()
        return cls(source, digest, name)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one item of a page came to: ``value``, unless ``error`` is set."""

    value: Any = field(default=None, repr=False)
    error: Thrown | None = None


@dataclass(frozen=True, slots=True)
class Export:
    """One own enumerable member of ``exports`` (``__esModule`` has no place here).

    kind: ``typeof`` of it ("object" for null and arrays too).
    functions: names of its own members that are functions ("handler").
    metadata: its JSON, functions left out; None when it has none.
    """

    name: str
    kind: str
    functions: tuple[str, ...]
    metadata: Any


@dataclass(frozen=True, slots=True)
class Description:
    """What a bundle exports, sorted by name."""

    exports: tuple[Export, ...]


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether code runs here.

    ready: it does: locked in, or unlocked because a development setting says so.
    locked: every lock that is needed holds.
    locks: those that hold ("seccomp", "landlock", "uid", "rlimits", ...).
    reasons: sentences that say what is missing; empty when all of it is there.
    """

    ready: bool
    locked: bool
    locks: tuple[str, ...]
    reasons: tuple[str, ...]
