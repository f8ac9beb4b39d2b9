"""Code that uses too much: each limit ends it, none can be caught, and the next call works."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.vaultportal.sandbox.conftest import SMALL, Run
from vaultportal.sandbox import api
from vaultportal.sandbox.errors import LimitHit, SyntaxFault

LOOPS = {
    "loop": "while (true) {}",
    "loop after an await": "await null; while (true) {}",
    "endless awaiting": "while (true) { await null; }",
    "endless microtasks": "const again = () => queueMicrotask(again); again(); await 0; for(;;);",
    "regular expression": "return /^(a+)+$/.test('a'.repeat(60) + 'b');",
    "sorting": "return [3, 1, 2].sort(() => { for(;;); });",
    "getter of the result": "return {get value() { for(;;); }};",
    "toJSON": "return {toJSON() { for(;;); }};",
    "thenable": "return {then() { for(;;); }};",
    "message of an error": "throw {get message() { for(;;); }};",
    "try and finally": "try { for(;;); } finally { return 'caught'; }",
    "try and catch": "for(;;) { try { for(;;); } catch { } }",
    "a promise that catches": "return (async () => { for(;;); })().catch(() => 'caught');",
    "finally with a loop": "try { for(;;); } finally { for(;;); }",
    "a generator's return": "function* g() { try { for(;;) yield 1; } finally { for(;;); } }"
    " for (const one of g()) break;",
    "a proxy": "return new Proxy({}, {ownKeys() { for(;;); }});",
    "native code": "let n = 3n; for (;;) { n = n * n % (2n ** 100000n); }",
}


@pytest.mark.parametrize("body", LOOPS.values(), ids=LOOPS.keys())
def test_processor_time_ends_code_whatever_it_does(run: Run, body: str) -> None:
    with pytest.raises(LimitHit) as hit:
        run(body)

    assert hit.value.limit == "cpu"


def test_a_limit_tells_the_line(run: Run) -> None:
    busy = "function busy(a) {\n  while (true) {\n    a = Math.abs(a);\n  }\n}"

    with pytest.raises(LimitHit) as hit:
        run("busy(1);", before=busy)

    assert hit.value.limit == "cpu"
    assert hit.value.line == 3


def test_a_loop_at_the_top_of_the_bundle_ends(run: Run) -> None:
    with pytest.raises(LimitHit) as hit:
        run("return 1;", before="for (;;);")

    assert hit.value.limit == "cpu"


def test_code_that_overrides_the_wording_of_its_end_still_ends(run: Run) -> None:
    with pytest.raises(LimitHit) as hit:
        run(
            "Error.prepareStackTrace = () => { for(;;); };"
            "Error.prototype.toString = () => { for(;;); }; for(;;);"
        )

    assert hit.value.limit == "cpu"


BOMBS = {
    "arrays": "const all = []; for (;;) all.push(new Array(1000).fill(all));",
    "buffer": "return new Uint8Array(2 ** 30).length;",
    "string": "let text = 'x'; for (;;) text += text;",
    "repeat": "return 'x'.repeat(2 ** 29).length;",
    "join": "return new Array(2 ** 25).join('xxxxxxxxxxxxxxxx').length;",
    "map": "const map = new Map(); for (let i = 0; ; i += 1) map.set(i, {i});",
    "closures": "let f = () => 0; for (;;) { const g = f; f = () => g; }",
    "promises": "const all = []; for (;;) all.push(new Promise(() => {}));",
    "regular expression": "return new RegExp('(' + 'a|'.repeat(4e6) + ')').test('b');",
    "caught": "const all = []; for (;;) { try { for (;;) all.push(new Array(1e4).fill(1)); }"
    " catch { } }",
}


@pytest.mark.parametrize("body", BOMBS.values(), ids=BOMBS.keys())
def test_memory_is_bounded(run: Run, body: str) -> None:
    with pytest.raises(LimitHit) as hit:
        run(body)

    assert hit.value.limit in ("memory", "cpu")  # some are too slow to get there


RECURSIONS = {
    "function": "const f = () => f(); return f();",
    "json": "let x = {}; for (let i = 0; i < 1e5; i += 1) x = {x}; return x;",
    "parse": "return JSON.parse('['.repeat(1e5) + ']'.repeat(1e5));",
    "toString": "const x = {toString() { return `${x}`; }}; return `${x}`;",
    "proxy": "let p = {}; for (let i = 0; i < 2e4; i += 1) p = new Proxy(p, {}); return p.x;",
}


@pytest.mark.parametrize("body", RECURSIONS.values(), ids=RECURSIONS.keys())
def test_depth_is_bounded(run: Run, body: str) -> None:
    with pytest.raises(LimitHit) as hit:
        run(body, cpu_seconds=1.0)

    assert hit.value.limit == "depth"


@pytest.mark.parametrize(
    "body",
    [
        "return 'x'.repeat(2e6);",
        "return 'é'.repeat(7e5);",
        "return Array(3e5).fill('abc');",
        "return {toJSON: () => 'x'.repeat(2e6)};",
    ],
)
def test_output_is_bounded(run: Run, body: str) -> None:
    with pytest.raises(LimitHit) as hit:
        run(body, cpu_seconds=1.0)

    assert hit.value.limit == "output"


def test_a_long_message_is_cut(run: Run) -> None:
    with pytest.raises(Exception, match="rejected") as thrown:
        run("throw new Error('x'.repeat(3e6));")

    assert len(getattr(thrown.value, "detail", "")) <= 1000


def test_input_is_bounded(run: Run) -> None:
    with pytest.raises(LimitHit) as hit:
        run("return 1;", "x" * 2000, input_bytes=1000)

    assert hit.value.limit == "input"


def test_requests_are_counted(run: Run) -> None:
    asked: list[str] = []

    def host(name: str, argument: Any) -> Any:
        asked.append(name)
        return {}

    with pytest.raises(LimitHit) as hit:
        run(
            "return Promise.all(Array.from({length: 10000}, (_, i) => vault.deref({i})));",
            host=host,
            calls=7,
        )

    assert hit.value.limit == "calls"
    assert len(asked) == 7


def test_requests_one_after_the_other_are_counted_too(run: Run) -> None:
    with pytest.raises(LimitHit) as hit:
        run("for (;;) await vault.deref({});", host=lambda *_: {}, calls=5)

    assert hit.value.limit == "calls"


def test_ten_thousand_promises_of_its_own_are_no_matter(run: Run) -> None:
    body = "return (await Promise.all(Array.from({length: 10000}, async (_, i) => i))).length;"

    assert run(body, cpu_seconds=2.0) == 10000


def test_the_wall_stands_while_the_host_answers(run: Run) -> None:
    def host(name: str, argument: Any) -> Any:
        until = time.monotonic() + api.seconds_left() + 0.01
        while time.monotonic() < until:
            time.sleep(0.01)  # a host that takes longer than there is
        return {}

    with pytest.raises(LimitHit) as hit:
        run("return await vault.deref({});", host=host, wall_seconds=0.5)

    assert hit.value.limit == "wall"


def test_the_wall_stands_while_code_computes(run: Run) -> None:
    with pytest.raises(LimitHit) as hit:
        run("for (;;);", wall_seconds=0.3, cpu_seconds=30.0)

    assert hit.value.limit == "wall"


PARSE_BOMBS = {
    "brackets": "(" * 500_000,
    "arrays": "[" * 500_000,
    "blocks": "{" * 500_000,
    "templates": "`${" * 300_000,
    "functions": "()=>" * 300_000,
    "unary": "!" * 500_000 + "1",
    "powers": "2**" * 500_000 + "2",
    "commas": "0," * 2_000_000 + "0",
    "regular expression": "/" + "(" * 500_000 + "/",
}


@pytest.mark.parametrize("source", PARSE_BOMBS.values(), ids=PARSE_BOMBS.keys())
def test_parsing_is_bounded(source: str) -> None:
    with pytest.raises((SyntaxFault, LimitHit)):
        api.exports(api.Program.of(f"exports.f = 1;{source};", "bomb"), SMALL)


def test_the_log_is_bounded(run: Run) -> None:
    seen: list[Any] = []

    def host(name: str, argument: Any) -> Any:
        seen.append(argument["arguments"])

    run(
        "for (let i = 0; i < 10000; i += 1) console.log('x'.repeat(100));",
        host=host,
        cpu_seconds=1.0,
    )

    assert seen[-1] == ["The log is full."]
    assert sum(len(str(each)) for each in seen) < 20_000


def test_after_all_this_an_honest_call_works(run: Run) -> None:
    assert run("return x + 1;", 1) == 2
