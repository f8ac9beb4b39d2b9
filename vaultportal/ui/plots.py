"""What plots are drawn from: numbers over time, as a sentence and a table first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.functional import Promise

WIDTH, HEIGHT, MARGIN = 100, 30, 2


@dataclass(frozen=True, slots=True)
class Lane:
    """One row of bars of ``components/lane_plot.html``.

    kind: ``plain`` (violet) where plaintext was read, else ``masked``.
    usual: the level to compare with, drawn as a dashed line; None for none.
    """

    title: str | Promise
    values: tuple[int, ...]
    kind: str = "masked"
    usual: float | None = None

    @property
    def total(self) -> int:
        return sum(self.values)


@dataclass(frozen=True, slots=True)
class LanePlot:
    """Lanes on one axis of time.

    times: the beginnings of the bars, evenly apart; each lane has as many values.
    sentence: what stands out, in words; url and action: the way to the rows behind it.
    by_day: whether a bar is a day, which has no hour.
    """

    times: tuple[datetime, ...]
    lanes: tuple[Lane, ...]
    sentence: str = ""
    url: str = ""
    action: str | Promise = ""
    by_day: bool = False
    caption: str | Promise = field(default="")

    @property
    def rows(self) -> list[tuple[datetime, tuple[int, ...]]]:
        """The same as a table: a time and its values."""
        return list(
            zip(self.times, zip(*(lane.values for lane in self.lanes), strict=True), strict=True)
        )

    @property
    def is_empty(self) -> bool:
        return not any(lane.total for lane in self.lanes)


def spark_path(points: Sequence[float]) -> str:
    """The ``d`` of an SVG path through ``points`` in a box of 100 by 30; "" for less than two."""
    if len(points) < 2:
        return ""
    low, high = min(points), max(points)
    tall = HEIGHT - 2 * MARGIN
    step = WIDTH / (len(points) - 1)
    heights = (
        HEIGHT - MARGIN - (tall * (point - low) / (high - low) if high > low else tall / 2)
        for point in points
    )
    return "M" + "L".join(f"{i * step:.1f} {y:.1f}" for i, y in enumerate(heights))
