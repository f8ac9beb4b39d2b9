"""Which names a secret may have, and how search compares them."""

from __future__ import annotations

import pytest

from secrets_app import names


@pytest.mark.parametrize(
    "name",
    [
        "db",
        " ",
        "build/registry login",
        "a.b",
        "...",
        "50%",
        "q?a#b&c+d,e;f@g",
        "'\"\\",
        "Ünïcödé",
        "密钥",
        "🔑",
        "e\N{COMBINING ACUTE ACCENT}",
        "x" * 255,
        "🔑" * 255,
    ],
)
def test_any_unicode_name_is_possible(name: str) -> None:
    assert names.fault_of(name) is None


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "format"),
        ("x" * 256, "range"),
        ("a\x00b", "format"),
        ("a\r\nLocation: x", "format"),
        ("\x7f", "format"),
        ("\x85", "format"),
        ("\ud800", "format"),
        ("/a", "format"),
        ("a/", "format"),
        ("a//b", "format"),
        (".", "format"),
        ("..", "format"),
        ("a/../b", "format"),
        ("a/./b", "format"),
    ],
)
def test_what_no_path_could_name_again_is_refused(name: str, code: str) -> None:
    fault = names.fault_of(name)

    assert fault is not None
    assert (fault.property, fault.code) == ("name", code)
    assert not names.is_possible(name)


def test_a_fault_does_not_repeat_the_name() -> None:
    fault = names.fault_of("hunter2\x00")

    assert fault is not None
    assert "hunter2" not in fault.message


@pytest.mark.parametrize(
    ("one", "other"), [("PG-Main", "pg-main"), ("STRASSE", "straße"), ("ﬁle", "FILE")]
)
def test_search_folds_letter_case_and_forms(one: str, other: str) -> None:
    assert names.folded(one) == names.folded(other)
