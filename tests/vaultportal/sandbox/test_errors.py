"""Where code is at fault: the place is told, values are not."""

from __future__ import annotations

import traceback

import pytest

from tests.vaultportal.sandbox.conftest import SMALL, Run
from vaultportal.sandbox import api
from vaultportal.sandbox.errors import NeverSettled, Rejected, SandboxError, SyntaxFault, Thrown

VALUE = "4580-1111-2222-3333"


def fail(source: str, value: str = VALUE) -> SandboxError:
    with pytest.raises(SandboxError) as caught:
        api.call(api.Program.of(source, "b"), "f", None, [value], limits=SMALL)
    return caught.value


def test_a_thrown_error_has_its_kind_place_and_export() -> None:
    fault = fail("exports.f = (v) => {\n  const n = null;\n  return n.x;\n};")

    assert type(fault) is Thrown
    assert (fault.name, fault.line, fault.export) == ("TypeError", 3, "f")
    assert fault.column > 0
    assert fault.place.startswith("line 3, column ")


def test_the_place_is_the_bundle_s_own_frame() -> None:
    fault = fail("exports.f = (v) => {\n\n  return JSON.parse('{' + v);\n};")

    assert isinstance(fault, Thrown)
    assert (fault.name, fault.line) == ("SyntaxError", 3)


def test_an_error_while_the_bundle_is_evaluated_names_no_export() -> None:
    fault = fail("\nnope();\nexports.f = 1;")

    assert isinstance(fault, Thrown)
    assert (fault.name, fault.line, fault.export) == ("ReferenceError", 2, "")


def test_a_rejection_has_its_place() -> None:
    fault = fail("exports.f = async (v) => {\n  await null;\n  throw new RangeError(v);\n};")

    assert isinstance(fault, Rejected)
    assert (fault.name, fault.line) == ("RangeError", 3)


def test_an_error_that_our_own_functions_throw_is_placed_where_they_were_called() -> None:
    fault = fail("exports.f = () => {\n  new Function('return 1');\n};")

    assert isinstance(fault, Thrown)
    assert fault.line == 2


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("exports.f = ;", 1),
        ("const a = 1;\nconst b = 'x;\n", 2),
        ("}); globalThis.hit = 1; (function () {", 1),
        ("import x from 'y';", 1),
        ("export const f = 1;", 1),
        ("return 1;", 1),
        ("exports.f = `${", 1),
        ("/* never closed", 1),
        ("a\0b", 0),
    ],
)
def test_what_is_not_javascript_is_refused_with_its_line(source: str, line: int) -> None:
    fault = fail(source)

    assert isinstance(fault, SyntaxFault)
    assert fault.line == line


def test_half_a_character_in_the_source_is_refused() -> None:
    assert isinstance(fail("exports.f = '\ud800';"), SyntaxFault)


@pytest.mark.parametrize(
    "source",
    [
        "exports.f = (v) => { throw new Error(v); };",
        "exports.f = (v) => { throw v; };",
        "exports.f = async (v) => { throw {message: v, name: v, stack: v}; };",
        "exports.f = (v) => { class E extends Error { name = v } throw new E(v); };",
        "exports.f = (v) => { const e = new Error(); e.stack = v; throw e; };",
        "exports.f = (v) => null[v];",
        "exports.f = (v) => ({toJSON() { throw new TypeError(v); }});",
        "exports.f = (v) => Promise.reject(new AggregateError([new Error(v)], v));",
    ],
)
def test_no_value_is_in_what_may_be_logged(source: str) -> None:
    fault = fail(source)

    shown = "".join(traceback.format_exception(fault))
    assert VALUE not in shown + repr(fault) + str(fault) + fault.message


def test_the_author_can_be_shown_the_message() -> None:
    fault = fail("exports.f = (v) => { throw new RangeError('not ' + v); };")

    assert isinstance(fault, Thrown)
    assert fault.detail == f"RangeError: not {VALUE}"


@pytest.mark.parametrize("thrown", ["null", "undefined", "7", "'x'", "Symbol('x')", "{}", "[]"])
def test_anything_can_be_thrown(run: Run, thrown: str) -> None:
    with pytest.raises(Rejected) as rejected:
        run(f"throw {thrown};")

    assert rejected.value.name == "Error"


def test_an_error_that_nobody_waits_for_ends_the_call(run: Run) -> None:
    with pytest.raises(Thrown) as thrown:
        run("queueMicrotask(() => {\n  null.x;\n});\nawait 0; return await vault.deref({});")

    assert (thrown.value.name, thrown.value.line) == ("TypeError", 4)


def test_a_promise_that_waits_for_nothing_is_an_error(run: Run) -> None:
    with pytest.raises(NeverSettled):
        run("await new Promise(() => {});")
