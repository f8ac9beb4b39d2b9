"""The engine, its limits, and the dialogue of one call with the portal."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# The package `quickjs` around it starts a thread when it is imported, and threads do not fork.
import _quickjs  # type: ignore[import-not-found] # an extension module without stubs

STACK_BYTES = 256 * 1024
# Before the source stands one line, so that only line numbers move.
BEFORE = "(function (exports, module) {\n"
AFTER = "\n;return exports;})"
PRELUDE = Path(__file__).with_name("prelude.js").read_text(encoding="utf-8")


class Exhausted(Exception):
    """A limit ended the code; ``limit`` is its name, ``stack`` where it was, if known."""

    def __init__(self, limit: str, stack: str = "") -> None:
        super().__init__(limit)
        self.limit = limit
        self.stack = stack


class Uncaught(Exception):
    """Something threw that nothing of the code waits for: a job of ``queueMicrotask``."""


class NotJavaScript(Exception):
    """The parser refused the source; its text says where."""


class Engine:
    """A context with our prelude in it, and the driver that the prelude left behind."""

    def __init__(self) -> None:
        self.context = _context()
        self.context.eval(PRELUDE)
        for name in ("start", "take", "answer", "lost"):
            setattr(self, f"_{name}", self.context.eval(f"portal$driver.{name}"))
        self.context.eval("delete globalThis.portal$driver")
        self._factory: Any = None
        self._size = 0

    _start: Callable[[Any, str], None]
    _take: Callable[[], str]
    _answer: Callable[[str], None]
    _lost: Callable[[], bool]

    def compile(self, source: str, memory_bytes: int) -> None:
        """Parse the source, and run none of it.

        Raises:
            NotJavaScript: it cannot be parsed. Exhausted: parsing took too much memory.
        """
        if "\0" in source:
            raise NotJavaScript("SyntaxError: a NUL character")
        # First alone: a source that closes our function and goes on after it would run here.
        # A script is parsed to its end before its first statement runs, and this one throws.
        scratch = _context()
        scratch.set_memory_limit(memory_bytes)
        try:
            scratch.eval("throw 0;\n" + source)
        except _quickjs.JSException as fault:
            if not str(fault).startswith("0\n"):
                raise _parse_fault(fault) from None
        self.context.set_memory_limit(memory_bytes)
        try:
            self._factory = self.context.eval(BEFORE + source + AFTER)
        except _quickjs.JSException as fault:
            raise _parse_fault(fault) from None

    def run(
        self,
        job: str,
        *,
        cpu_seconds: float,
        memory_bytes: int,
        send: Callable[[str], None],
        receive: Callable[[], str],
    ) -> None:
        """Do one job. All that is sent but the last text are requests that await an answer.

        Raises:
            Exhausted: a limit ended it. Uncaught: an error did. Nothing of the code runs any more.
        """
        self.context.set_memory_limit(memory_bytes)
        self._size = _largest()
        try:
            self._within(cpu_seconds)
            self._start(self._factory, job)
            while True:
                self._settle(cpu_seconds)
                text = self._take()
                if self._lost() and _largest() - self._size > memory_bytes // 2:
                    raise Exhausted("memory")  # the engine throws null then, as code may too
                send(text)
                if not text.startswith('{"calls"'):
                    return
                self._within(cpu_seconds)
                self._answer(receive())
        except _quickjs.StackOverflow as fault:
            raise Exhausted("depth", str(fault)) from None
        except _quickjs.JSException as fault:
            # The driver catches what code throws. What it cannot catch is the end of the time; and
            # it may itself find no memory left, then not even for the error.
            text = str(fault)
            if text.startswith("InternalError: interrupted"):
                raise Exhausted("cpu", text) from None
            if text.startswith(("InternalError: out of memory", "null", "(Failed")):
                raise Exhausted("memory", text) from None
            raise Uncaught(text) from None
        except MemoryError:
            raise Exhausted("memory") from None

    def _settle(self, cpu_seconds: float) -> None:
        while self.context.execute_pending_job():
            self._within(cpu_seconds)

    def _within(self, cpu_seconds: float) -> None:
        """Let the engine run for what is left; it counts anew whenever it is entered."""
        left = cpu_seconds - time.process_time()
        if left <= 0:
            raise Exhausted("cpu")
        self.context.set_time_limit(left)


def _largest() -> int:
    """The most memory, in bytes, that this process has had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _context() -> Any:
    context = _quickjs.Context()
    context.set_max_stack_size(STACK_BYTES)
    return context


def _parse_fault(fault: Exception) -> Exception:
    text = str(fault)
    if text.startswith("InternalError: out of memory"):
        return Exhausted("memory")
    return NotJavaScript(text)
