"""What a locked-in call of JavaScript costs, and what one bundle that misbehaves costs another."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

from bench import cpu
from vaultportal.sandbox import results
from vaultportal.sandbox.conversation import converse
from vaultportal.sandbox.errors import SandboxError
from vaultportal.sandbox.pool import Pool
from vaultportal.sandbox.servers import Launch
from vaultportal.sandbox.values import Host, Limits, Program

COLUMNS = ("sandbox", "calls", "p50 ms", "p95 ms", "p99 ms", "CPU ms/call", "load")
LIMITS = Limits()

HONEST = Program.of(
    "exports.f = {handler: (context, object, value) => String(value).slice(-4).padStart(9, '*')};",
    "honest",
)
ASKS = Program.of(
    "exports.f = {handler: async ({vault}) => (await vault.deref({k: 'pvlt:'})).k};", "asks"
)
LOOPS = Program.of("exports.f = {handler: () => { for (;;); }};", "loops")
SWELLS = Program.of(
    "exports.f = {handler: () => { const all = []; for (;;) all.push(new Array(1000)); }};",
    "swells",
)
FUNCTIONS = "\n".join(
    f"function f{number}(a, b) {{ if (a > b) {{ return [a, b, {number}]; }} return {{a, b}}; }}"
    for number in range(4000)
)


def large(number: int) -> Program:
    """Some 300 KiB of source, another one for each number."""
    source = f"{FUNCTIONS}\nexports.f = {{handler: () => {number}}};"
    return Program.of(source, "large")


def _call(pool: Pool, program: Program, items: list[list[Any]], host: Host | None = None) -> None:
    job = results.job("f", "handler", items, LIMITS, vault=host is not None)
    converse(pool, program, job, LIMITS, host)


def _row(name: str, count: int, call: Callable[[int], None]) -> list[str]:
    times = []
    before = cpu.seconds(os.getpid())
    for number in range(count):
        begun = time.perf_counter()
        call(number)
        times.append((time.perf_counter() - begun) * 1000)
    spent = (cpu.seconds(os.getpid()) - before) * 1000 / count
    times.sort()
    quantiles = (times[min(count - 1, int(count * share))] for share in (0.5, 0.95, 0.99))
    load = f"{os.getloadavg()[0]:.1f}"
    return [name, str(count), *(f"{each:.2f}" for each in quantiles), f"{spent:.2f}", load]


@contextmanager
def _misbehaving(pool: Pool, program: Program, threads: int) -> Iterator[None]:
    stop = threading.Event()

    def go_on() -> None:
        while not stop.is_set():
            with suppress(SandboxError):
                _call(pool, program, [[None]])

    with ThreadPoolExecutor(threads) as executor:
        for _ in range(threads):
            executor.submit(go_on)
        try:
            yield
        finally:
            stop.set()


def measure(count: int = 400) -> Iterator[list[str]]:
    """One row of text for each kind of call."""
    pool = Pool(Launch(), processes=8)
    value: list[Any] = [{"prop": "number"}, {}, "4580111122223333"]

    def honest(_: int) -> None:
        _call(pool, HONEST, [value])

    try:
        begun = time.perf_counter()
        pool.zygote_pid()
        start = f"{(time.perf_counter() - begun) * 1000:.2f}"
        yield ["start of a zygote", "1", start, start, start, "-", f"{os.getloadavg()[0]:.1f}"]
        honest(0)
        yield _row("call", count, honest)
        yield _row(
            "call with one request to the host",
            count,
            lambda _: _call(pool, ASKS, [[{}]], lambda *_: {"k": 1}),
        )
        yield _row("page of 100 values", count, lambda _: _call(pool, HONEST, [value] * 100))
        yield _row("large bundle, parsed first", 20, lambda n: _call(pool, large(n), [[]]))
        known = large(0)
        _call(pool, known, [[]])
        yield _row("large bundle, parsed already", count, lambda _: _call(pool, known, [[]]))
        for name, program in (("loops", LOOPS), ("swells", SWELLS)):
            # One after the other on the same machine: what else goes on hits both alike.
            yield _row(f"honest call, before another {name}", count, honest)
            for threads in (1, 4):
                with _misbehaving(pool, program, threads):
                    yield _row(f"honest call, while another {name} x{threads}", count, honest)
    finally:
        pool.close()
