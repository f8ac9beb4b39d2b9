"""Bodies in chunks, as programs send them that stream."""

from __future__ import annotations

from collections.abc import Iterator

import httpx

from tests.factories import unique
from tests.portal import Portal

OBJECTS = "/api/pvlt/1.0/ctl/collections"


def send(portal: Portal, chunks: Iterator[bytes]) -> httpx.Response:
    headers = {
        "Authorization": f"Bearer {portal.credentials['piiano']['api_key']}",
        "Content-Type": "application/json",
    }
    return httpx.post(f"{portal.url}{OBJECTS}", headers=headers, content=chunks, timeout=60)


def test_a_body_in_chunks_is_read_whole(portal: Portal) -> None:
    name = unique("chunked").replace("-", "_")

    answer = send(
        portal, iter([b'{"name": "', name.encode(), b'", "type": "DATA", ', b'"properties": []}'])
    )

    assert answer.status_code == 200, answer.text
    assert answer.json()["name"] == name


def test_a_body_in_chunks_has_the_same_limit(portal: Portal) -> None:
    answer = send(portal, (b" " * 65_536 for _ in range(160)))

    assert answer.status_code == 413


def test_an_empty_body_in_chunks_is_no_json(portal: Portal) -> None:
    assert send(portal, iter([])).status_code == 400
