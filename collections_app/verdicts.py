"""What the functions of custom types said of the values of one call.

Code runs before the call's transaction begins, for all its values at once; within it, the checks
of custom types look up here what was said. A value that was not put to the code (the schema has
changed in between) raises ``NeedsCode``, which ends the transaction; the door then asks and begins
anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from collections_app.schema.checks import BadValue
from collections_app.schema.datatypes import DataType
from vaultportal.errors import VaultError

Key: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """value: as it is stored; refusal: why it is not, without it; fault: the code failed."""

    value: Any = field(default=None, repr=False)
    refusal: str = ""
    fault: VaultError | None = None

    def settle(self) -> Any:
        """The normalized value, BadValue, or the failure of the code."""
        if self.fault is not None:
            raise self.fault
        if self.refusal:
            raise BadValue(self.refusal)
        return self.value


class NeedsCode(Exception):
    """A value of a custom type that its functions have not seen."""

    def __init__(self, data_type: DataType, value: Any) -> None:
        super().__init__(data_type.name)
        self.data_type = data_type
        self.value = value


_said: ContextVar[Mapping[Key, Verdict] | None] = ContextVar("verdicts", default=None)


def key_of(signature: str, value: Any) -> Key:
    """What a verdict is found by: the functions, and the value as it was sent."""
    return signature, json.dumps(value, sort_keys=True)


def find(signature: str, value: Any) -> Verdict | None:
    """What was said of ``value`` in this call."""
    said = _said.get()
    return None if said is None else said.get(key_of(signature, value))


def is_open() -> bool:
    """Whether a door further out has asked already."""
    return _said.get() is not None


@contextmanager
def known(said: Mapping[Key, Verdict]) -> Iterator[None]:
    """While the block runs, checks know ``said``."""
    token = _said.set(said)
    try:
        yield
    finally:
        _said.reset(token)
