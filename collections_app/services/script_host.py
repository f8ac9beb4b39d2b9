"""The one place that speaks to the sandbox: programs, and its failures in our words.

No database transaction is open while code runs, whichever service asks: code may take seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection

from collections_app.code_errors import (
    answer_refused,
    code_refused,
    function_threw,
    javascript_disabled,
    limit_hit,
    out_of_time,
    runtime_down,
    runtime_missing,
)
from collections_app.schema.functions import KINDS, Function, exports_of
from vaultportal.errors import VaultError
from vaultportal.sandbox import api, errors
from vaultportal.sandbox.api import Host, Outcome, Program

HANDLER = "handler"
TIME = ("cpu", "wall")


def require_runtime() -> None:
    """Refuse what needs code where none may run.

    Raises:
        Disabled: PV1003, the operator has switched JavaScript off.
        NotImplementedHere: PV2001, this machine cannot lock code in.
    """
    if settings.PVAULT_FEATURES_DISABLE_JAVASCRIPT:
        raise javascript_disabled()
    if not api.available().ready:
        raise runtime_missing()


def describe(bundle: str, code: str) -> dict[str, list[dict[str, Any]]]:
    """``exports`` of the code of a bundle: the code is evaluated once, without anything around it.

    Raises:
        Invalid: PV9013 with the line, the code cannot be evaluated or exports nothing of use.
    """
    require_runtime()
    try:
        with apart_from_the_database():
            described = api.exports(Program.of(code, bundle))
    except errors.Thrown as fault:
        raise code_refused(_why(fault), bundle=bundle, **_line(fault.line)) from None
    except errors.LimitHit as fault:
        message = f"The code goes over its limit of {fault.limit} when it is loaded."
        raise code_refused(message, bundle=bundle, limit=fault.limit) from None
    except errors.SandboxError:
        raise runtime_down() from None
    except errors.Busy:
        raise runtime_down() from None
    prototypes = []
    for export in described.exports:
        metadata = export.metadata
        if not isinstance(metadata, dict) or metadata.get("type") not in KINDS:
            continue
        if HANDLER not in export.functions:
            raise code_refused("An export has no handler function.", function=export.name)
        prototypes.append({**metadata, "name": export.name})
    return exports_of(prototypes)


def run(
    function: Function, arguments: list[Any], *, host: Host | None = None, vault: bool = False
) -> Any:
    """The result of one call of ``function``, as JSON.

    Raises:
        CodeFailed: PV9013. Unavailable: PV1009. Whatever ``host`` raised and the code let through.
    """
    with _worded(function.reference), apart_from_the_database():
        return api.call(
            _program(function),
            function.name,
            HANDLER,
            arguments,
            host=host,
            vault=vault,
        )


def run_many(function: Function, argument_lists: Sequence[list[Any]]) -> list[Outcome]:
    """The results for many values, in one call of the runtime; a failed item has its ``error``."""
    require_runtime()
    with _worded(function.reference), apart_from_the_database():
        return api.call_many(_program(function), function.name, HANDLER, list(argument_lists))


@contextmanager
def apart_from_the_database() -> Iterator[None]:
    """Give the connection back while code runs; whatever the code asks for takes a new one."""
    if not connection.in_atomic_block:
        connection.close()
    yield


def worded(function: str, fault: errors.Thrown) -> VaultError:
    """A failure of one item, in our words and without the code's own."""
    if isinstance(fault, errors.Rejected) and fault.host is not None and fault.host.cause:
        return fault.host.cause
    if isinstance(fault, errors.NotJson):
        return answer_refused(function)
    return function_threw(function, fault.line or None)


def _program(function: Function) -> Program:
    return Program(function.code, function.digest, function.bundle)


@contextmanager
def _worded(function: str) -> Iterator[None]:
    try:
        yield
    except errors.Thrown as fault:
        raise worded(function, fault) from None
    except errors.LimitHit as fault:
        raise (
            out_of_time(function) if fault.limit in TIME else limit_hit(function, fault.limit)
        ) from None
    except (errors.Died, errors.Busy):
        raise runtime_down() from None
    except errors.NotAvailable:
        raise runtime_missing() from None


def _line(line: int) -> dict[str, str]:
    return {"line": str(line)} if line else {}


def _why(fault: errors.Thrown) -> str:
    if isinstance(fault, errors.SyntaxFault):
        return "The code is not valid JavaScript."
    return "The code fails when it is loaded."
