"""429 and 500 of the page "Complete Trigger Invocation", over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.portal import Portal
from tests.triggers_app.api.conftest import Sail, start, token_of

NOBODY = "5f0e7d6c-1b2a-4c3d-8e9f-0123456789ab"
COMPLETE = f"/trigger-invocations/{NOBODY}/complete"
BODY = {"secret": "x", "output": {"approved": True}}
WINDOW = 10  # seconds


@pytest.fixture
def limited(strict: tuple[Portal, str]) -> Iterator[Sail]:
    """A client of a portal that takes few requests at a time."""
    portal, _ = strict
    pair = portal.credentials["sailpoint"]
    with Sail(portal.url, token_of(portal, pair["client_id"], pair["client_secret"])) as made:
        yield made


@pytest.mark.xdist_group("strict_vault")
def test_429_says_when_to_come_back_and_counts_each_release(limited: Sail) -> None:
    # A window may end between two requests, so there may be some more than are let in.
    answers = (limited.send("POST", f"/beta{COMPLETE}", json=BODY) for _ in range(100))
    refused = next(each for each in answers if each.status_code == 429)

    assert refused.json() == {"message": " Rate Limit Exceeded "}
    assert refused.headers["Content-Type"].startswith("application/json")
    assert 1 <= int(refused.headers["Retry-After"]) <= WINDOW + 1
    limited.refused("POST", f"/v2026{COMPLETE}", "400.1.404 Referenced object not found", json=BODY)


def test_500_has_the_shape_and_tells_nothing(
    portal: Portal, sail: Sail, question: dict[str, Any]
) -> None:
    made = start(sail, question)
    path = f"/beta/trigger-invocations/{made['id']}/complete"
    body = {"secret": made["secret"], "output": BODY["output"]}
    with psycopg.connect(portal.environment["DATABASE_URL"], autocommit=True) as database:
        database.execute(
            """
            CREATE FUNCTION falter() RETURNS trigger LANGUAGE plpgsql AS
                $$BEGIN RAISE EXCEPTION 'a word of ours'; END$$;
            CREATE TRIGGER falter BEFORE UPDATE ON triggers_app_invocation FOR EACH ROW
                WHEN (NEW.completed_at IS NOT NULL) EXECUTE FUNCTION falter();
            """
        )
        try:
            failed = sail.refused("POST", path, "500.0 Internal Fault", 500, json=body)
        finally:
            database.execute("DROP FUNCTION falter CASCADE")

    assert failed["messages"] == [
        {"locale": "en-US", "localeOrigin": "DEFAULT", "text": "An internal fault occurred."}
    ]
    assert failed["causes"] == []
    assert "word" not in str(failed)
    sail.ok("POST", path, 204, json=body)  # nothing of it was kept
