"""The run itself: tests that share something are in one process, and none lasts for ever."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.xdist_group("grouped")


def test_groups_are_heeded(request: pytest.FixtureRequest) -> None:
    """Where the marks mean nothing, nothing fails: the tests only get in each other's way."""
    if not hasattr(request.config, "workerinput"):
        return
    assert request.node.nodeid.endswith("@grouped")


def test_a_process_outlasts_the_time_limit_of_each_test(request: pytest.FixtureRequest) -> None:
    """Else it ends where the test would have failed with a word."""
    limits = {
        mark.args[0]: item.nodeid
        for item in request.session.items
        for mark in item.iter_markers("timeout")
    }

    longest = max(limits, default=0)

    assert longest < float(request.config.getini("faulthandler_timeout")), limits[longest]
