"""What bundles can do: the ways to export, to be called, to answer and to ask."""

from __future__ import annotations

from typing import Any

import pytest

from tests.vaultportal.sandbox.conftest import SMALL, Run
from vaultportal.errors import Forbidden
from vaultportal.sandbox import api
from vaultportal.sandbox.errors import (
    HostError,
    NeverSettled,
    NoSuchExport,
    NotJson,
    Rejected,
    Thrown,
)

# As the TypeScript compiler writes it for ES5 and CommonJS, helpers included.
COMPILED = """"use strict";
var __awaiter = (this && this.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) {
        return value instanceof P ? value : new P(function (resolve) { resolve(value); });
    }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) {
            try { step(generator["throw"](value)); } catch (e) { reject(e); }
        }
        function step(result) {
            result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected);
        }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};
Object.defineProperty(exports, "__esModule", { value: true });
exports.notify = exports.upper = void 0;
exports.upper = { type: "normalizer", handler: function (v) { return String(v).toUpperCase(); } };
exports.notify = {
    type: "action",
    description: "Tells them",
    handler: function (_a) {
        var body = _a.body, vault = _a.vault;
        return __awaiter(void 0, void 0, void 0, function* () {
            const found = yield vault.deref({ who: body.id });
            const reply = yield fetch("https://mail.example/send", {
                method: "POST", headers: { "Content-Type": "text/plain" }, body: found.who,
            });
            console.log("sent", reply.status);
            return { queued: reply.ok, said: yield reply.json() };
        });
    },
};
"""


def call(source: str, export: str, method: str | None, *arguments: Any) -> Any:
    return api.call(api.Program.of(source, "b"), export, method, list(arguments), limits=SMALL)


@pytest.mark.parametrize(
    "source",
    [
        "exports.f = {handler: (v) => v + 1};",
        "exports = {f: {handler: (v) => v + 1}};",
        "module.exports = {f: {handler: (v) => v + 1}};",
        "module.exports.f = {handler: async (v) => v + 1};",
        "this.f = {handler(v) { return Promise.resolve(v).then(this.add); }, add: (v) => v + 1};",
        "exports.f = {handler: (v) => ({then: (done) => done(v + 1)})}; // no newline",
        '"use strict";\nObject.defineProperty(exports, "f", {enumerable: true, get: () => ({'
        "handler: (v) => v + 1})});",
    ],
)
def test_the_ways_to_export(source: str) -> None:
    assert call(source, "f", "handler", 1) == 2


def test_an_export_may_itself_be_the_function() -> None:
    assert call("exports.f = (a, b) => [b, a];", "f", None, 1, {"k": None}) == [{"k": None}, 1]


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -1.5,
        "",
        "ä\u0000\u2028😀",
        [],
        {},
        [[{"a": [None]}]],
        {"__proto__": {"x": 1}},
    ],
)
def test_values_come_back_as_they_went(value: Any) -> None:
    assert call("exports.f = (v) => v;", "f", None, value) == value


def test_undefined_comes_back_as_null() -> None:
    assert call("exports.f = () => {};", "f", None) is None


def test_numbers_beyond_json_are_null() -> None:
    assert call("exports.f = () => [NaN, Infinity, -0];", "f", None) == [None, None, 0]


@pytest.mark.parametrize(
    "body",
    [
        "const x = {}; x.x = x; return x;",
        "return 1n;",
        "return () => 1;",
        "return Symbol('x');",
        "let x = []; for (let i = 0; i < 150; i += 1) x = [x]; return x;",
        "return {toJSON() { throw new Error('no'); }};",
    ],
)
def test_what_is_not_json_is_refused(run: Run, body: str) -> None:
    with pytest.raises(NotJson):
        run(body)


def test_half_a_character_becomes_the_mark_for_one(run: Run) -> None:
    assert run(r"return ['a\ud800b', '\\ud800', '\ud83d\ude00'];") == ["a\ufffdb", r"\ud800", "😀"]


def test_a_page_is_one_call_with_an_outcome_for_each_value() -> None:
    source = """
        let evaluated = 0;
        exports.f = {handler: (v) => {
            evaluated += 1;
            if (v === 2) { throw new TypeError("two"); }
            if (v === 3) { return Promise.reject(new RangeError("three")); }
            if (v === 4) { return new Promise(() => {}); }
            if (v === 5) { return 5n; }
            return {v, evaluated};
        }};
    """
    program = api.Program.of(source, "page")

    outcomes = api.call_many(program, "f", "handler", [[v] for v in (1, 2, 3, 4, 5, 6)])

    assert outcomes[0].value == {"v": 1, "evaluated": 1}
    assert outcomes[5].value == {"v": 6, "evaluated": 6}
    kinds = [type(each.error) for each in outcomes]
    assert kinds == [type(None), Thrown, Rejected, NeverSettled, NotJson, type(None)]
    assert api.call_many(program, "f", "handler", []) == []


