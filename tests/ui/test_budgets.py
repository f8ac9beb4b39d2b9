"""What each page asks of the database, and that more rows behind it do not make it ask more."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.plugin import DjangoDbBlocker

from tests.ui import pages
from tests.ui.budgets import STATEMENTS
from tests.ui.lists import browser, rolled_back
from tests.ui.pages import PAGES, Row
from vaultportal.directory import options
from vaultportal.directory.bootstrap import EMAIL, bootstrap
from vaultportal.identity.models import User

# The seeds take a while on a busy machine, and they belong to whichever test is first.
pytestmark = [pytest.mark.xdist_group("lists"), pytest.mark.timeout(300), pytest.mark.slow]
LOOKS = 5  # at most, at a page that asks more than it should


@dataclass(slots=True)
class Walk:
    """Statements of each page with the seeds run once and twice; pages that answered otherwise."""

    once: dict[str, int] = field(default_factory=dict)
    twice: dict[str, int] = field(default_factory=dict)
    wrong: dict[str, int] = field(default_factory=dict)


@pytest.fixture(scope="module")
def walk(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Walk]:
    """Both walks over all pages; the tests ask no database."""
    found = Walk()
    with django_db_blocker.unblock(), rolled_back():
        bootstrap(dev=True)
        things = _sow()
        _walk(things, STATEMENTS, found.once, found.wrong)
        _sow()
        _walk(things, found.once, found.twice, found.wrong)
    options.forget()
    yield found


def _sow() -> dict[str, str]:
    """Run the seeds; the names of what they made."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(pages.seed(), {})  # noqa: S102 our own, which the walk in the browser runs as well
    things: dict[str, str] = json.loads(said.getvalue().strip().splitlines()[-1])
    return things


def _walk(
    things: dict[str, str], most: dict[str, int], counts: dict[str, int], wrong: dict[str, int]
) -> None:
    person = User.objects.get(username=EMAIL)
    clients = {reason: browser(person, reason) for reason in {row.reason for row in PAGES}}
    for row in PAGES:
        client = clients[row.reason] if row.signed_in and not row.browser else Client()
        if row.browser in things:
            client.cookies[settings.SESSION_COOKIE_NAME] = things[row.browser]
        looks = [_look(client, row, things)]
        # What a process keeps for a second or so is not asked for by each.
        while len(looks) < LOOKS and looks[-1][0] > most.get(row.name, 0):
            looks.append(_look(client, row, things))
        counts[row.name] = min(statements for statements, _status in looks)
        if looks[0][1] != row.status:
            wrong[row.name] = looks[0][1]


def _look(client: Client, row: Row, things: dict[str, str]) -> tuple[int, int]:
    path = row.path.format(**things)
    with CaptureQueriesContext(connection) as captured:
        if row.form:
            fields: dict[str, list[str]] = {}
            for name, value in row.form_for(things):
                fields.setdefault(name, []).append(value)
            response = client.post(path, fields, follow=True)
        else:
            response = client.get(path)
    return len(captured), response.status_code


def test_each_page_is_the_one_that_the_browser_walks(walk: Walk) -> None:
    assert walk.wrong == {}


def test_every_page_has_its_number() -> None:
    names = {row.name for row in PAGES}

    assert names - STATEMENTS.keys() == set()
    assert STATEMENTS.keys() - names == set(), "There is no such page any more."


def test_no_page_asks_more_than_its_number(walk: Walk) -> None:
    more = {name: count for name, count in walk.once.items() if count > STATEMENTS.get(name, 0)}

    assert not more, json.dumps(more)


def test_no_page_asks_more_often_when_there_is_twice_as_much(walk: Walk) -> None:
    grown = {
        name: (walk.once[name], count)
        for name, count in walk.twice.items()
        if count > walk.once[name]
    }

    assert not grown, json.dumps(grown)
