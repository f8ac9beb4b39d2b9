"""What is easily guessed is called weak, and what is random is not."""

from __future__ import annotations

import pytest

from secrets_app import strength


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("", 0),
        ("password1", 0),
        ("a" * 10_000, 0),
        ("abcdefghijklmnopqrstuvwxyz0123456789", 0),
        ("abcabcabcabcabcabcabcabcabcabc", 0),
        ("Summer2026!", 1),
        ("k7#Qz!m2", 1),
        ("correct horse battery", 3),
        ("Vq3-xN0_tZr8LwPj5yKcHbGfUa7sEoRd", 3),
    ],
)
def test_a_value_is_judged(text: str, level: int) -> None:
    assert strength.of(text).level == level, strength.of(text)
