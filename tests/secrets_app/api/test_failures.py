"""The rows of the table of errors that are not the caller's fault, in the words of the wire."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DataError, OperationalError, connection
from django.test import Client

from tests.factories import make_api_key, make_person, unique
from vaultportal.directory import options, throttle
from vaultportal.directory.throttle import Guess

pytestmark = pytest.mark.django_db
CANARY = "canary-50d1"


@pytest.fixture(autouse=True)
def _fresh_options() -> Iterator[None]:
    options.forget()
    yield
    options.forget()


@pytest.fixture
def http() -> Client:
    person = make_person()
    bearer = {"Authorization": f"Bearer {make_api_key(person)[0]}"}
    return Client(raise_request_exception=False, headers=bearer)


@contextmanager
def failing(fault: Exception) -> Iterator[None]:
    """Every statement about secrets fails."""

    def fail(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 Django's signature
        if "secrets_app_secret" in sql:
            raise fault
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail):
        yield


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (OperationalError(CANARY), "DATABASE_ERROR"),
        (DataError(CANARY), "DATABASE_ERROR"),
        (RuntimeError(CANARY), "GENERAL_ERROR"),
    ],
)
def test_what_fails_here_is_500_and_tells_nothing(
    http: Client, fault: Exception, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    for path in ("/vault/api/v1/secrets", f"/vault/api/v1/secrets/{unique('x')}"):
        with failing(fault):
            answer = http.get(path)

        assert answer.status_code == 500
        assert answer.json()["error_code"] == code
        assert answer.headers["Content-Type"] == "application/json"
        assert CANARY not in answer.content.decode() + caplog.text


def test_who_guesses_too_often_is_told_to_wait(http: Client) -> None:
    guess = Guess("oauth", "", "127.0.0.1", generated=True)
    for _ in range(throttle.PER_ADDRESS_OF_MACHINES):
        throttle.count(guess)
    form = {"grant_type": "password", "username": "x", "password": CANARY}

    answer = http.post(
        "/auth/api/v1/oauth/token",
        "&".join(f"{name}={value}" for name, value in form.items()),
        content_type="application/x-www-form-urlencoded",
    )

    assert answer.status_code == 429
    body = answer.json()
    assert (body["error_code"], body["error"]) == ("MAX_LOAD", "temporarily_unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert CANARY not in answer.content.decode()
