"""Connections that are kept open: a client is told when an answer is the last on one."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import httpx
import pytest

from tests.portal import Portal
from vaultportal.settings import PORTAL_MAX_BODY

OBJECTS = "/api/pvlt/1.0/data/collections/no_such/objects"


def head_of(portal: Portal, announced: str, token: str, sent: bytes = b"") -> str:
    """The head of the answer to a request of whose body only ``sent`` was sent; lower case."""
    place = urlsplit(portal.url)
    asked = (
        f"POST {OBJECTS} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\n{announced}\r\n\r\n"
    )
    with socket.create_connection((place.hostname, place.port), timeout=20) as link:
        link.sendall(asked.encode() + sent)
        received = b""
        while b"\r\n\r\n" not in received and (part := link.recv(65536)):
            received += part
    return received.partition(b"\r\n\r\n")[0].decode().lower()


@pytest.mark.parametrize(
    ("announced", "status"),
    [
        ("Content-Length: 50", 401),
        ("Transfer-Encoding: chunked", 401),
        (f"Content-Length: {PORTAL_MAX_BODY + 1}", 413),
    ],
)
def test_an_answer_before_the_body_says_that_it_is_the_last(
    portal: Portal, announced: str, status: int
) -> None:
    token = portal.credentials["piiano"]["api_key"] if status == 413 else "nobody"

    head = head_of(portal, announced, token)

    assert head.startswith(f"http/1.1 {status} ")
    assert "\r\nconnection: close" in head


@pytest.mark.parametrize("is_chunked", [False, True])
def test_an_answer_after_the_body_keeps_the_connection(portal: Portal, *, is_chunked: bool) -> None:
    token = portal.credentials["piiano"]["api_key"]
    chunked = ("Transfer-Encoding: chunked", b"2\r\n{}\r\n0\r\n\r\n")
    announced, body = chunked if is_chunked else ("Content-Length: 2", b"{}")

    head = head_of(portal, announced, token, body)

    assert head.startswith("http/1.1 404 ")
    assert "connection: close" not in head


def test_a_client_goes_on_after_it_was_refused(portal: Portal) -> None:
    """Each refusal is sent before the body was read; the next request takes another connection."""
    with httpx.Client(base_url=portal.url) as client:
        for _ in range(50):
            refused = client.post(OBJECTS, json={"note": "x" * 20_000})
            assert refused.status_code == 401
