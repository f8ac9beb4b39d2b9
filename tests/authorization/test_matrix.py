"""Every route and method of the APIs, driven over HTTP by everybody who might come."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.authorization import routes
from tests.authorization.cast import Cast, Targets, send
from tests.authorization.matrix import (
    PIIANO,
    PIIANO_ROWS,
    PORTAL,
    PORTAL_ROWS,
    PRIVX,
    PRIVX_ROWS,
    Row,
)
from tests.authorization.s3vaults import COMMVAULT, COMMVAULT_ROWS, S3_PORTAL_ROWS
from tests.authorization.triggers import TRIGGER_ROWS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ROWS = [
    *((row, PRIVX) for row in PRIVX_ROWS),
    *((row, PIIANO) for row in PIIANO_ROWS),
    *((row, PORTAL) for row in PORTAL_ROWS),
    *((row, PRIVX) for row in TRIGGER_ROWS),
    *((row, COMMVAULT) for row in COMMVAULT_ROWS),
    *((row, PORTAL) for row in S3_PORTAL_ROWS),
]
HIDDEN = {"secret", "shared", "role", "client", "user", "session", "collection", "object"}
# Their tokens are spent by the call.
SPENDS = "/auth/api/v1/logout"


def _covered(row: Row) -> tuple[str, str]:
    return routes.route_of(row.path), row.method


def test_every_route_and_method_has_one_row() -> None:
    rows = Counter(_covered(row) for row, _ in ROWS)

    assert routes.api() - rows.keys() == set(), "routes without a row"
    assert rows.keys() - routes.api() == set(), "rows without a route"
    assert [row for row, count in rows.items() if count > 1] == []


@pytest.mark.parametrize(("row", "actors"), ROWS, ids=[row.name for row, _ in ROWS])
def test_each_actor_gets_what_the_row_says(cast: Cast, row: Row, actors: tuple[str, ...]) -> None:
    expected = dict(zip(actors, map(int, row.statuses.split()), strict=True))
    found: dict[str, int] = {}
    seeing = set()
    for actor in actors:
        wire = cast.wires[actor]
        if f"/{row.path}" == SPENDS and expected[actor] == 200:
            wire = cast.make_client()[1]
        answer = send(wire, row, Targets(cast))
        found[actor] = answer.status_code
        if cast.plaintext in answer.text:
            seeing.add(actor)

    assert found == expected
    assert seeing == set(row.shows.split())


@pytest.mark.parametrize(
    "row",
    [row for row, _ in ROWS if row.hides and any(f"{{{name}}}" in row.path for name in HIDDEN)],
    ids=lambda row: row.name,
)
def test_to_a_stranger_what_is_there_looks_like_what_is_not(cast: Cast, row: Row) -> None:
    there, missing = Targets(cast), Targets(cast, missing=True)
    stranger = cast.wires["stranger"]

    answers = [send(stranger, row, targets) for targets in (there, missing)]

    assert answers[0].status_code == answers[1].status_code
    assert answers[0].content == answers[1].content
    assert _names(answers[0]) == _names(answers[1])


# Not of the answer: its number, and whether the server had read the request's body by then.
OF_THE_TRANSPORT = {"x-request-id", "connection"}


def _names(answer: object) -> list[str]:
    headers = getattr(answer, "headers", {})
    return sorted(name for name in headers if name not in OF_THE_TRANSPORT)
