"""The parts that pages are made of: filters, pages of long lists, selections, differences."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django import forms
from django.test import RequestFactory
from django.utils import timezone

from vaultportal.identity.actor import Actor, system
from vaultportal.ui import palette, plots
from vaultportal.ui.bulk import Selection
from vaultportal.ui.diff import Diff
from vaultportal.ui.filters import Filters
from vaultportal.ui.live import live_attrs, pause
from vaultportal.ui.paging import Keyset, cursor_of
from vaultportal.ui.palette import Found
from vaultportal.ui.plots import Lane, LanePlot

GET = RequestFactory().get


class ListForm(forms.Form):
    q = forms.CharField(label="Name", max_length=5)
    state = forms.ChoiceField(label="State", choices=[("", "Any"), ("ok", "Ready"), ("bad", "Bad")])
    sort = forms.ChoiceField(choices=[("name", "Name"), ("age", "Age")], initial="name")
    own = forms.BooleanField(label="Mine")


def test_filters_that_are_on_are_chips_with_a_way_off() -> None:
    filters = Filters.of(GET("/?q=abc&state=ok&tab=x&after=7&own=on"), ListForm)

    assert [(chip.label, chip.value) for chip in filters.chips] == [
        ("Name", "abc"), ("State", "Ready"), ("Mine", "Yes"),
    ]  # fmt: skip
    assert filters.chips[0].url_without == "?state=ok&tab=x&own=on"
    assert filters.clear_url == "?tab=x"
    assert filters.query == "q=abc&state=ok&tab=x&own=on"
    assert filters.values["sort"] == "name"


def test_a_filter_that_is_wrong_is_none() -> None:
    filters = Filters.of(GET("/?q=far-too-long&state=nonsense&sort=zzz"), ListForm)

    assert not filters.is_on
    assert (filters.values["q"], filters.values["state"]) == (None, None)
    assert filters.values["sort"] == "name"


def test_a_long_list_goes_on_and_back_by_its_addresses() -> None:
    rows = [f"{n:03}" for n in range(7)]

    def find(cursor: str, limit: int) -> list[str]:
        return [row for row in rows if row > cursor][:limit]

    first = Keyset.of(GET("/?q=a"), find, size=3)
    second = Keyset.of(GET("/" + first.after_url), find, size=3)
    third = Keyset.of(GET("/" + second.after_url), find, size=3)

    assert (first.rows, first.before_url) == (("000", "001", "002"), "")
    assert (second.rows, second.cursor) == (("003", "004", "005"), "002")
    assert (third.rows, third.after_url) == (("006",), "")
    assert Keyset.of(GET("/" + third.before_url), find, size=3).rows == second.rows
    assert Keyset.of(GET("/" + second.before_url), find, size=3).rows == first.rows
    assert "q=a" in third.before_url


@pytest.mark.parametrize("cursor", ["a~b", "x" * 600])
def test_a_cursor_that_is_none_is_the_beginning(cursor: str) -> None:
    assert cursor_of(GET("/", {"after": cursor})) == ""


def test_a_selection_is_what_was_posted() -> None:
    given = {"action": "delete", "selected": ["1", "2", "1", ""], "all_matching": "1"}
    found = Selection.of(RequestFactory().post("/", given))

    assert found == Selection("delete", ("1", "2"), all_matching=True)
    assert Selection.of(RequestFactory().post("/", {})).is_empty


def test_a_difference_shows_what_goes_and_what_comes() -> None:
    diff = Diff.of("\n".join("abcdefghij"), "\n".join("abcdefghiJk"))

    assert [line.kind for line in diff.lines] == ["gap", *["same"] * 3, "old", "new", "new"]
    assert (diff.added, diff.removed) == (2, 1)
    assert Diff.of("a", "a").lines == ()


def test_a_live_part_names_its_address_once_and_safely() -> None:
    assert live_attrs('/x/?a="1"', 1.5) == (
        'data-live hx-get="/x/?a=&quot;1&quot;" hx-trigger="every 1500ms, wake" hx-swap="outerHTML"'
    )


def test_who_has_waited_for_long_is_asked_for_less() -> None:
    now = timezone.now()
    old, young = now - timedelta(minutes=3), now - timedelta(minutes=1)

    assert (pause(young), pause(old), pause(old, young)) == (1.5, 5.0, 1.5)


def test_a_sparkline_stays_within_its_box() -> None:
    assert plots.spark_path([1, 3]) == "M0.0 28.0L100.0 2.0"
    assert plots.spark_path([5, 5, 5]).count("L") == 2
    assert plots.spark_path([1]) == ""


def test_a_plot_is_a_table_first() -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    plot = LanePlot((at, at), (Lane("a", (1, 2)), Lane("b", (3, 4), "plain", 1.5)))

    assert plot.rows == [(at, (1, 3)), (at, (2, 4))]
    assert [lane.total for lane in plot.lanes] == [3, 7]


def test_the_palette_wants_every_word() -> None:
    found = [Found("Edit my profile", "", "user", "/"), Found("My sessions", "", "user", "/")]

    assert palette.matching("MY prof", found) == found[:1]
    assert palette.matching("my", found) == found


def test_the_palette_says_where_there_is_more_and_offers_what_can_be_done_with_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def numbered(_actor: Actor, words: str, limit: int) -> list[Found]:
        return [Found(f"{words} {n}", "", "user", "/") for n in range(9)][:limit]

    def few(_actor: Actor, words: str, _limit: int) -> list[Found]:
        return [] if words == "none" else [Found(words, "", "user", "/")]

    monkeypatch.setattr(palette, "_sources", [palette.Source("Few", 2, few)])
    monkeypatch.setattr(palette, "_offers", [lambda _actor, words: [Found(words, "", "plus", "/")]])
    palette.register(palette.Source("Many", 1, numbered))

    many, one = palette.search(system(), " ab ")
    assert (len(many.found), one.more) == (palette.A_KIND, "")
    (more,) = palette.search(system(), "ab", many.more)
    assert (len(more.found), more.more, more.kind) == (9, "", "Many")
    # An address may say anything.
    for only in ("99", "-1", "x" * 1000, "\x00"):
        assert palette.search(system(), "ab", only) == [many, one]
    assert palette.search(system(), "a", many.more) == []

    monkeypatch.setattr(palette, "_sources", [palette.Source("Few", 2, few)])
    (offer,) = palette.search(system(), "none")
    assert offer.is_offer and [one.label for one in offer.found] == ["none"]
    assert palette.search(system(), "none", "0") == []
    assert not palette.search(system(), "ab")[0].is_offer
