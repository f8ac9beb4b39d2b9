"""What is written into logs, and what never is."""

from __future__ import annotations

import io
import logging
import logging.config
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from vaultportal.ops import context
from vaultportal.ops.logging import JSONFormatter, LineFormatter, RedactionFilter, config, fields


@pytest.fixture(params=[JSONFormatter, LineFormatter])
def stream(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What a handler as the portal configures it writes."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(request.param())
    handler.addFilter(RedactionFilter())
    root = logging.getLogger()
    root.addHandler(handler)
    yield out
    root.removeHandler(handler)


def json_line(name: str, message: str, *args: Any, **more: Any) -> dict[str, Any]:
    record = logging.LogRecord(name, logging.WARNING, __file__, 1, message, args, None)
    for key, value in more.items():
        setattr(record, key, value)
    RedactionFilter().filter(record)
    line: dict[str, Any] = orjson.loads(JSONFormatter().format(record))
    return line


def test_a_line_is_an_object_with_its_fields() -> None:
    context.enter("request-0001")
    try:
        line = json_line("vaultportal.x", "done %s", "well", **fields(route="say", status=200))
    finally:
        context.enter("")

    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "warning",
        "logger": "vaultportal.x",
        "message": "done well",
        "request_id": "request-0001",
        "route": "say",
        "status": 200,
    }


@pytest.mark.parametrize(
    "name",
    ["django.request", "django.db.backends", "oauthlib.oauth2.rfc6749", "httpx", "axes.handlers"],
)
def test_sensitive_loggers_lose_their_arguments(name: str) -> None:
    line = json_line(name, "Got %s of %s", "s3cret", "/path?token=s3cret")

    assert line["message"] == "Got %s of %s"


def test_a_task_keeps_its_name_and_id_only() -> None:
    said = {"name": "tasks.x", "id": "1", "args": "('s3cret',)", "return_value": "s3cret"}
    line = json_line("celery.app.trace", "Task %(name)s[%(id)s]: %(return_value)s", said)

    assert "tasks.x" in line["message"]
    assert "s3cret" not in line["message"]


def test_a_logger_beside_a_sensitive_one_is_left_alone() -> None:
    assert json_line("axesome", "Got %s", "it")["message"] == "Got it"


def test_exceptions_are_named_and_not_quoted(stream: io.StringIO) -> None:
    secret = "s3cret"
    try:
        try:
            int(secret)
        except ValueError as cause:
            raise LookupError(secret) from cause
    except LookupError:
        logging.getLogger("vaultportal.x").exception("It failed")

    written = stream.getvalue()
    assert "builtins.ValueError" in written
    assert "builtins.LookupError" in written
    assert "test_logging.py" in written
    assert "s3cret" not in written


def test_a_line_stays_a_line(stream: io.StringIO) -> None:
    logging.getLogger("vaultportal.x").warning("one\ntwo")

    assert len(stream.getvalue().splitlines()) == 1


@pytest.mark.parametrize("form", ["json", "text"])
def test_the_configuration_is_one_that_python_takes(form: str) -> None:
    loggers = config("info", json=form == "json")
    assert logging.config.DictConfigurator(loggers).config["root"]["level"] == "WARNING"
    handler = loggers["handlers"]["portal"]
    assert handler["filters"] == ["redact"]
