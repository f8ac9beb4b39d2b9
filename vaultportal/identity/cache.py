"""The actors that this process has seen lately."""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Lock

from vaultportal.identity.actor import Actor

MOST_SECONDS = 30.0
MOST_ENTRIES = 10_000


@dataclass(frozen=True, slots=True)
class Entry:
    """An actor, when it was read (epoch, monotonic second) and how many seconds it is good for."""

    actor: Actor
    epoch: int
    read_at: float
    seconds: float

    def is_over(self) -> bool:
        return time.monotonic() >= self.read_at + self.seconds


class ActorCache:
    """Actors by a digest of what they came with.

    An entry counts only under the identity epoch it was read at, and never longer than 30 seconds
    or than the credential and the memberships last.
    """

    def __init__(self, most_entries: int = MOST_ENTRIES) -> None:
        self._entries: dict[bytes, Entry] = {}
        self._most_entries = most_entries
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def has(self, key: bytes) -> bool:
        """Whether it is worth asking for the epoch."""
        entry = self._entries.get(key)
        return entry is not None and not entry.is_over()

    def get(self, key: bytes, epoch: int | None) -> Actor | None:
        """The actor, if nothing has changed since."""
        entry = self._entries.get(key)
        if entry is None or entry.epoch != epoch or entry.is_over():
            return None
        return entry.actor

    def put(
        self, key: bytes, actor: Actor, *, epoch: int, read_at: float, seconds: float | None
    ) -> None:
        """Keep an actor that was read at the monotonic second ``read_at``.

        seconds: how long, by the database's clock, everything it was made of stays as it is;
            None for without end.
        """
        life = MOST_SECONDS if seconds is None else min(MOST_SECONDS, seconds)
        with self._lock:
            self._entries.pop(key, None)  # so that it becomes the youngest
            while len(self._entries) >= self._most_entries:
                del self._entries[next(iter(self._entries))]
            self._entries[key] = Entry(actor, epoch, read_at, life)

    def clear(self) -> None:
        """Forget everybody."""
        with self._lock:
            self._entries.clear()
