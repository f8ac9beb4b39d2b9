"""What is let out, and what an address must look like."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from pytest_django import Settings

from vaultportal.outbound import Blocked, Rules, Sender, current_rules
from vaultportal.outbound.addresses import Address
from vaultportal.outbound.errors import unreachable

LOOPBACK = Rules((ip_network("127.0.0.0/8"),), http=True)


def nobody(_host: str, _port: int, _seconds: float) -> list[Address]:
    raise unreachable("name", "unknown")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "scheme"),
        ("ftp://example.org/", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("gopher://127.0.0.1/", "scheme"),
        ("//example.org/", "scheme"),
        ("http://example.org/", "http"),
        ("https://user:word@example.org/", "credentials"),
        ("https://user@example.org/", "credentials"),
        ("https://", "url"),
        ("https://exa mple.org/", "url"),
        ("https://example.org/\r\nX: y", "url"),
        ("https://example.org\\@127.0.0.1/", "url"),
        ("https://127.0.0.1%2f@example.org/", "credentials"),
        ("https://[::1", "url"),
        ("https://[fe80::1%25eth0]/", "address"),
        ("https://example.org:99999/", "url"),
        ("https://example.org:22/", "port"),
        ("https://example.org:6379x/", "url"),
        ("https://" + "a" * 3000, "url"),
        ("https://127.0.0.1/", "address"),
        ("https://[::1]/", "address"),
        ("https://[::ffff:127.0.0.1]/", "address"),
        ("https://2130706433/", "address"),
        ("https://0x7f000001/", "address"),
        ("https://0177.0.0.1/", "address"),
        ("https://127.1/", "address"),
        ("https://0/", "address"),
        ("https://localhost/", "address"),
        ("https://LOCALHOST/", "address"),
        ("https://169.254.169.254/latest/meta-data/", "address"),
        ("https://[fd00:ec2::254]/", "address"),
        ("https://①②⑦.⓪.⓪.①/", "address"),
    ],
)
def test_a_bad_address_is_refused(url: str, reason: str) -> None:
    with pytest.raises(Blocked) as refusal:
        Sender().check(url, Rules())

    assert refusal.value.reason in {f"outbound.{reason}", "outbound.url"}
    assert "127" not in refusal.value.message


@pytest.mark.parametrize("url", ["https://1.1.1.1/", "https://[2606:4700::1111]:8443/x?y=z#frag"])
def test_a_public_address_passes(url: str) -> None:
    Sender().check(url, Rules())


def test_a_name_that_is_not_known_yet_passes() -> None:
    Sender(nobody).check("https://receiver.example.org/hook", Rules())


def test_one_private_answer_among_public_ones_is_enough() -> None:
    mixed = [ip_address("1.1.1.1"), ip_address("10.0.0.1")]

    with pytest.raises(Blocked):
        Sender(lambda *_: mixed).check("https://receiver.example.org/", Rules())


def test_networks_and_plain_http_can_be_let_out() -> None:
    Sender().check("http://127.0.0.1:8080/", LOOPBACK)
    Sender().check("http://[::ffff:127.0.0.1]:8080/", LOOPBACK)
    with pytest.raises(Blocked):
        Sender().check("http://10.0.0.1/", LOOPBACK)


def test_a_named_host_may_be_private_but_not_link_local() -> None:
    rules = Rules(names=frozenset({"hooks.internal"}))
    Sender(lambda *_: [ip_address("10.1.2.3")]).check("https://Hooks.Internal./", rules)

    for text in ("169.254.169.254", "0.1.2.3", "224.0.0.1", "fe80::1", "fd00:ec2::254"):
        with pytest.raises(Blocked):
            Sender(lambda *_, each=text: [ip_address(each)]).check("https://hooks.internal/", rules)
    with pytest.raises(Blocked):
        Sender(lambda *_: [ip_address("10.1.2.3")]).check("https://other.internal/", rules)


@pytest.mark.django_db
def test_the_rules_come_from_settings(settings: Settings) -> None:
    settings.TRIGGERS_EGRESS_ALLOW = ["10.1.0.0/16", "Hooks.internal", "::1"]
    settings.TRIGGERS_ALLOW_HTTP = True

    rules = current_rules()

    assert set(rules.networks) >= {ip_network("10.1.0.0/16"), ip_network("::1/128")}
    assert rules.names == {"hooks.internal"}
    assert rules.http
