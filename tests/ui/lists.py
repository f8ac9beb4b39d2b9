"""Lists in the process of the test: rows behind all of them, an administrator and a stranger.

One filling serves a whole module: it lies in a transaction that is rolled back at the end.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.lists.fill import Filler
from bench.lists.pages import ListPage
from tests.factories import make_person, member_of, unique
from vaultportal.audit import chain
from vaultportal.crypto import keyring
from vaultportal.identity.models import Role, User
from vaultportal.identity.models.role import ADMIN

PART = {"HX-Request": "true", "HX-Request-Type": "partial"}
_BODY = re.compile(r"<tbody.*?</tbody>", re.DOTALL)
_NEXT = re.compile(r'rel="next" href="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Look:
    """What one list showed. rows: of its longest table; follow: the address of the next page."""

    status: int
    statements: int
    rows: int
    text: str = field(repr=False)
    follow: str
    templates: frozenset[str] = field(repr=False)


@dataclass(slots=True)
class Place:
    """A portal with rows behind every list."""

    filler: Filler
    admin: Client
    stranger: Client

    def address(self, path: str) -> str:
        return self.filler.address(path)

    def look(self, path: str) -> Look:
        """What the administrator is shown. The fewest statements of two requests: what a process
        keeps for a while is not asked for by each."""
        found = [self._look(path), self._look(path)]
        return min(found, key=lambda each: each.statements)

    def _look(self, path: str) -> Look:
        with CaptureQueriesContext(connection) as captured:
            response = self.admin.get(self.address(path))
        text = response.content.decode()
        rows = max((part.count("<tr") for part in _BODY.findall(text)), default=0)
        onward = _NEXT.search(text)
        return Look(
            response.status_code,
            len(captured),
            rows,
            text,
            onward[1].replace("&amp;", "&") if onward else "",
            frozenset(str(each.name) for each in response.templates),
        )


@contextmanager
def filled(rows: int, total: int) -> Iterator[Place]:
    """A place with ``rows`` of each, which may grow to ``total``; gone afterwards."""
    with rolled_back():
        filler = Filler(administrator(), total)
        filler.up_to(rows)
        yield Place(filler, browser(filler.world.person), browser(make_person()))


@contextmanager
def rolled_back() -> Iterator[None]:
    """What is done inside leaves nothing in the database."""
    with _block():
        yield
        transaction.set_rollback(True)
    keyring.forget()  # the keys went with the transaction
    chain.forget()


def _block() -> transaction.Atomic:
    """A transaction, or a part of one, as Django's test cases have them: what must be the outermost
    one may begin inside."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]  # as django.test.TestCase does it
    return block


def administrator() -> User:
    """Somebody with every right to manage."""
    name = unique("admin")
    return member_of(make_person(username=name), Role.objects.get(name=ADMIN))


def browser(user: User, reason: str = "Maintenance") -> Client:
    """Signed in a moment ago, and with a reason for browsing."""
    client = Client(raise_request_exception=False)
    client.force_login(user)
    session = client.session
    session["account_authentication_methods_user"] = str(user.pk)
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    if reason:
        session["browsing_reason"] = reason
    session.save()
    return client


def named(page: ListPage) -> str:
    """For the names of tests."""
    return page.name


def undone(work: Any) -> Any:
    """The result of ``work``, which leaves nothing in the database."""
    with _block():
        found = work()
        transaction.set_rollback(True)
    return found
