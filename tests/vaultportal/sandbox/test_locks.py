"""What the process of a call could do if the engine had a hole: nothing."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest

from tests.vaultportal.sandbox.conftest import SMALL
from vaultportal.sandbox import api, results
from vaultportal.sandbox.conversation import converse
from vaultportal.sandbox.errors import Died, LimitHit, SandboxError
from vaultportal.sandbox.pool import Pool

PROGRAM = api.Program.of("exports.f = 1;", "attacked")


def attack(pool: Pool, name: str, argument: Any = None, limits: api.Limits = SMALL) -> Any:
    job = results.job(name, None, [[argument]], limits)
    (outcome,) = converse(pool, PROGRAM, job, limits, lambda *_: {})
    if outcome.error is not None:
        raise outcome.error
    return outcome.value


SYSTEM_CALLS = (
    *("open_file", "write_file", "open_socket", "fork", "start_program", "trace_server"),
    *("kill_portal", "read_portal", "run_memory", "raise_limits", "longer_timer", "duplicate"),
)


@pytest.mark.parametrize("name", SYSTEM_CALLS)
def test_a_forbidden_system_call_is_the_last(attacked: Pool, name: str) -> None:
    with pytest.raises(Died) as died:
        attack(attacked, name, os.getpid())

    assert died.value.signal == signal.SIGSYS


@pytest.mark.parametrize("name", ["descriptors", "environment", "portal_modules"])
def test_there_is_nothing_to_find(attacked: Pool, name: str) -> None:
    assert attack(attacked, name) == []


@pytest.mark.parametrize("name", ["crash", "leave"])
def test_a_process_that_ends_early_is_an_error_of_its_call(attacked: Pool, name: str) -> None:
    with pytest.raises(Died):
        attack(attacked, name)

    assert attack(attacked, "environment") == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("garbage", LimitHit),
        ("garbage_frames", Died),
        ("huge_length", LimitHit),
        ("empty_calls", Died),
        ("forged_calls", Died),
        ("logs", LimitHit),
        ("no_object", Died),
        ("wrong_items", Died),
        ("too_many_items", Died),
        ("wrong_fault", Died),
        ("wrong_limit", Died),
        ("not_a_number", Died),
        ("nothing", LimitHit),
    ],
)
def test_a_flooded_socket_ends_the_call(
    attacked: Pool, name: str, expected: type[SandboxError]
) -> None:
    with pytest.raises(expected):
        attack(attacked, name)

    assert attack(attacked, "environment") == []


def test_the_locks_of_this_machine_hold() -> None:
    found = api.available()

    assert found.ready
    assert found.locked
    assert {"seccomp", "rlimits"} <= set(found.locks)
    assert ("account" in found.locks) == (os.geteuid() == 0)
    assert found.reasons == ()
