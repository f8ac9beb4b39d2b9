"""API keys as text."""

from __future__ import annotations

import pytest

from vaultportal.identity import keys


def test_our_keys_have_their_shape_and_are_all_different() -> None:
    made = {keys.new_api_key() for _ in range(200)}

    assert len(made) == 200
    assert all(keys.OURS.fullmatch(key) and not keys.is_damaged(key) for key in made)


@pytest.mark.parametrize("place", [5, 20, 40, -1])
def test_a_typing_error_is_seen_without_a_look_up(place: int) -> None:
    characters = list(keys.new_api_key())
    characters[place] = "a" if characters[place] != "a" else "b"

    assert keys.is_damaged("".join(characters))


@pytest.mark.parametrize("key", ["", "25969a8f-b9ff-463a-9e5f-c992fad7cb2d", "vpk_short", "ü" * 63])
def test_other_texts_are_not_judged(key: str) -> None:
    assert not keys.is_damaged(key)


def test_what_is_shown_of_a_key_does_not_help_to_guess_it() -> None:
    ours = keys.new_api_key()

    assert keys.prefix_of(ours) == ours[:14]
    assert keys.prefix_of("25969a8f-b9ff-463a-9e5f-c992fad7cb2d") == "2596"
    assert keys.prefix_of("short-password") == ""
