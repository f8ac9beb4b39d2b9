"""How the web server is set up."""

from __future__ import annotations

import granian.wsgi
import pytest

from vaultportal.runtime import web


def test_what_no_page_could_answer_is_answered_without_a_word(
    caplog: pytest.LogCaptureFixture,
) -> None:
    begun: list[object] = []

    def application(environ: dict[str, object], start_response: object) -> list[bytes]:
        raise ValueError("winter-42")

    def start_response(*words: object) -> None:
        begun.extend(words)

    body = web.guarded(application)({}, start_response)  # type: ignore[arg-type]  # no real server

    assert (begun[0], body) == ("500 Internal Server Error", [b""])
    assert "ValueError" in caplog.text
    assert "winter-42" not in caplog.text


def test_a_request_does_not_carry_the_environment_of_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_X_FORWARDED_FOR", "203.0.113.7")
    monkeypatch.setenv("DATABASE_URL", "postgres://portal:hush@db/portal")
    monkeypatch.setitem(vars(granian.wsgi), "os", granian.wsgi.__dict__["os"])
    seen = {}

    def application(environ: dict[str, str], start_response: object) -> list[bytes]:
        seen.update(environ)
        return []

    web._hide_environment()
    runner = granian.wsgi._callback_wrapper(application, {})
    with pytest.raises(AttributeError):  # there is no connection to answer
        runner(None, {"REQUEST_METHOD": "GET"})

    assert seen["REQUEST_METHOD"] == "GET"
    assert "HTTP_X_FORWARDED_FOR" not in seen
    assert "DATABASE_URL" not in seen
