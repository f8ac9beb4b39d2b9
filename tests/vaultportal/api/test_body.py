"""The strict JSON parser: what it takes unchanged, what it refuses."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from vaultportal.api import body
from vaultportal.errors import Malformed, TooLarge, UnsupportedMedia


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b'{"": null}', {"": None}),
        (b"123456789012345678901234567890", 123456789012345678901234567890),
        (b"1.0", 1.0),
        ('"ü\\u0000 \\ud83d\\ude00"'.encode(), "ü\x00 😀"),
        (b"[" * 100 + b"]" * 100, None),
    ],
)
def test_takes_what_json_allows(text: bytes, value: Any) -> None:
    parsed = body.parse_json(text)

    assert value is None or (parsed == value and type(parsed) is type(value))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"{'a': 1}",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1, "a": 2}',
        b'[{"b": {"a": 1, "a": 1}}]',
        b'"\\ud800"',
        b'"\xff"',
        b"\xef\xbb\xbf{}",
        b"[" * 101 + b"]" * 101,
        b'{"a":' * 1000 + b"1" + b"}" * 1000,
        b"[" * 100_000,
        b"9" * 10_000,
        b'{"a": 1} x',
    ],
)
def test_refuses_the_rest(text: bytes) -> None:
    with pytest.raises(Malformed):
        body.parse_json(text)


def test_brackets_inside_strings_are_not_depth() -> None:
    text = b'{"a": "' + b'[{\\"' * 500 + b'"}'

    assert len(body.parse_json(text)["a"]) == 1500


@given(st.binary(max_size=200))
def test_any_bytes_parse_or_are_malformed(text: bytes) -> None:
    with contextlib.suppress(Malformed):
        body.parse_json(text)


def test_a_body_over_the_limit_is_refused_before_it_is_read(settings: Any) -> None:
    settings.PORTAL_MAX_BODY = 10
    request = RequestFactory().post("/", data=b'"0123456789"', content_type="application/json")

    with pytest.raises(TooLarge):
        body.read_json(request)


def test_another_content_type_is_refused() -> None:
    request = RequestFactory().post("/", data=b"a=1", content_type="text/plain")

    with pytest.raises(UnsupportedMedia):
        body.read_json(request)


def test_a_body_shorter_than_announced_is_malformed() -> None:
    request = RequestFactory().post("/", data=b'{"a": 1}', content_type="application/json")
    request.META["CONTENT_LENGTH"] = "200"

    with pytest.raises(Malformed):
        body.read_json(request)
