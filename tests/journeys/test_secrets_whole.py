"""Every endpoint of the secrets, driven over HTTP by everybody, as the table has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import httpx
import pytest
from django.urls import URLPattern, URLResolver

from secrets_app.api import urls
from tests.authorization.routes import METHODS, route_of
from tests.journeys.secrets_cast import Cast, Cell
from tests.journeys.secrets_table import CALLERS, TABLE, Row
from tests.portal import Portal

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def cast(portal: Portal) -> Iterator[Cast]:
    with httpx.Client(base_url=portal.url, follow_redirects=False, timeout=30) as http:
        yield Cast(portal, http)


def _routes(found: list[URLPattern | URLResolver]) -> Iterator[tuple[str, str]]:
    for each in found:
        if isinstance(each, URLResolver):
            yield from _routes(each.url_patterns)
            continue
        view = each.callback.cls  # type: ignore[attr-defined]  # every view of an API is a class
        yield from ((str(each.pattern), word.upper()) for word in METHODS if hasattr(view, word))


def test_every_route_of_the_secrets_has_its_row() -> None:
    rows = Counter((route_of(row.path), row.method) for row in TABLE)
    routes = set(_routes(urls.urlpatterns))

    assert routes - rows.keys() == set(), "endpoints that nobody drives"
    assert rows.keys() - routes == set(), "rows about no endpoint"
    assert [row for row, count in rows.items() if count > 1] == []


@pytest.mark.parametrize("row", TABLE, ids=[row.name for row in TABLE])
def test_each_caller_gets_what_the_table_says(cast: Cast, row: Row) -> None:
    found: dict[str, str] = {}
    for space in row.cells:
        line = []
        for who in CALLERS:
            answer = Cell(cast, who, space).send(row)
            line.append(f"{answer.status_code}{'D' if cast.plaintext in answer.text else ''}")
        found[space] = " ".join(line)

    assert found == row.cells


@pytest.mark.parametrize("row", [row for row in TABLE if not row.public], ids=lambda row: row.name)
def test_without_a_token_nobody_gets_anything(cast: Cast, row: Row) -> None:
    answer = Cell(cast, "", "own", nobody=True).send(row)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
