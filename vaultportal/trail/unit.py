"""The unit of work: what is done, what is told and what is accounted for stand or fall together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

from django.conf import settings
from django.db import transaction

from vaultportal.audit.entry import Detail, Target, note
from vaultportal.identity.actor import Actor
from vaultportal.trail import spool
from vaultportal.trail.batch import Batch, Happening


class Emittable(Protocol):
    """What ``emit`` needs of an event type; ``vaultportal.events.catalog`` has the real ones."""

    @property
    def id(self) -> str: ...

    def payload(self, actor: Actor, *, id: str, name: str, **further: Any) -> Mapping[str, Any]: ...


_writing: ContextVar[Batch | None] = ContextVar("trail_writing", default=None)
_reading: ContextVar[Batch | None] = ContextVar("trail_reading", default=None)


@contextmanager
def unit() -> Iterator[None]:
    """One unit of work, as a context manager or a decorator.

    The outermost one opens the transaction and writes events and audit entries at its end, in one
    statement as a rule; when that fails, nothing of the unit is left. A nested one joins. When a
    nested one fails, the whole fails, unless its caller put a savepoint (``transaction.atomic``)
    around it.
    """
    outer = _writing.get()
    if outer is not None:
        mark = outer.mark()
        try:
            yield
        except BaseException:  # whatever it is, what was not done is not told
            outer.cut(mark)
            transaction.set_rollback(True)
            raise
        return
    batch = Batch()
    # Not durable: Django's admin wraps whole requests in a transaction.
    with transaction.atomic(), _current(_writing, batch):
        yield
        if transaction.get_rollback():
            raise RuntimeError(
                "A part of this unit of work has failed, and its failure was swallowed."
            )
        batch.flush()


@contextmanager
def read_unit() -> Iterator[None]:
    """A unit of work that reads plaintext and changes no row, as a context manager or a decorator.

    It returns after its entries are safe: committed (``AUDIT_READS=flush``), or appended to the
    spool of this process (``spool``). Inside ``unit()`` it joins that one, which commits before it
    returns.

    There is no transaction around the reading itself, so that a chain is held for its statement
    only and both settings give the same view of the database.

    When it fails, nothing is written but what came before ``uncovered()``.
    """
    if _writing.get() is not None:
        with unit():
            yield
        return
    if _reading.get() is not None:
        yield
        return
    batch = Batch()
    try:
        with _current(_reading, batch):
            yield
    except BaseException:  # as above
        batch.cut(batch.kept)
        _keep(batch)
        raise
    _keep(batch)


def _keep(batch: Batch) -> None:
    """Make what was read safe."""
    if batch.is_empty():
        return
    if settings.AUDIT_READS == "spool":
        spool.append(batch)
        return
    if batch.commit():
        return
    # Durable: within a transaction of somebody else, the entry could vanish after the reveal.
    with transaction.atomic(durable=True):
        batch.flush()


def record(
    actor: Actor,
    action: str,
    target: Target | None = None,
    *,
    outcome: str = "success",
    **detail: Detail,
) -> None:
    """Account for what the actor does; written at the end of the unit of work.

    action: noun and verb, "secret.read". outcome: success, failure, refused or pending.
    detail: identifiers, counts and choices, never a value of the vault (a searched term as
    ``term``).

    Raises:
        RuntimeError: outside a unit of work. What cannot be accounted for must not happen.
    """
    _batch().notes.append(note(actor, action, target, outcome, detail))


def uncovered() -> None:
    """Say that plaintext leaves our hands now: what is recorded so far stays, come what may.

    For a reading whose values go to somebody else, such as a team's own code, before it has ended.
    A unit that writes is undone as a whole, its entries with it.

    Raises:
        RuntimeError: outside a unit of work.
    """
    batch = _batch()
    batch.kept = batch.mark()


def emit(event: Emittable, actor: Actor, **payload: Any) -> None:
    """Tell others: a row at the end of the unit of work, a hint after its commit.

    payload: ``id`` and ``name`` of the subject, and the further keys that the event type describes.

    Raises:
        RuntimeError: outside a unit of work.
    """
    _batch().happenings.append(Happening(event.id, actor, event.payload(actor, **payload)))


def _batch() -> Batch:
    batch = _writing.get() or _reading.get()
    if batch is None:
        raise RuntimeError("Nothing is recorded or emitted outside a unit of work.")
    return batch


@contextmanager
def _current(variable: ContextVar[Batch | None], batch: Batch) -> Iterator[None]:
    token = variable.set(batch)
    try:
        yield
    finally:
        variable.reset(token)
