"""Whom a request is said to come from, and who may say so."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory
from pytest_django import Settings

from vaultportal.identity import origin


def address(peer: str, forwarded: str | None = None) -> str:
    request = RequestFactory().get("/", REMOTE_ADDR=peer)
    if forwarded is not None:
        request.META["HTTP_X_FORWARDED_FOR"] = forwarded
    return origin.client_address(request)


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "expected"),
    [
        ([], "192.0.2.7", None, "192.0.2.7"),
        ([], "192.0.2.7", "198.51.100.1", "192.0.2.7"),
        (["10.0.0.0/8"], "192.0.2.7", "198.51.100.1", "192.0.2.7"),
        (["10.0.0.0/8"], "10.1.1.1", "198.51.100.1", "198.51.100.1"),
        (["10.0.0.0/8"], "10.1.1.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        (["10.0.0.0/8"], "10.1.1.1", "1.1.1.1, 198.51.100.1, 10.2.2.2", "198.51.100.1"),
        (["10.0.0.0/8"], "10.1.1.1", "198.51.100.1, nonsense", "10.1.1.1"),
        (["10.0.0.0/8"], "10.1.1.1", None, "10.1.1.1"),
        (["10.0.0.0/8"], "10.1.1.1", ",".join(["10.3.3.3"] * 500), "10.3.3.3"),
        (["::1"], "::1", "2001:db8::5", "2001:db8::5"),
        (["10.1.1.1"], "::ffff:10.1.1.1", "198.51.100.1", "198.51.100.1"),
        ([], "", None, ""),
    ],
)
def test_only_listed_proxies_are_believed(
    settings: Settings, trusted: list[str], peer: str, forwarded: str | None, expected: str
) -> None:
    settings.PORTAL_TRUSTED_PROXIES = trusted

    assert address(peer, forwarded) == expected


def test_a_wrong_list_stops_with_a_sentence(settings: Settings) -> None:
    settings.PORTAL_TRUSTED_PROXIES = ["the proxy"]

    with pytest.raises(ImproperlyConfigured, match="PORTAL_TRUSTED_PROXIES"):
        address("10.1.1.1")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("::ffff:10.0.0.5", "10.0.0.5/32"),
        (" ::ffff:10.1.2.3/112 ", "10.1.0.0/16"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
        ("::ffff:0:0/95", "::fffe:0:0/95"),
        ("10.1.2.3/16", "10.1.0.0/16"),
        ("2001:db8::5", "2001:db8::5/128"),
    ],
)
def test_a_mapped_network_is_the_one_of_ipv4(written: str, kept: str) -> None:
    assert origin.network(written) == kept


def test_a_mapped_network_has_the_callers_of_ipv4() -> None:
    assert origin.is_within("10.0.0.5", ("::ffff:10.0.0.5",))
    assert not origin.is_within("10.0.0.6", ("::ffff:10.0.0.5",))


def test_a_user_agent_is_cut() -> None:
    request = RequestFactory().get("/", HTTP_USER_AGENT="x" * 5000)

    assert len(origin.user_agent(request)) == origin.MAX_USER_AGENT
