"""A receiver on the loopback, and rules that let deliveries go there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.receiver import Receiver
from vaultportal.outbound import sender as sending


@pytest.fixture(autouse=True)
def _loopback_is_let_out(settings: Settings) -> Iterator[None]:
    settings.TRIGGERS_EGRESS_ALLOW = ["127.0.0.0/8"]
    settings.TRIGGERS_ALLOW_HTTP = True
    settings.TRIGGERS_SYNC_TIMEOUT = 2
    yield
    sending._sender.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver().running() as running:
        yield running
