"""Attempts to get out, to keep something, or to see what others do: none gets anywhere."""

from __future__ import annotations

import pytest

from tests.vaultportal.sandbox.conftest import SMALL, Run
from vaultportal.sandbox import api
from vaultportal.sandbox.errors import SandboxError

# What a program outside of browsers would reach for. `self` and `globalThis` are the same object.
OUTSIDE = """
    process require module.require global window Deno Bun os std bjson scriptArgs print load read
    readFile __dirname __filename XMLHttpRequest WebSocket Worker WebAssembly importScripts gc
    setTimeout setInterval setImmediate navigator localStorage indexedDB crypto performance Intl
    SharedArrayBuffer Atomics eval ShadowRealm portal$driver Temporal structuredClone
"""

ALLOWED = """
    AggregateError Array ArrayBuffer AsyncDisposableStack BigInt BigInt64Array
    BigUint64Array Boolean DOMException DataView Date DisposableStack Error EvalError
    FinalizationRegistry Float16Array Float32Array Float64Array Function Infinity
    Int16Array Int32Array Int8Array InternalError Iterator JSON Map Math NaN Number
    Object Promise Proxy RangeError ReferenceError Reflect RegExp Set String
    SuppressedError Symbol SyntaxError TypeError URIError Uint16Array Uint32Array
    Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet atob btoa console decodeURI
    decodeURIComponent encodeURI encodeURIComponent escape fetch globalThis isFinite
    isNaN parseFloat parseInt queueMicrotask self undefined unescape
"""


@pytest.mark.parametrize("name", sorted(OUTSIDE.split()))
def test_no_global_leads_outside(run: Run, name: str) -> None:
    root, _, member = name.partition(".")

    assert run(f"return typeof {root}{f'?.{member}' if member else ''};") == "undefined"


def test_the_globals_are_the_ones_we_know(run: Run) -> None:
    assert set(run("return Object.getOwnPropertyNames(globalThis);")) <= set(ALLOWED.split())
    assert run("return self === globalThis;") is True


MAKERS = [
    "Function('return 1')()",
    "new Function('return 1')()",
    "(() => 1).constructor('return 1')()",
    "(async () => 1).constructor('return 1')()",
    "(function* () {}).constructor('yield 1')()",
    "(async function* () {}).constructor('yield 1')()",
    "[].map.constructor('return 1')()",
    "Reflect.construct((() => 1).constructor, ['return 1'])",
    "Reflect.construct(Object, ['return 1'], (() => 1).constructor).call()",
    "Object.getPrototypeOf((async () => 1).constructor).constructor('return 1')()",
    "(class extends Function {}).constructor('return 1')()",
    "new (class extends Function { constructor() { super('return 1'); } })()",
    "vault.deref.constructor('return 1')()",
    "console.log.constructor.constructor('return 1')()",
    "fetch.constructor('return 1')()",
    "({}).constructor.constructor('return 1')()",
    "globalThis.eval('1')",
    "(0, eval)('1')",
    "await import('os')",
    "await import('std')",
    "await import('/etc/passwd')",
    "await import('data:text/javascript,1')",
    "await import('file:///proc/self/environ', {with: {type: 'json'}})",
]


@pytest.mark.parametrize("expression", MAKERS)
def test_text_does_not_become_code(run: Run, expression: str) -> None:
    assert run(f"try {{ {expression}; return 'ran'; }} catch {{ return 'refused'; }}") == "refused"


@pytest.mark.parametrize(
    "source",
    [
        "}); globalThis.hit = 1; (function () {",
        "return exports;}); hit(); (function (exports, module) {",
        "})(); /*",
        "<!-- \n}); hit(); (function () {",
        "`${0}`}); hit(); (function () {`",
    ],
)
def test_a_source_cannot_close_the_function_around_it(source: str) -> None:
    with pytest.raises(SandboxError, match="not valid JavaScript"):
        api.exports(api.Program.of(source, "b"))


POLLUTION = """
    const kept = globalThis.kept;
    globalThis.kept = true;
    for (const target of [Object, Array, String, Promise, Function, Error]) {
        target.prototype.polluted = true;
    }
    Array.prototype[0] = "polluted";
    JSON.parse = JSON.stringify = () => "polluted";
    Promise.prototype.then = Promise.resolve = () => { throw 1; };
    Object.defineProperty(Promise.prototype, "constructor", {get() { return {}; }});
    Reflect.apply = Object.keys = String.prototype.slice = Map.prototype.get = null;
    exports.f = (v) => ({v, kept: kept === true, polluted: ({}).polluted === true});
"""


def test_pollution_ends_with_the_call_and_does_not_reach_the_driver() -> None:
    program = api.Program.of(POLLUTION, "b")

    for _ in range(3):
        answer = api.call(program, "f", None, ["x"], limits=SMALL)
        assert answer == {"v": "x", "kept": False, "polluted": True}

    clean = api.Program.of("exports.f = () => [({}).polluted, globalThis.kept, [][0]];", "c")
    assert api.call(clean, "f", None, [], limits=SMALL) == [None, None, None]


def test_members_that_the_driver_uses_can_be_taken_over_without_gain(run: Run) -> None:
    body = """
        for (const name of ["0", "1", "then", "value", "items", "toJSON", "resolve", "get"]) {
            Object.defineProperty(Object.prototype, name, {
                __proto__: null,
                configurable: true,
                get() { return undefined; },
                set() { throw new Error("taken"); },
            });
        }
        return "fine";
    """

    assert run(body) == "fine"


def test_a_promise_with_another_constructor_fails_alone(run: Run) -> None:
    body = """
        Object.defineProperty(Promise.prototype, "constructor", {get() { throw new Error("no"); }});
        return 1;
    """

    with pytest.raises(SandboxError):
        run(body)


def test_a_variable_outside_the_function_does_not_last() -> None:
    program = api.Program.of("let n = 0; exports.f = () => { n += 1; return n; };", "b")

    assert [api.call(program, "f", None, [], limits=SMALL) for _ in range(3)] == [1, 1, 1]


def test_there_is_no_clock_to_time_others_with(run: Run) -> None:
    body = """
        const clocks = () => [
            Date.now(), new Date().getTime(), +new (class extends Date {})(), Date(),
            Reflect.construct(Date, []).getTime(), new Date.prototype.constructor().getTime(),
            new (new Date().constructor)().getTime(),
        ];
        const before = clocks();
        for (let i = 0; i < 3e5; i += 1) { Math.sqrt(i); }
        await vault.deref({});
        return [before, clocks()];
    """

    before, after = run(body, host=lambda *_: {}, cpu_seconds=2.0)

    assert before == after
    assert len({str(each) for each in before if isinstance(each, int)}) == 1


def test_dates_otherwise_work_and_tell_nothing_of_the_place(run: Run) -> None:
    body = """
        const day = new Date(2024, 1, 29);
        return [day.toISOString(), new Date().getTimezoneOffset(), Date.UTC(1970, 0, 1),
            Date.parse("2024-02-29T00:00:00Z") === +day, day instanceof Date, Date.name,
            Date() === new Date().toString(), Date.length];
    """

    found = run(body)

    assert found[:5] == ["2024-02-29T00:00:00.000Z", 0, 0, True, True]
    assert found[6] is True


def test_dice_differ_from_call_to_call(run: Run) -> None:
    throws = [run("return Array.from({length: 50}, Math.random);") for _ in range(2)]

    assert throws[0] != throws[1]
    assert all(0 <= each < 1 for each in throws[0])
    assert len(set(throws[0])) == 50
