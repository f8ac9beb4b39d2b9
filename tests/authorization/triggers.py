"""Who gets what of the triggers, as data: each address of the wire, and of the portal's own API.

``manager`` holds every right; a subscription of nobody tells 404 to who may, 403 to who may not.
"""

from __future__ import annotations

from tests.authorization.matrix import MANAGERS, NOBODY, PUBLIC, Row

MANAGERS_ASK = "401 401 403 403 403 403 400"
MANAGERS_MISS = "401 401 403 403 403 403 404"
# Completing needs a token and no right: the invocation's secret decides.
COMPLETE = "401 401 400 400 400 400 400"
ANSWER = {"secret": "none", "output": {"approved": True}}
OWN = "api/v1/triggers"


def _wire(resource: str) -> tuple[Row, ...]:
    """The operations in one form; ``resource`` has a place for the resource's name."""
    triggers = resource.format("triggers")
    subscriptions = resource.format("trigger-subscriptions")
    invocations = resource.format("trigger-invocations")
    one = f"{subscriptions}/{NOBODY}"
    return (
        Row("GET", triggers, MANAGERS),
        Row("GET", subscriptions, MANAGERS),
        Row("POST", subscriptions, MANAGERS_ASK, json={}),
        Row(
            "PUT",
            one,
            MANAGERS_MISS,
            json={
                "name": "x",
                "type": "HTTP",
                "httpConfig": {"url": "https://example.org/", "httpDispatchMode": "SYNC"},
            },
        ),
        Row("PATCH", one, MANAGERS_MISS, json=[]),
        Row("DELETE", one, MANAGERS_MISS),
        Row("POST", f"{subscriptions}/validate-filter", MANAGERS_ASK, json={}),
        Row("GET", f"{invocations}/status", MANAGERS),
        Row("POST", f"{invocations}/test", MANAGERS_ASK, json={}),
        Row("POST", f"{invocations}/{NOBODY}/complete", COMPLETE, json=ANSWER),
    )


TRIGGER_ROWS = (
    *_wire("beta/{}"),
    *_wire("{}/v1"),
    # Without a release the experimental header is asked for, after the token.
    Row("POST", f"trigger-invocations/{NOBODY}/complete", COMPLETE, json=ANSWER),
    Row("GET", f"{OWN}/keys", PUBLIC),
    Row("GET", f"{OWN}/subscriptions/{NOBODY}", MANAGERS_MISS),
    Row("PATCH", f"{OWN}/subscriptions/{NOBODY}", MANAGERS_MISS, json={}),
    Row("POST", f"{OWN}/subscriptions/{NOBODY}/signing-secret", MANAGERS_MISS),
    Row("GET", f"{OWN}/invocations", MANAGERS),
    Row("GET", f"{OWN}/invocations/{NOBODY}", MANAGERS_MISS),
    Row("POST", f"{OWN}/invocations/{NOBODY}/replay", "401 401 404 404 404 404 404"),
    Row("GET", f"{OWN}/replays", MANAGERS),
    Row("POST", f"{OWN}/replays", MANAGERS_ASK, json={"states": ["none"]}),
    Row("GET", f"{OWN}/replays/{NOBODY}", MANAGERS_MISS),
)
