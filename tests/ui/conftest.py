"""A browser for each module of tests, people in the running portal, lists with rows behind them."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, expect, sync_playwright
from pytest_django.plugin import DjangoDbBlocker

from tests.factories import make_person, member_of
from tests.portal import Portal
from tests.ui import browser as browsers
from tests.ui.browser import Visitor
from tests.ui.lists import Place, filled
from tests.vaultportal.ui.conftest import sign_in
from vaultportal.identity.models import Role
from vaultportal.identity.models.role import ADMIN

Arrive = Callable[..., Visitor]
# How long a busy machine may take to show what is waited for.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def chromium(portal: Portal) -> Iterator[Browser]:
    """Per module: while it runs there is an event loop, beside which Django's ORM refuses to work.

    The portal comes first, since it brings up its database with the ORM.
    """
    with sync_playwright() as playwright:
        browser = browsers.launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def arrive(chromium: Browser, portal: Portal) -> Iterator[Arrive]:
    """Makes visitors, and sends them away at the end."""
    visitors = []

    def make(base: str = portal.url, **options: Any) -> Visitor:
        visitor = Visitor.arrive(chromium, base, **options)
        visitors.append(visitor)
        return visitor

    yield make
    for visitor in visitors:
        visitor.context.close()


@pytest.fixture(scope="module")
def administrator(chromium: Browser, portal: Portal) -> Any:
    """The cookies of the first administrator, signed in once for the module."""
    visitor = Visitor.arrive(chromium, portal.url)
    account = portal.credentials["portal"]
    visitor.sign_in(account["email"], account["password"])
    state = visitor.context.storage_state()
    visitor.context.close()
    return state


@pytest.fixture(scope="module")
def place(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Place]:
    """A few rows behind every list."""
    with django_db_blocker.unblock(), filled(5, 5) as made:
        yield made


@pytest.fixture
def admin(db: None) -> Client:
    """An administrator, in the process of the test."""
    return sign_in(member_of(make_person(), Role.objects.get(name=ADMIN)))


def in_portal(portal: Portal, script: str) -> Any:
    """Run Python in a process of the portal; the JSON value that it prints last."""
    printed = portal.shell.run(textwrap.dedent(script))
    return json.loads(printed.strip().splitlines()[-1])
