"""What others rely on in the identifiers."""

from __future__ import annotations

import time
from uuid import UUID

from vaultportal.identity.ids import uuid7


def milliseconds(made: UUID) -> int:
    return made.int >> 80


def test_ids_sort_in_the_order_of_their_making() -> None:
    made = [uuid7() for _ in range(10_000)]

    assert made == sorted(set(made))
    assert {each.version for each in made} == {7}


def test_the_time_in_an_id_does_not_run_ahead_in_a_burst() -> None:
    made = [uuid7() for _ in range(10_000)]

    assert milliseconds(made[-1]) <= time.time() * 1000
