"""The words of PrivX for failures that no request of a test can bring about, and for OAuth's."""

from __future__ import annotations

import pytest

from secrets_app.api.dialect import OAuthDialect, PrivXDialect
from vaultportal import dialect, errors
from vaultportal.directory.oauth.errors import refusal
from vaultportal.errors import Fault, Invalid, NotFound, TooMany, Unavailable, VaultError

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, VaultError)
]
FAULT_CODES = (
    *("missing", "type", "format", "range", "duplicate"),
    *("unknown", "choice", "conflict", "readonly"),
)
CODES = {
    *("GENERAL_ERROR", "BAD_REQUEST", "PERMISSION_DENIED", "INVALID_REQUEST_DATA"),
    *("REQUIRED_VALUE_MISSING", "VALUE_OUT_OF_BOUNDS", "VALUE_INCORRECT_TYPE"),
    *("VALUE_INCORRECT_FORMAT", "VALUE_DUPLICATE", "CONFIGURATION_ERROR", "OUT_OF_RESOURCES"),
    *("MAX_LOAD", "TOO_MANY_CONNECTIONS", "DATABASE_ERROR", "CACHE_ERROR"),
    "INTRA_SERVICE_COMMUNICATION_ERROR",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("words", [PrivXDialect(), OAuthDialect()])
def test_every_kind_has_a_code_of_the_list(kind: type[VaultError], words: PrivXDialect) -> None:
    error = kind("secret")
    wording = words.wording(error)

    body = words.body(error, wording, "r-1")

    assert body["error_code"] in CODES
    assert body["error_message"]
    assert wording.status in {400, 401, 403, 404, 405, 412, 429, 500}


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (TooMany(retry_after=3), 429, "MAX_LOAD"),
        (Unavailable("database", reason="database"), 500, "DATABASE_ERROR"),
        (Unavailable("cache", reason="cache"), 500, "CACHE_ERROR"),
        (errors.Internal(), 500, "GENERAL_ERROR"),
        (errors.Gone(), 404, "GENERAL_ERROR"),
    ],
)
def test_failures_beyond_the_caller(error: VaultError, status: int, code: str) -> None:
    words = PrivXDialect()
    wording = words.wording(error)

    assert wording == (status, code)
    assert ("Retry-After" in words.headers(error, wording)) == (error.retry_after is not None)


@pytest.mark.parametrize("noun", ["secret", "role", "user", "API client"])
def test_the_words_of_a_404_name_what_is_missing(noun: str) -> None:
    words = PrivXDialect()
    error = NotFound(noun)

    message = words.body(error, words.wording(error), "")["error_message"]

    assert message.lower() == f"{noun.lower()} not found (object_not_found)"


def test_faults_that_are_told_each_have_a_code() -> None:
    faults = tuple(Fault(f"f{number}", code, "is wrong") for number, code in enumerate(FAULT_CODES))
    error = Invalid(faults=faults)
    words = PrivXDialect()

    body = words.body(error, words.wording(error), "")

    assert (body["error_code"], body["property"]) == ("INVALID_REQUEST_DATA", "f0")
    assert {each["error_code"] for each in body["details"]} <= CODES
    assert body["details"][0]["error_message"] == "f0 is wrong"


@pytest.mark.parametrize(
    ("code", "status"),
    [("invalid_grant", 400), ("invalid_client", 401), ("unsupported_grant_type", 400)],
)
def test_oauth_has_a_body_of_its_own(code: str, status: int) -> None:
    words = dialect.for_path("/auth/api/v1/oauth/token")
    assert isinstance(words, OAuthDialect)
    error = refusal(code)
    wording = words.wording(error)

    body = words.body(error, wording, "")

    assert wording.status == status
    assert body["error"] == code
    assert body["error_description"] == body["error_message"]
    assert body["error_code"] in CODES
    assert ("WWW-Authenticate" in words.headers(error, wording)) == (status == 401)
