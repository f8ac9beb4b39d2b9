"""Whom the portal believes when it talks to a provider: the same as everywhere, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import certifi
import pytest
import requests
from pytest_django import Settings

from tests.receiver import Receiver
from tests.vaultportal.outbound.servers import make_certificate
from vaultportal.outbound.trust import tls_context
from vaultportal.ui.oidc.adapter import SocialAccountAdapter


@pytest.fixture
def chain(tmp_path: Path) -> Path:
    return make_certificate(tmp_path, "localhost", "127.0.0.1")


@pytest.fixture
def server(chain: Path) -> Iterator[Receiver]:
    receiver = Receiver()
    receiver.over_tls(chain)
    tls_context.cache_clear()
    with receiver.running():
        yield receiver
    tls_context.cache_clear()


def ask(server: Receiver) -> int:
    return SocialAccountAdapter().get_requests_session().get(server.url, timeout=30).status_code


def test_an_authority_of_the_operator_is_believed_and_nothing_else_changes(
    server: Receiver, chain: Path, settings: Settings
) -> None:
    settings.PORTAL_EGRESS_CA_FILE = str(chain)
    before = tls_context().cert_store_stats()

    assert ask(server) == 200

    assert tls_context().cert_store_stats() == before


def test_authorities_from_elsewhere_are_not_believed(
    server: Receiver, chain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of the environment, and those that come with a library."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(chain))
    monkeypatch.setattr(certifi, "where", lambda: str(chain))
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(chain))

    with pytest.raises(requests.exceptions.SSLError):
        ask(server)
