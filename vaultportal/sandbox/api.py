"""The door to the sandbox: run a function of a bundle, JSON in and JSON out.

Every call has a process of its own that can open nothing and keeps nothing. Calls block the
calling thread; requests of the code (``vault.*``, ``fetch``, ``console``) are answered by a
``Host`` *in the calling thread*, so that database work stays in the caller's transaction.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from vaultportal.sandbox import results
from vaultportal.sandbox.conversation import converse, seconds_left
from vaultportal.sandbox.pool import pool
from vaultportal.sandbox.values import (
    Availability,
    Description,
    Export,
    Host,
    Limits,
    Outcome,
    Program,
)

__all__ = [
    "Availability",
    "Description",
    "Export",
    "Host",
    "Limits",
    "Outcome",
    "Program",
    "available",
    "call",
    "call_many",
    "configured",
    "exports",
    "seconds_left",
]


def configured() -> Limits:
    """The limits of this installation: ``PORTAL_ACTIONS_*``. Those of calls that name none."""
    return Limits(
        cpu_seconds=settings.PORTAL_ACTIONS_CPU_MS / 1000,
        wall_seconds=settings.PORTAL_ACTIONS_WALL_MS / 1000,
        memory_bytes=settings.PORTAL_ACTIONS_MEMORY_MIB * 2**20,
        output_bytes=settings.PORTAL_ACTIONS_OUTPUT_KIB * 2**10,
        calls=settings.PORTAL_ACTIONS_CALLS,
    )


def call(
    program: Program,
    export: str,
    method: str | None,
    arguments: list[Any],
    *,
    limits: Limits | None = None,
    host: Host | None = None,
    vault: bool = False,
) -> Any:
    """Evaluate the bundle afresh, call one of its functions, and wait for its promise.

    Args:
        export: the name of the export.
        method: its member to call, with the export as ``this`` ("handler"); None when the export
            is itself the function.
        arguments: JSON values.
        limits: None for those that are ``configured``.
        host: answers what the code asks for; None refuses all of it but ``console``, which is
            dropped.
        vault: put the ``vault`` object into the first argument, which must be an object.

    Returns:
        The result as JSON; None for undefined. A promise is waited for. Requests that nobody
        waits for when the result is there are dropped, not sent.

    Raises:
        Thrown, Rejected, NeverSettled, NotJson, NoSuchExport, SyntaxFault: the code is at fault.
        LimitHit: it used too much. Died: its process ended. Busy: no room.
        NotAvailable: nothing is run on this machine.
    """
    chosen = limits or configured()
    job = results.job(export, method, [arguments], chosen, vault=vault)
    (outcome,) = converse(pool(), program, job, chosen, host)
    if outcome.error is not None:
        raise outcome.error
    return outcome.value


def call_many(
    program: Program,
    export: str,
    method: str | None,
    argument_lists: list[list[Any]],
    *,
    limits: Limits | None = None,
    host: Host | None = None,
) -> list[Outcome]:
    """The same function for a page of values in one call of the runtime.

    The limits are those of the page. The values of one page share one evaluation of the bundle,
    so what the code keeps in a variable from one value it still has at the next of this page.

    Returns:
        One outcome for each argument list, in order. ``error`` is a Thrown, Rejected,
        NeverSettled or NotJson of that item alone.

    Raises:
        As ``call``, for what concerns the whole page.
    """
    if not argument_lists:
        return []
    chosen = limits or configured()
    job = results.job(export, method, argument_lists, chosen)
    return converse(pool(), program, job, chosen, host)


def exports(program: Program, limits: Limits | None = None) -> Description:
    """Evaluate the bundle once, and describe what it exports.

    Raises:
        As ``call``; ``Thrown.export`` is "".
    """
    chosen = limits or configured()
    job = results.job("", None, None, chosen)
    (outcome,) = converse(pool(), program, job, chosen, None)
    if outcome.error is not None:
        raise outcome.error
    return results.description(outcome.value)


def available() -> Availability:
    """Which locks hold here. The first answer takes the start of a process, later ones nothing."""
    return pool().availability()
