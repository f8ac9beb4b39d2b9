"""The dialect: the table of the contract, then each element that it lists."""

from __future__ import annotations

from typing import Any

import pytest

from triggers_app.filters import InvalidFilter, compile_filter

EVENT: dict[str, Any] = {
    "id": "0d9e",
    "name": "payroll-db",
    "type": "SECRET",
    "vault": {"id": "12", "name": "finance", "labels": ["eu", "payroll"]},
    "identity": {"name": "mara.voss", "department": "US East Support"},
    "changes": [
        {"attribute": "owner", "oldValue": "a", "newValue": "b"},
        {"attribute": "level", "oldValue": 3, "newValue": 12},
        {"attribute": "note", "oldValue": None, "newValue": ""},
    ],
    "version": 3,
    "size": 412.5,
    "urgent": True,
    "paused": False,
    "empty": {"text": "", "list": [], "object": {}, "null": None, "zero": 0},
    "a b": {"it's": 1},
}

TABLE = [
    ('$[?($.identity.name == "mara.voss")]', '$[?($.identity.name == "lena")]'),
    ('$[?(@.identity.name == "mara.voss")]', '$[?(@.identity.name == "lena")]'),
    ('$.changes[?(@.attribute == "level")]', '$.changes[?(@.attribute == "colour")]'),
    ("$[?($.identity.department =~ /US.*Support/i)]", "$[?($.identity.department =~ /US/)]"),
    ('$[?($.vault.name in ["finance", "hr"])]', '$[?($.vault.name in ["hr"])]'),
    ('$[?($.vault.labels contains "eu")]', '$[?($.vault.labels contains "us")]'),
    ('$[?($.vault.name contains "nan")]', '$[?($.vault.name contains "hr")]'),
    ('$[?($.vault.name nin ["hr"])]', '$[?($.vault.name nin ["finance"])]'),
    (
        '$[?($.vault.labels subsetof ["eu", "payroll", "x"])]',
        '$[?($.vault.labels subsetof ["eu"])]',
    ),
    ('$[?($.vault.labels anyof ["eu", "x"])]', '$[?($.vault.labels anyof ["x"])]'),
    ('$[?($.vault.labels noneof ["x"])]', '$[?($.vault.labels noneof ["eu"])]'),
    ("$[?($.vault.labels size 2)]", "$[?($.vault.labels size 3)]"),
    ("$[?($.changes.length() >= 3)]", "$[?($.changes.length() > 3)]"),
]

MATCHING = [
    # paths
    "$",
    "@",
    "$.name",
    "$['name']",
    '$["vault"]["name"]',
    "$['name','none']",
    "$..name",
    "$.*",
    "$[*]",
    "$.changes[0]",
    "$.changes[-1]",
    "$.changes[0,2]",
    "$.changes[0:2]",
    "$.changes[1:]",
    "$.changes[:1]",
    "$.changes[-2:]",
    "$.changes[*].attribute",
    "$..labels[0]",
    "$..[?(@.attribute)]",
    "$.['name']",
    "$..*",
    "$['a b'][\"it's\"]",
    "$.empty.zero",
    "$.changes[?(@.oldValue)]",
    "$..['name']",
    # functions
    "$.changes.length()",
    "$.name.length()",
    "$.vault.size()",
    "$.changes[*].newValue.max()",
    "$.vault.keys()",
    "$.changes.first()",
    "$.changes.last()",
    "$.changes.index(1)",
    '$.name.concat("-", $.vault.name)',
    '$[?($.name.concat("!") == "payroll-db!")]',
    "$[?($.changes[*].oldValue.sum() == 3)]",
    "$[?($.changes[1]['oldValue','newValue'].avg() == 7.5)]",
    "$[?($.changes[1]['oldValue','newValue'].min() == 3)]",
    "$[?($.vault.keys() contains 'labels')]",
    # comparisons
    "$[?($.version == 3)]",
    "$[?($.version != 4)]",
    "$[?($.version > 2.5)]",
    "$[?($.size >= 412.5)]",
    "$[?($.version < 4)]",
    "$[?($.version <= 3)]",
    '$[?($.name > "pay")]',
    "$[?($.urgent == true)]",
    "$[?(@.version == '3')]",
    "$[?($.version === 3)]",
    "$[?($.version !== '3')]",
    "$[?(3 == $.version)]",
    "$[?($.empty.null == null)]",
    "$[?($.vault.labels == ['eu', 'payroll'])]",
    "$[?($.empty.object == {})]",
    "$[?($.none != 'x')]",
    "$[?($.vault.name =~ /FIN.*/i)]",
    "$[?($.vault.labels =~ /pay.*/)]",
    r"$[?($.version =~ /\d/)]",
    r"$[?('a/b' =~ /a\/b/)]",
    "$[?($.version === 3.0)]",
    "$[?($.empty.text empty true)]",
    "$[?($.vault.labels empty false)]",
    "$[?($.vault.labels all ['eu'])]",
    "$[?($.name size 10)]",
    "$[?('eu' in $.vault.labels)]",
    "$[?($..attribute anyof ['level'])]",
    "$[?($.vault.name IN ['finance'])]",
    r"$[?($.name == 'payroll\u002ddb')]",
    # logic
    "$[?($.urgent && $.version == 3)]",
    "$[?($.none || $.version == 3)]",
    "$[?(!$.none)]",
    "$[?(!($.version == 4) && ($.urgent == true || $.none))]",
    "$[?($.empty.null)]",
    "$[ ?( $.version == 3 ) ]",
    "$.changes[?(@.attribute == 'level' && @.newValue > @.oldValue)].newValue",
    "$[?($.version == 4 || $.version == 3 && $.urgent == true)]",
    "$[?($.changes[?(@.newValue == 12)] size 1)]",
]

