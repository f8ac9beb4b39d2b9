"""How long a list is: about, and exactly when somebody asks."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory
from django.utils import translation

from tests.factories import make_person
from vaultportal.identity.models import User
from vaultportal.ui import estimates
from vaultportal.ui.paging import Keyset

pytestmark = pytest.mark.django_db

LONG: Keyset[Any] = Keyset("", "?after=x", 2)


@pytest.mark.parametrize(
    ("number", "english", "german"),
    [
        (7, "7", "7"),
        (644, "640", "640"),
        (12_345, "12,000", "12.000"),
        (999_600, "1.0 million", "1,0 Million"),
        (1_234_567, "1.2 million", "1,2 Millionen"),
        (3_456_789_012, "3.5 billion", "3,5 Milliarden"),
    ],
)
def test_two_digits_count(number: int, english: str, german: str) -> None:
    with translation.override("en"):
        assert estimates.in_words(number) == english
    with translation.override("de"):
        assert estimates.in_words(number) == german


def test_a_number_is_estimated_without_reading_and_counted_on_demand(
    django_assert_num_queries: Any,
) -> None:
    for _ in range(3):
        make_person()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE identity_user")
    rows, number = User.objects.order_by("-pk"), User.objects.count()

    with django_assert_num_queries(1):
        about = estimates.amount(RequestFactory().get("/?q=a&after=b"), LONG, rows)
    exact = estimates.amount(RequestFactory().get("/?q=a&count=1"), LONG, rows)

    assert about is not None
    assert about.words.startswith("about ")
    assert about.exact_url == "?q=a&after=b&count=1"
    assert exact == estimates.Amount(f"{number} in all")
    with django_assert_num_queries(0):
        assert estimates.amount(RequestFactory().get("/"), Keyset("", "", 2), rows) is None
        assert estimates.amount(RequestFactory().get("/"), LONG, rows, known=1234) == (
            estimates.Amount("1,234 in all")
        )


def test_statistics_that_are_older_than_the_rows_are_not_shown() -> None:
    nothing = User.objects.none() | User.objects.filter(username="nobody-is-called-so")
    shown: Keyset[Any] = Keyset("", "?after=x", 50)

    found = estimates.amount(RequestFactory().get("/"), shown, nothing)

    assert found == estimates.Amount("", "?count=1")


def test_a_count_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimates, "MOST_MS", 1)
    slow = User.objects.extra(where=["pg_sleep(1) IS NOT NULL"])
    make_person()

    found = estimates.amount(RequestFactory().get("/?count=1"), LONG, slow)

    assert found == estimates.Amount("too many to count in time")
    assert User.objects.exists()  # the transaction goes on
