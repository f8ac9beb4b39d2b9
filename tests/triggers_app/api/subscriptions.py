"""What the tests of subscriptions share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.triggers_app.api.conftest import Sail

PATH = "/trigger-subscriptions/v1"
MISSING = "400.1.0 Required Data Missing Or Empty"
READONLY = "400.1.1 Illegal update attempt"
LENGTH = "400.1.2 Value length out of range"
ILLEGAL = "400.1.3 Illegal value"
LIMIT = "400.1.4 Limit violation"
REFERENCE = "400.1.404 Referenced object not found"
NOT_FOUND = "404 Not found"
NOBODY = "5f0e7d6c-1b2a-4c3d-8e9f-0123456789ab"
UPDATED = "vault:secret-updated"
BASIC = {
    "httpAuthenticationType": "BASIC_AUTH",
    "basicAuthConfig": {"userName": "vault", "password": "pa55word"},
}


def read(sail: Sail, made: dict[str, Any]) -> dict[str, Any]:
    (found,) = sail.ok("GET", PATH, params={"filters": f'id eq "{made["id"]}"'})
    return dict(found)


def patch(sail: Sail, made: dict[str, Any], *operations: Any, **parts: Any) -> Any:
    headers = {"Content-Type": "application/json-patch+json"}
    return sail.ok("PATCH", f"{PATH}/{made['id']}", json=list(operations), headers=headers, **parts)


def patch_refused(sail: Sail, made: dict[str, Any], *operations: Any) -> str:
    before = read(sail, made)
    answer = sail.send("PATCH", f"{PATH}/{made['id']}", json=list(operations))
    assert answer.status_code == 400, answer.text
    assert read(sail, made) == before
    return str(answer.json()["detailCode"])