PASSED_OVER = [
    "$.none",
    "$.vault.none",
    "$.changes[7]",
    "$.paused",
    "$.empty.text",
    "$.empty.list",
    "$.empty.object",
    "$.empty.null",
    "$.name.none",
    "$.name[0]",
    "$.vault[0]",
    "$..none",
    "$.changes[5:]",
    "$.vault.labels.none",
    "$.none.length()",
    "$.empty.list.first()",
    "$.name.sum()",
    "$.empty.text.concat()",
    "$[?($.none == null)]",
    "$[?($.none)]",
    "$[?($.version == '4')]",
    "$[?($.name > 3)]",
    "$[?($.version === '3')]",
    "$[?($.urgent == 'true')]",
    "$[?($.name =~ /payroll/)]",
    "$.none[?(@.a)]",
    "$[?($.name subsetof ['payroll-db'])]",
    "$[?(@.name == 'x')]",
    "$.vault.labels[?(@.x)]",
    "$[?(!$.name)]",
    "$.version[?(@ == 3)]",
    "$[?($.none noneof ['x'])]",
    "$[?($.urgent == 1)]",
    "$[?($.none =~ /.*/)]",
]

INVALID = [
    "",
    " ",
    "name",
    "$.",
    "$..",
    "$[",
    "$[]",
    "$[?(",
    "$[?()]",
    "$[?($.a ==)]",
    "$[?($.a == 1)",
    "$.a b",
    "$[(@.length-1)]",
    "$.a[(@.length-1)]",
    "$[?($.a = 1)]",
    "$[?($.a == x)]",
    "$['a]",
    "$['a',]",
    "$[1,]",
    "$[?(@.a =~ /(/)]",
    "$[?(@.a =~ /a/q)]",
    "$[?(@.a =~ /(?=a)/)]",
    r"$[?(@.a =~ /(a)\1/)]",
    "$.a.none()",
    "$.a.length().b",
    "$.a.length(",
    "$.a.index()",
    "$[?(1)]",
    "$[?(true)]",
    "$[1.5]",
    "$[?(@.a &&)]",
    "$[?(@.a == 'x)]",
    r"$[?(@.a == '\ud800')]",
    "$[?(@.a == {a: 1})]",
    "$[?(@.a == [1,)]",
    "\0",
    "$\0",
    "$[?(@.a =~ /a{2000}{2000}/)]",
    "$.store.book[0",
    "$$",
    "$[9999999999]",
    "$[?(@.a == '\\",
]


@pytest.mark.parametrize(("matching", "other"), TABLE, ids=[row[0] for row in TABLE])
def test_the_table_of_the_contract(matching: str, other: str) -> None:
    assert compile_filter(matching).matches(EVENT)
    assert not compile_filter(other).matches(EVENT)


@pytest.mark.parametrize("text", MATCHING)
def test_these_match(text: str) -> None:
    assert compile_filter(text).matches(EVENT)


@pytest.mark.parametrize("text", PASSED_OVER)
def test_these_are_filters_and_do_not_match(text: str) -> None:
    assert not compile_filter(text).matches(EVENT)


@pytest.mark.parametrize("text", INVALID)
def test_these_are_no_filters(text: str) -> None:
    with pytest.raises(InvalidFilter):
        compile_filter(text)


@pytest.mark.parametrize(
    ("text", "exists"),
    [
        ("$.vault.name", True),
        ("$.vault.none", False),
        ("$.none.name", False),
        ("$.none[?(@.a == 1)]", False),
        ("$.changes[9]", False),
        ("$[?($.none.deeper == 1)]", True),
        ("$.changes[?(@.none == 1)]", True),
        ("$..none", True),
        ("$.changes[*].none", True),
        ("$.none.length()", False),
        ("$.empty.null", True),
    ],
)
def test_a_definite_path_must_lead_somewhere(text: str, exists: bool) -> None:  # noqa: FBT001 a table
    assert compile_filter(text).path_exists(EVENT) is exists


def test_a_filter_is_compiled_once() -> None:
    assert compile_filter("$.once") is compile_filter("$.once")


def test_a_refusal_names_the_place_and_not_the_text() -> None:
    with pytest.raises(InvalidFilter) as refused:
        compile_filter("$[?($.hunter2 == )]")

    assert str(refused.value) == "filter lacks a value at character 18."
