"""Tests that share what there is one of run in one process, as their groups say."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.xdist_group("grouped")


def test_groups_are_heeded(request: pytest.FixtureRequest) -> None:
    """Where the marks mean nothing, nothing fails: the tests only get in each other's way."""
    if not hasattr(request.config, "workerinput"):
        return
    assert request.node.nodeid.endswith("@grouped")
