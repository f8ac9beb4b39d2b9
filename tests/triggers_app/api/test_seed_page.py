"""The page "Complete Trigger Invocation": every header, status and shape on it, over HTTP."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.receiver import Receiver
from tests.triggers_app.api.conftest import FACT, Sail, start

EXPERIMENTAL = {"X-SailPoint-Experimental": "true"}
ANSWER = {"approved": True, "comment": "on call", "approver": "lena"}
NOBODY = "5f0e7d6c-1b2a-4c3d-8e9f-0123456789ab"
SEED = f"/trigger-invocations/{NOBODY}/complete"
REFERENCE = "400.1.404 Referenced object not found"
CLOSED = "400.1.409 Reference conflict"
PREFIXES = ["", "/beta", "/v2024", "/v2025", "/v2026"]


def path_of(invocation: dict[str, Any]) -> str:
    return f"/trigger-invocations/{invocation['id']}/complete"


def status_of(sail: Sail, subscription: dict[str, Any]) -> dict[str, Any]:
    filters = f'subscriptionId eq "{subscription["id"]}"'
    (found,) = sail.ok("GET", "/trigger-invocations/v1/status", params={"filters": filters})
    return dict(found)


@pytest.mark.parametrize("prefix", [*PREFIXES, "v1"])
def test_204_under_every_prefix(sail: Sail, question: dict[str, Any], prefix: str) -> None:
    made = start(sail, question)
    path = f"{prefix}{path_of(made)}"
    if prefix == "v1":
        path = f"/trigger-invocations/v1/{made['id']}/complete"

    sail.ok("POST", path, 204, json={"secret": made["secret"], "output": ANSWER},
            headers=EXPERIMENTAL)  # fmt: skip

    found = status_of(sail, question)
    assert found["completeInvocationInput"] == {"output": ANSWER, "localizedError": None}
    assert found["type"] == "TEST" and found["completed"].endswith("Z")


def test_an_error_message_fails_the_invocation(sail: Sail, question: dict[str, Any]) -> None:
    made = start(sail, question)
    body = {"secret": made["secret"], "output": {}, "error": "No approver on duty."}

    sail.ok("POST", f"/beta{path_of(made)}", 204, json=body)

    assert status_of(sail, question)["completeInvocationInput"] == {
        "output": None,
        "localizedError": {"locale": "en-US", "message": "No approver on duty."},
    }


@pytest.mark.parametrize("prefix", ["", "/v2024", "/v2025"])
@pytest.mark.parametrize("headers", [{}, {"X-SailPoint-Experimental": "false"}])
def test_400_without_the_experimental_header(
    sail: Sail, prefix: str, headers: dict[str, str]
) -> None:
    body = sail.refused("POST", f"{prefix}{SEED}", "400.1 Bad Request Content", headers=headers)

    assert "X-SailPoint-Experimental" in body["messages"][0]["text"]


@pytest.mark.parametrize("value", ["true", "True", "TRUE"])
def test_the_header_counts_in_any_case_and_is_no_matter_elsewhere(sail: Sail, value: str) -> None:
    body = {"secret": "x", "output": ANSWER}
    for prefix in ("", "/v2025"):
        headers = {"X-SailPoint-Experimental": value}
        sail.refused("POST", f"{prefix}{SEED}", REFERENCE, json=body, headers=headers)
    for prefix in ("/beta", "/v2026"):
        headers = {"X-SailPoint-Experimental": "nonsense"}
        sail.refused("POST", f"{prefix}{SEED}", REFERENCE, json=body, headers=headers)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "400.1.0 Required Data Missing Or Empty"),
        ({"secret": "x"}, "400.1.0 Required Data Missing Or Empty"),
        ({"output": {}}, "400.1.0 Required Data Missing Or Empty"),
        ({"secret": None, "output": {}}, "400.1.0 Required Data Missing Or Empty"),
        ({"secret": 7, "output": {}}, "400.1 Bad Request Content"),
        ({"secret": "x", "output": []}, "400.1 Bad Request Content"),
        ({"secret": "x", "output": {}, "error": 1}, "400.1 Bad Request Content"),
        ([], "400.0 Bad Request Syntax"),
        ("text", "400.0 Bad Request Syntax"),
    ],
)
def test_400_for_a_body_that_is_not_right(sail: Sail, body: Any, code: str) -> None:
    sail.refused("POST", f"/beta{SEED}", code, json=body)


def test_400_for_what_is_no_json(sail: Sail) -> None:
    headers = {"Content-Type": "application/json"}
    body = sail.refused(
        "POST", f"/beta{SEED}", "400.0 Bad Request Syntax", content=b"{", headers=headers
    )

    assert body["messages"] == [
        {"locale": "en-US", "localeOrigin": "DEFAULT", "text": "The request body cannot be read."}
    ]


@pytest.mark.parametrize("invocation", [NOBODY, "no-uuid", "a%2Fb", "v1"])
def test_an_unknown_invocation_is_a_400(sail: Sail, invocation: str) -> None:
    body = {"secret": "x", "output": ANSWER}
    sail.refused("POST", f"/beta/trigger-invocations/{invocation}/complete", REFERENCE, json=body)


def test_what_only_tells_cannot_be_completed(sail: Sail, receiver: Receiver) -> None:
    told = sail.subscribe(triggerId=FACT, http={"url": f"{receiver.url}/fact"})
    made = start(sail, told)

    sail.refused("POST", f"/beta{path_of(made)}", REFERENCE,
                 json={"secret": made["secret"], "output": ANSWER})  # fmt: skip
    sail.ok("DELETE", f"/trigger-subscriptions/v1/{told['id']}", 204)


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({}, "JWT validation failed: JWT is missing"),
        ({"Authorization": "Bearer none"}, "JWT validation failed: JWT is expired"),
        ({"Authorization": "Basic eDp5"}, "JWT validation failed: JWT is expired"),
    ],
)
def test_401_has_a_shape_of_its_own(nobody: Sail, headers: dict[str, str], text: str) -> None:
    # Asked before the header and the body are looked at.
    answer = nobody.send("POST", SEED, headers=headers, content=b"{")

    assert (answer.status_code, answer.json()) == (401, {"error": text})
    assert answer.headers["Content-Type"] == "application/json"


def test_a_wrong_secret_is_a_403_and_the_invocation_stays_open(
    sail: Sail, question: dict[str, Any]
) -> None:
    made = start(sail, question)
    wrong = {"secret": "no-such", "output": ANSWER}

    refused = sail.refused("POST", f"/beta{path_of(made)}", "403 Forbidden", 403, json=wrong)

    assert refused["messages"] == [
        {
            "locale": "en-US",
            "localeOrigin": "DEFAULT",
            "text": "The invocation secret is not accepted.",
        }
    ]
    assert refused["causes"] == []
    assert status_of(sail, question)["completed"] is None


def test_wrong_secrets_are_slowed_down_and_the_right_one_is_not(
    sail: Sail, question: dict[str, Any]
) -> None:
    made = start(sail, question)
    wrong = {"secret": "no-such", "output": ANSWER}
    tried = [sail.send("POST", f"/beta{path_of(made)}", json=wrong) for _ in range(11)]

    assert [each.status_code for each in tried] == [403] * 10 + [429]
    assert tried[-1].json() == {"message": " Rate Limit Exceeded "}
    assert tried[-1].headers["Retry-After"] == "60"
    sail.ok("POST", f"/beta{path_of(made)}", 204,
            json={"secret": made["secret"], "output": ANSWER})  # fmt: skip


def test_a_stranger_with_the_secret_may_complete_and_may_do_nothing_else(
    sail: Sail, stranger: Sail, question: dict[str, Any]
) -> None:
    made = start(sail, question)

    body = stranger.refused("GET", "/beta/trigger-invocations/status", "403 Forbidden", 403)
    assert body["messages"][0]["text"] == (
        "The server understood the request but refuses to authorize it."
    )
    stranger.ok("POST", f"/beta{path_of(made)}", 204,
                json={"secret": made["secret"], "output": ANSWER})  # fmt: skip


def test_the_first_outcome_stands(sail: Sail, question: dict[str, Any]) -> None:
    made = start(sail, question)
    path, secret = f"/beta{path_of(made)}", made["secret"]
    sail.ok("POST", path, 204, json={"secret": secret, "output": ANSWER})

    sail.refused("POST", path, CLOSED, json={"secret": secret, "output": {"approved": False}})
    sail.refused("POST", path, CLOSED, json={"secret": secret, "output": {}, "error": "late"})

    assert status_of(sail, question)["completeInvocationInput"]["output"] == ANSWER


def test_of_many_at_once_one_completes(sail: Sail, question: dict[str, Any]) -> None:
    made = start(sail, question)

    def complete(number: int) -> int:
        output = {"approved": True, "comment": str(number), "approver": "x"}
        body = {"secret": made["secret"], "output": output}
        return sail.send("POST", f"/beta{path_of(made)}", json=body).status_code

    with ThreadPoolExecutor(6) as pool:
        answers = sorted(pool.map(complete, range(6)))

    assert answers == [204] + [400] * 5


def test_an_output_that_the_schema_refuses_leaves_the_invocation_open(
    sail: Sail, question: dict[str, Any]
) -> None:
    made = start(sail, question)
    path, secret = f"/beta{path_of(made)}", made["secret"]

    missing = sail.refused("POST", path, "400.1.0 Required Data Missing Or Empty",
                           json={"secret": secret, "output": {}, "error": ""})  # fmt: skip
    sail.refused("POST", path, "400.1 Bad Request Content",
                 json={"secret": secret, "output": {"approved": "yes"}})  # fmt: skip

    assert missing["causes"][0]["text"] == "output lacks a required field."
    sail.ok("POST", path, 204, json={"secret": secret, "output": {"approved": False}})


@pytest.mark.parametrize(
    ("accepted", "locale", "origin", "text"),
    [
        ("de", "de-DE", "REQUEST", "Das Geheimnis des Aufrufs wird nicht angenommen."),
        ("de-AT,en;q=0.5", "de-DE", "REQUEST", "Das Geheimnis des Aufrufs wird nicht angenommen."),
        ("en-GB", "en-US", "REQUEST", "The invocation secret is not accepted."),
        ("fr,de;q=0.3", "de-DE", "REQUEST", "Das Geheimnis des Aufrufs wird nicht angenommen."),
        ("fr", "en-US", "DEFAULT", "The invocation secret is not accepted."),
        ("!!", "en-US", "DEFAULT", "The invocation secret is not accepted."),
    ],
)
def test_the_language_is_chosen_from_the_request(
    sail: Sail, question: dict[str, Any], accepted: str, locale: str, origin: str, text: str
) -> None:
    made = start(sail, question)

    body = sail.refused("POST", f"/beta{path_of(made)}", "403 Forbidden", 403,
                        json={"secret": "x", "output": {}},
                        headers={"Accept-Language": accepted})  # fmt: skip

    assert body["messages"] == [{"locale": locale, "localeOrigin": origin, "text": text}]


def test_causes_speak_the_language_too(sail: Sail) -> None:
    headers = {"Accept-Language": "de"}
    body = sail.refused("POST", f"/beta{SEED}", "400.1.0 Required Data Missing Or Empty",
                        json={"secret": "x"}, headers=headers)  # fmt: skip

    assert body["causes"] == [
        {"locale": "de-DE", "localeOrigin": "REQUEST", "text": "output fehlt."}
    ]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/beta/none", 404, "404 Not found"),
        ("GET", "/v2025/triggers/", 404, "404 Not found"),
        ("GET", "/trigger-invocations/v1/none", 404, "404 Not found"),
        ("DELETE", "/beta/triggers", 405, "405 Method Not Allowed"),
        ("GET", f"/beta{SEED}", 405, "405 Method Not Allowed"),
    ],
)
def test_failures_of_the_server_keep_the_shape(
    sail: Sail, method: str, path: str, status: int, code: str
) -> None:
    sail.refused(method, path, code, status)


def test_415_keeps_the_shape(sail: Sail) -> None:
    sail.refused("POST", f"/beta{SEED}", "415 Unsupported Media Type", 415, content=b"x",
                 headers={"Content-Type": "text/plain"})  # fmt: skip
