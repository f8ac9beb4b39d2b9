"""Small limits, so that hostile code ends soon, and a way to run some lines of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vaultportal.sandbox import api
from vaultportal.sandbox.pool import Pool
from vaultportal.sandbox.servers import Launch

SMALL = api.Limits(cpu_seconds=0.1, wall_seconds=20.0, memory_bytes=16 * 2**20)

Run = Callable[..., Any]


@pytest.fixture
def run() -> Run:
    """``run(body, argument, **limits)``: the body of ``async (x, vault) => {...}``, called."""

    def call(
        body: str,
        argument: Any = None,
        *,
        host: api.Host | None = None,
        before: str = "",
        **limits: Any,
    ) -> Any:
        source = f"{before}\nexports.f = {{handler: async ({{x, vault}}) => {{\n{body}\n}}}};"
        program = api.Program.of(source, "test")
        chosen = replace(SMALL, **limits)
        arguments = [{"x": argument}]
        return api.call(program, "f", "handler", arguments, limits=chosen, host=host, vault=True)

    return call


@pytest.fixture(scope="session")
def attacked() -> Iterator[Pool]:
    """A pool whose calls are taken over; see ``attacker``."""
    pool = Pool(Launch(program=Path(__file__).with_name("attacker.py")), processes=4)
    yield pool
    pool.close()
