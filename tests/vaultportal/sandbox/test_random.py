"""Programs that nobody has thought of: each ends in a value or in an error of ours."""

from __future__ import annotations

import random

from tests.vaultportal.sandbox.conftest import SMALL
from vaultportal.sandbox import api
from vaultportal.sandbox.errors import Died, SandboxError, SyntaxFault
from vaultportal.sandbox.pool import pool

ATOMS = """
    0 1 -1 1e309 2n 2**31 0x7fffffff NaN null undefined this true '' 'ab' /a+/ /(a|b)*/u [] {} x y
    globalThis self exports module arguments Object Array Function Proxy Reflect Symbol Promise Map
    WeakRef WeakMap Date JSON Math RegExp Error String BigInt Number Uint8Array ArrayBuffer DataView
    Float64Array Iterator console fetch InternalError AggregateError DisposableStack queueMicrotask
    Object.prototype Array.prototype Promise.prototype Error.prototype Function.prototype
    Symbol.iterator Symbol.toPrimitive Symbol.species Symbol.asyncIterator Symbol.hasInstance
"""
MEMBERS = """
    prototype constructor __proto__ then toJSON valueOf toString length stack name message cause get
    set defineProperty getPrototypeOf setPrototypeOf apply construct bind call push splice concat
    join repeat fill sort reverse copyWithin flat map reduce from of next return throw replace split
    exec test match padEnd normalize resolve all race reject stringify parse resize transfer slice
    keys entries freeze fromEntries assign groupBy withResolvers deref log raw try
"""
OPERATORS = "+ - * / % ** == === < > & | ^ << >>> && || ?? , in instanceof = += ??="
PREFIXES = ("!", "~", "-", "typeof ", "void ", "delete ", "await ", "...", "new ")


class Author:
    """Writes programs that mostly parse. The same seed writes the same ones."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)  # noqa: S311 no secret is made of it
        self._atoms = ATOMS.split()
        self._members = MEMBERS.split()

    def program(self) -> str:
        body = ";\n".join(self._statement(3) for _ in range(self._dice.randint(1, 5)))
        first = self._statement(2) if self._dice.random() < 0.3 else ""
        return f"{first};\nexports.f = async (x, y) => {{\n{body};\nreturn {self._value(3)};\n}};"

    def _statement(self, depth: int) -> str:
        value, other = self._value(depth), self._value(depth - 1)
        return self._dice.choice(
            (
                value,
                f"try {{ {value} }} catch (x) {{ {other} }} finally {{ {other} }}",
                f"for (const i of [1, 2, 3]) {{ {value} }}",
                f"for (let i = 0; i < 1e4; i += 1) {{ {value} }}",
                f"if ({value}) {{ {other} }} else {{ throw {other} }}",
                f"class C extends Object {{ static x = {value}; get y() {{ return {other}; }} }}",
                f"function* g(x) {{ yield* {value}; }} [...g({other})]",
                f"Object.defineProperty({value}, '{self._member()}', {{get: () => {other}}})",
                f"var {{ {self._member()}: z = {value} }} = {other}",
            )
        )

    def _value(self, depth: int) -> str:
        if depth <= 0 or self._dice.random() < 0.15:
            return self._dice.choice(self._atoms)
        one, two = self._value(depth - 1), self._value(depth - 1)
        return self._dice.choice(
            (
                f"({one} {self._dice.choice(OPERATORS.split())} {two})",
                f"({self._dice.choice(PREFIXES).replace('...', '')}{one})",
                f"{one}.{self._member()}",
                f"{one}.{self._member()}({two})",
                f"{one}?.[{two}]",
                f"new ({one})({two})",
                f"({one})({two}, ...[{two}])",
                f"((x) => {one})({two})",
                f"(async function* (x) {{ {one} }})({two})",
                f"({{ {self._member()}: {one}, [{two}]: {one}, toString() {{ return {two}; }} }})",
                f"[{one}, , ...[{two}]]",
                f"`a${{{one}}}b${{{two}}}`",
                f"({one} ? {two} : y)",
                f"({one}.{self._member()} = {two})",
                f"new Proxy(Object({one}), {{get: () => {two}, ownKeys: () => {one}}})",
                f"Reflect.construct({one}, [{two}], {one})",
            )
        )

    def _member(self) -> str:
        return self._dice.choice(self._members)


def test_random_programs_harm_nobody() -> None:
    author, died, ran = Author(6), [], 0
    zygote = pool().zygote_pid()

    for _ in range(150):
        program = api.Program.of(author.program(), "random")
        try:
            api.call(program, "f", None, [{"a": [1]}, "y"], limits=SMALL)
        except Died:
            died.append(program.source)
        except SyntaxFault:
            continue
        except SandboxError:
            ran += 1
        else:
            ran += 1

    assert died == []
    assert ran > 50
    assert pool().zygote_pid() == zygote
