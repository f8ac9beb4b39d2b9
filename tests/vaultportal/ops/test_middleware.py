"""Every request has an id, a line in the log, a count; whatever escapes is answered."""

from __future__ import annotations

import logging

import pytest
from django.test import Client

from vaultportal.ops import context

pytestmark = pytest.mark.django_db


def test_a_request_has_an_id_of_its_own(client: Client) -> None:
    first, second = client.get("/api/v1/say/a"), client.get("/api/v1/say/a")

    assert first.content.decode() == first["X-Request-Id"] != second["X-Request-Id"]
    assert len(first["X-Request-Id"]) == 32
    assert context.request_id() == ""


@pytest.mark.parametrize("header", ["X-Request-Id", "X-Pvault-Request-ID"])
def test_a_sane_id_of_the_caller_is_taken(client: Client, header: str) -> None:
    answer = client.get("/api/v1/say/a", headers={header: "trace-0123.abc_DEF"})

    assert answer.content == b"trace-0123.abc_DEF"
    assert answer["X-Request-Id"] == "trace-0123.abc_DEF"


@pytest.mark.parametrize(
    "offered", ["short", "x" * 65, "a b c d e f g h", "inject\n12345678", "é" * 9]
)
def test_any_other_id_is_replaced(client: Client, offered: str) -> None:
    answer = client.get("/api/v1/say/a", headers={"X-Request-Id": offered})

    assert answer["X-Request-Id"] != offered
    assert len(answer["X-Request-Id"]) == 32


def test_the_log_line_names_the_route_and_no_value(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="vaultportal.access"):
        client.get("/api/v1/say/s3cret?token=s3cret", headers={"Authorization": "Bearer s3cret"})

    (record,) = (record for record in caplog.records if record.name == "vaultportal.access")
    line = record.__dict__["fields"]
    assert (line["route"], line["method"], line["status"]) == ("say", "GET", 200)
    assert line["ms"] >= 0
    assert "s3cret" not in str(line)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/fail", 500),
        ("/api/v1/lose", 503),
        ("/api/v1/refuse", 403),
        ("/api/v1/nowhere", 404),
    ],
)
def test_whatever_escapes_is_answered_with_its_id(client: Client, path: str, status: int) -> None:
    answer = client.get(path)

    assert answer.status_code == status
    assert answer["X-Request-Id"]
    assert b"s3cret" not in answer.content
