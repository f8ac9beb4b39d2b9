"""A portal that sends mail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.mail import MailBox, mail_box


@pytest.fixture
def box(settings: Settings) -> Iterator[MailBox]:
    """A mail server that is the portal's."""
    with mail_box() as running:
        settings.PORTAL_MAIL = running.server()
        yield running
