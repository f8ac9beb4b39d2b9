"""The data of a secret comes back byte for byte."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_app.payload import Payload

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
BODIES = st.dictionaries(st.text(), JSON)


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        '{"a": 1, "b": 1.0, "c": 1e2, "d": -0}',
        '{"big": 123456789012345678901234567890, "exact": 0.1000000000000000055511151231}',
        '{"": "", "nested": {"list": [1, [2, {"x": "}]\\"{["}]], "null": null}}',
        '{"é": "\\u00e9", "🔑": "\\ud83d\\udd11"}',
        '{ "spaced"\t:\n[ 1 , 2 ] }',
    ],
)
def test_the_text_of_the_member_is_cut_out_as_it_was_sent(text: str) -> None:
    body = f' {{"name": "x{{", "data" : {text} , "after": {{"data": 1}}}} '.encode()

    payload = Payload.member(body, "data", json.loads(text))

    assert payload.text == text.encode()
    assert payload.size == len(text.encode())


def test_a_key_that_is_written_with_escapes_is_the_same_key() -> None:
    assert Payload.member(b'{"d\\u0061ta":{"a":1}}', "data", {"a": 1}).text == b'{"a":1}'


@given(BODIES, JSON)
def test_whatever_stands_around_it_the_member_is_found(
    around: dict[str, object], value: object
) -> None:
    body = json.dumps(around | {"data": {"is": value}}, ensure_ascii=False).encode(
        "utf-8", "replace"
    )

    text = Payload.member(body, "data", {}).text

    assert json.loads(text) == json.loads(body)["data"]


def test_integers_beyond_64_bits_stay_integers() -> None:
    value = {"serial": 2**200}

    assert Payload.of(value).value == value
    assert Payload(b'{"serial": %d}' % 2**200).value == value


def test_the_outline_names_fields_within_bounds() -> None:
    many = Payload.of({f"{index}-" + "x" * 300: index for index in range(300)})

    assert len(many.outline()) == 200
    assert max(map(len, many.outline())) == 200
    assert Payload.of({"user": "u", "password": "p"}).outline() == ["user", "password"]


def test_it_does_not_print() -> None:
    assert "hunter2" not in repr(Payload.of({"password": "hunter2"}))
