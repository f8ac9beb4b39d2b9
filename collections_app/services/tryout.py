"""Try a draft: run a function of code that is stored nowhere, on a sample, touching nothing real.

``vault.deref``, ``vault.crypto.decrypt`` and ``fetch`` are answered from samples. What goes in is
the caller's own, so the caller may see all of what comes out: errors and ``console`` as they are.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from collections_app.errors import bad_request
from collections_app.permissions import Capability
from collections_app.schema.functions import ACTION, TRANSFORMER, Function, function_in
from collections_app.services import guard, invoking, script_host
from collections_app.services.options import DEFAULT_REASON
from vaultportal import trail
from vaultportal.errors import VaultError
from vaultportal.identity.actor import Actor
from vaultportal.sandbox import api, errors
from vaultportal.sandbox.errors import HostError

BUNDLE = "draft"
MOST_LINES = 200


@dataclass(frozen=True, slots=True)
class Sample:
    """What a draft is tried on.

    input: the body of an action, or the value for a function of another type.
    object, param: what a transformer sees beside its value.
    answers: for ``vault.deref`` by global identifier; under ``vault.crypto.decrypt`` the answer of
        that; under an address the answer of ``fetch``, ``{status, body}``.
    """

    input: Any = field(default=None, repr=False)
    object: Mapping[str, Any] = field(default_factory=dict, repr=False)
    param: str = field(default="", repr=False)
    answers: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(slots=True)
class Tried:
    """What became of it: ``result``, or ``problem`` with the place in the code.

    exports: prototypes by kind, {} when the code could not be read.
    """

    ok: bool
    result: Any = field(default=None, repr=False)
    problem: str = field(default="", repr=False)
    line: int = 0
    column: int = 0
    exports: Mapping[str, Any] = field(default_factory=dict)
    console: list[dict[str, Any]] = field(default_factory=list, repr=False)
    milliseconds: int = 0


def try_out(actor: Actor, code: str, function: str, sample: Sample) -> Tried:
    """Run ``function`` of ``code`` on the sample; with "" only read what the code exports.

    Raises:
        Forbidden: PV1007. Disabled, NotImplementedHere, Unavailable: no code runs now.
    """
    guard.require(actor, Capability.CODE_WRITER)
    for part in (sample.input, sample.object, sample.answers):
        invoking.check_input(part)
    script_host.require_runtime()
    _record(actor, code)
    try:
        exports = script_host.describe(BUNDLE, code)
    except VaultError as refusal:
        if refusal.kind != "invalid":
            raise
        line = int(refusal.context.get("line") or 0)
        return Tried(ok=False, problem=refusal.message, line=line)
    if not function:
        return Tried(ok=True, exports=exports)
    found = function_in(
        exports,
        bundle=BUNDLE,
        name=function,
        digest=sha256(code.encode()).hexdigest(),
        code=code,
    )
    if found is None:
        raise bad_request("function", "must be one that the code exports")
    tried = _run(actor, found, sample)
    tried.exports = exports
    return tried


@trail.unit()
def _record(actor: Actor, code: str) -> None:
    digest = sha256(code.encode()).hexdigest()
    trail.record(actor, "bundle.try", trail.Target("bundle", "", BUNDLE), digest=digest)


def _run(actor: Actor, function: Function, sample: Sample) -> Tried:
    host = SampleHost(sample.answers)
    tried = Tried(ok=False, console=host.lines)
    began = time.monotonic()
    program = api.Program(function.code, function.digest, BUNDLE)
    try:
        with script_host.apart_from_the_database():
            tried.result = api.call(
                program,
                function.name,
                script_host.HANDLER,
                _arguments(actor, function, sample),
                host=host,
                vault=function.kind == ACTION,
            )
        tried.ok = True
    except errors.Thrown as fault:
        tried.problem = fault.detail or fault.message
        tried.line, tried.column = fault.line, fault.column
    except errors.LimitHit as fault:
        tried.problem = f"The code goes over its limit of {fault.limit}."
        tried.line, tried.column = fault.line, fault.column
    except (errors.Died, errors.Busy):
        tried.problem = "The runtime does not answer."
    tried.milliseconds = int((time.monotonic() - began) * 1000)
    return tried


def _arguments(actor: Actor, function: Function, sample: Sample) -> list[Any]:
    asked_by = {"user": actor.name, "role": "", "reason": actor.reason or DEFAULT_REASON}
    if function.kind == ACTION:
        return [asked_by | {"body": sample.input}]
    if function.kind != TRANSFORMER:
        return [sample.input]
    context = asked_by | {"collection": "sample", "props": {}, "prop": "value"}
    if sample.param:
        context["param"] = sample.param
    visible = {name: each for name, each in sample.object.items() if function.wants(name)}
    return [context, visible, sample.input]


class SampleHost:
    """Answers from samples; ``lines`` is what the code wrote."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = answers
        self.lines: list[dict[str, Any]] = []

    def __call__(self, name: str, argument: Any) -> Any:
        """See ``vaultportal.sandbox.api.Host``."""
        if name == "console.log":
            if len(self.lines) < MOST_LINES:
                self.lines.append(argument)
            return None
        if name == "vault.deref" and isinstance(argument, dict):
            return {key: self._answer(str(each)) for key, each in argument.items()}
        if name == "fetch" and isinstance(argument, dict):
            found = self._answer(str(argument.get("url")))
            given = found if isinstance(found, dict) else {"body": str(found)}
            status = given.get("status")
            status = status if type(status) is int else 200
            return {
                "ok": 200 <= status < 300,
                "status": status,
                "headers": {},
                "body": str(given.get("body", "")),
            }
        return self._answer(name)

    def _answer(self, key: str) -> Any:
        if key not in self.answers:
            raise HostError("The sample has no answer for this.", "SAMPLE")
        return self.answers[key]
