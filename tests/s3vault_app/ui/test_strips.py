"""A day of an endpoint as a few paths, with what they show in words."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from s3vault_app.selectors.strips import CELLS, Cell, Strip
from s3vault_app.ui.charts import Band


def test_each_state_is_one_path_and_gaps_are_told() -> None:
    start = timezone.now()
    cells = [Cell(start + timedelta(minutes=15 * n), "ok", 9) for n in range(CELLS)]
    cells[0] = Cell(cells[0].at, "none")
    cells[3:5] = [Cell(cell.at, "down") for cell in cells[3:5]]
    cells[9] = Cell(cells[9].at, "slow", 2500)

    band = Band.of(Strip(cells))

    paths = {state: path for state, path, _ in band.bars}
    labels = {state: label for state, _, label in band.bars}
    assert {state: path.count("M") for state, path in paths.items()} == {
        "none": 1,
        "ok": CELLS - 4,
        "bad": 2,
        "warn": 1,
    }
    assert paths["bad"] == "M3 20V13h.8V20zM4 20V13h.8V20z"
    assert labels["bad"].count("did not answer") == 2
    assert "slow, 2500 ms" in labels["warn"]
    assert labels["ok"] == labels["none"] == ""
    assert (band.text, band.width) == ("1 gap, 30 min", CELLS)