def test_compiled_typescript_runs_and_asks_the_host() -> None:
    asked: list[tuple[str, Any]] = []

    def host(name: str, argument: Any) -> Any:
        asked.append((name, argument))
        assert 0 < api.seconds_left() <= SMALL.wall_seconds
        if name == "vault.deref":
            return {"who": "ida@example.com"}
        return {"ok": True, "status": 202, "headers": {"X-Id": "7"}, "body": '{"id": 7}'}

    result = api.call(
        api.Program.of(COMPILED, "compiled"),
        "notify",
        "handler",
        [{"body": {"id": "pvlt:1"}}],
        limits=SMALL,
        host=host,
        vault=True,
    )

    assert result == {"queued": True, "said": {"id": 7}}
    assert asked == [
        ("vault.deref", {"who": "pvlt:1"}),
        (
            "fetch",
            {
                "url": "https://mail.example/send",
                "method": "POST",
                "headers": {"Content-Type": "text/plain"},
                "body": "ida@example.com",
            },
        ),
        ("console.log", {"level": "log", "arguments": ["sent", 202]}),
    ]


def test_decryption_and_the_rest_of_fetch(run: Run) -> None:
    def host(name: str, argument: Any) -> Any:
        if name == "fetch":
            return {"ok": False, "status": 404, "headers": {"X-Id": "7"}, "body": "gone"}
        return [{"fields": {"asked": argument["collection"]}}]

    body = """
        const reply = await fetch("https://a.example/");
        const opened = await vault.crypto.decrypt({collection: "people", requestBody: []});
        const found = [reply.headers.get("x-id"), reply.headers.get("none")];
        return [reply.ok, reply.status, await reply.text(), found, opened[0].fields];
    """

    assert run(body, host=host) == [False, 404, "gone", ["7", None], {"asked": "people"}]


def test_a_refusal_of_the_host_can_be_caught(run: Run) -> None:
    def host(name: str, argument: Any) -> Any:
        raise HostError("You may not.", "forbidden")

    body = "try { await vault.deref({}); } catch (e) { return [e.message, e.code, e.constructor"
    body += " === Error]; }"

    assert run(body, host=host) == ["You may not.", "forbidden", True]


def test_a_refusal_that_is_not_caught_is_handed_back(run: Run) -> None:
    cause = Forbidden("object")

    def host(name: str, argument: Any) -> Any:
        raise HostError("You may not.", "forbidden", cause)

    with pytest.raises(Rejected) as rejected:
        run("await vault.deref({});", host=host)

    assert rejected.value.host is not None
    assert rejected.value.host.cause is cause


def test_another_failure_of_the_host_ends_the_call(run: Run) -> None:
    def host(name: str, argument: Any) -> Any:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run("try { await vault.deref({}); } catch { return 'caught'; }", host=host)


def test_without_a_host_requests_are_refused_and_the_log_is_dropped(run: Run) -> None:
    body = "console.log(1); try { await fetch('https://a/'); } catch (e) { return e.code; }"

    assert run(body) == "not_available"


def test_what_nobody_waits_for_is_not_sent(run: Run) -> None:
    asked: list[str] = []

    def host(name: str, argument: Any) -> Any:
        asked.append(name)

    assert run("vault.deref({}); return 'done';", host=host) == "done"
    assert asked == []


def test_the_log_takes_anything(run: Run) -> None:
    seen: list[Any] = []

    def host(name: str, argument: Any) -> Any:
        seen.append(argument)

    body = """
        const cyclic = {}; cyclic.x = cyclic;
        console.warn(undefined, () => 1, 2n, new TypeError("t"), cyclic, {a: [1]});
        console.error();
    """
    run(body, host=host)

    assert seen == [
        {
            "level": "warn",
            "arguments": ["undefined", "() => 1", "?", "TypeError: t", "?", {"a": [1]}],
        },
        {"level": "error", "arguments": []},
    ]


def test_the_vault_is_there_only_when_it_is_given() -> None:
    source = "exports.f = (input) => [typeof input.vault, typeof globalThis.vault];"

    assert call(source, "f", None, {}) == ["undefined", "undefined"]


def test_exports_are_described() -> None:
    source = """
        exports.b = {type: "transformer", description: "d", dependencies: {properties: ["*"]},
            handler() {}, more: {deep() {}}};
        exports.a = function () {};
        exports.c = null;
        Object.defineProperty(exports, "hidden", {value: 1});
    """

    description = api.exports(api.Program.of(source, "d"))

    metadata = {
        "type": "transformer",
        "description": "d",
        "dependencies": {"properties": ["*"]},
        "more": {},
    }
    assert description.exports == (
        api.Export("a", "function", (), None),
        api.Export("b", "object", ("handler",), metadata),
        api.Export("c", "object", (), None),
    )


@pytest.mark.parametrize("source", ["", "exports = null;", "module.exports = 7;"])
def test_nothing_exported_is_described_as_nothing(source: str) -> None:
    assert api.exports(api.Program.of(source, "d")).exports == ()


@pytest.mark.parametrize(
    ("export", "method"),
    [("g", "handler"), ("f", "handle"), ("f", None), ("toString", None), ("f", "constructor")],
)
def test_only_own_functions_are_called(export: str, method: str | None) -> None:
    with pytest.raises(NoSuchExport):
        call("exports.f = {handler: () => 1};", export, method)
