"""Whatever is written and whatever it is asked of: an answer or "invalid filter", soon."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triggers_app.filters import InvalidFilter, compile_filter
from triggers_app.filters.budget import MOST_NODES, Budget
from triggers_app.filters.evaluator import evaluate

WORDS = [
    "$",
    "@",
    ".",
    "..",
    "[",
    "]",
    "(",
    ")",
    "?",
    "*",
    ",",
    ":",
    "'",
    '"',
    "a",
    "b",
    "name",
    "0",
    "1",
    "-1",
    "7",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "=~",
    "===",
    "in",
    "nin",
    "contains",
    "subsetof",
    "anyof",
    "noneof",
    "size",
    "empty",
    "&&",
    "||",
    "!",
    "/a.*/i",
    "/",
    "\\",
    "true",
    "false",
    "null",
    "{}",
    ".length()",
    ".sum()",
    ".concat(",
    ".keys()",
    "$[?(",
    "@.a",
    ")]",
    "$.a[",
    "]",
]
TEXTS = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from([*WORDS, " "]), max_size=30).map("".join),
    st.builds("$[?({})]".format, st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)),
    st.builds(
        "$[?({} {} {})]".format,
        st.sampled_from(["$.a", "@..b", "$.a[*]", "$.a.sum()", "'x'", "1e9", "$..*"]),
        st.sampled_from(["==", "<", "=~", "in", "contains", "subsetof", "size", "empty", "all"]),
        st.sampled_from(["$.b", "@.a", "['x', 1]", "/x*/", "true", "'\\u0000'", "-0.0", "{}"]),
    ),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "b", "name"]), inner, max_size=3)
    ),
    max_leaves=20,
)
EVENTS = st.dictionaries(st.sampled_from(["a", "b", "name"]), VALUES, max_size=3)


@settings(max_examples=600, deadline=None, derandomize=True)
@given(text=TEXTS, event=EVENTS)
def test_nothing_but_invalid_filter_is_ever_raised(text: str, event: dict[str, Any]) -> None:
    try:
        compiled = compile_filter(text)
        answers = (compiled.matches(event), compiled.path_exists(event))
    except InvalidFilter:
        return

    assert {type(answer) for answer in answers} == {bool}


@pytest.mark.parametrize(
    "text",
    [
        "$[?(" + "(" * 40 + "$.a" + ")" * 40 + ")]",
        "$[?(" + "!" * 40 + "$.a)]",
        "$[?($.a == " + "[" * 40 + "]" * 40 + ")]",
        "$" + "[?(@" * 40 + ")]" * 40,
        "$.a" + ".concat($.a" * 40 + ")" * 40,
        "$." + "a" * 4096,
        "$['" + "ä" * 2048 + "']",
    ],
    ids=["parentheses", "negations", "arrays", "predicates", "arguments", "length", "bytes"],
)
def test_text_and_nesting_are_limited(text: str) -> None:
    with pytest.raises(InvalidFilter):
        compile_filter(text)


def test_four_thousand_bytes_and_thirty_levels_are_within_the_limits() -> None:
    compile_filter("$." + "a" * 4094)
    compile_filter("$[?(" + "(" * 30 + "$.a" + ")" * 30 + ")]")


@pytest.mark.parametrize(
    "text",
    [
        "$..*",
        "$..a..a..a",
        "$..[?(@..a)]",
        "$.list[?($.list contains 'none')]",
        "$[?($.list subsetof $.list)]",
        "$.list[?($.text =~ /.*x/)]",
        "$.list[?($.text contains 'none')]",
        "$.list[?($ == $)]",
        "$[?(" + " || ".join(["$..none == 1"] * 200) + ")]",
        "$.list.concat(" + ",".join(["$.text"] * 32) + ")",
    ],
)
def test_work_is_limited_and_the_limit_is_kept(text: str) -> None:
    event = {"list": list(range(20_000)), "text": "y" * 100_000, "a": {"a": {"a": {}}}}
    budget = Budget()

    with pytest.raises(InvalidFilter):
        evaluate(compile_filter(text).path, event, event, budget)

    # What is over the limit is refused before it is looked at.
    assert -len(event["list"]) - 1 <= budget.left <= MOST_NODES


def test_a_pattern_that_would_explode_elsewhere_takes_linear_time() -> None:
    event = {"name": "a" * 20_000 + "!"}

    assert not compile_filter("$[?($.name =~ /(a+)+b/)]").matches(event)
    assert not compile_filter("$[?($.name =~ /(a|aa)*(b|c)/)]").matches(event)
