"""The outcome of a bulk call: each item's own, in the order given; all are done or none is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar
from uuid import UUID

from vaultportal.errors import Conflict, Forbidden, Unauthenticated, VaultError

T = TypeVar("T")


class BulkFailed(Exception):
    """Leaves the unit of work, so that nothing of it stays."""


class Bulk:
    """ids: of all items, when all are done. faults: what was wrong, by place."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.ids: list[UUID] = []
        self.faults: dict[int, VaultError] = {}

    @property
    def is_done(self) -> bool:
        """Whether every item is done."""
        return not self.faults

    def collect(self, place: int, work: Callable[[], T]) -> T | None:
        """The result of ``work``, or None when the item at ``place`` is at fault.

        A refusal for want of rights is not the item's: it refuses the whole call.
        """
        try:
            return work()
        except (Forbidden, Unauthenticated):
            raise
        except VaultError as fault:
            if fault.kind == "internal":
                raise
            self.faults.setdefault(place, fault)
            return None

    def stop_if_failed(self) -> None:
        """Go no further once an item is at fault."""
        if self.faults:
            raise BulkFailed

    @contextmanager
    def undone_on_failure(self) -> Iterator[None]:
        """Around the unit of work: a failed item undoes it, and the faults stand here."""
        try:
            yield
        except BulkFailed:
            self.ids = []

    def fault_at(self, place: int) -> VaultError:
        """What to say of an item of a call that was not done."""
        return self.faults.get(place) or Conflict(
            "object", "Aborted because another item of the call failed.", reason="bulk.aborted"
        )
