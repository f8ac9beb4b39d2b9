"""What each list costs among very many rows: server time, CPU of portal and database, statements.

An administrator asks for the first page, for one from the middle, for one with a filter that few
rows match and for the dearest order. The requests are answered in this process, in the portal's own
database, so that the CPU is theirs alone: the workers of the portal have work of their own after
such a filling. The database answers each statement in one process, which makes its CPU countable.
"""

from __future__ import annotations

import os
import re
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django

from bench.cpu import TICKS
from bench.lists.pages import GLANCES, LISTS
from bench.portal import started

COLUMNS = ("list", "what", "p50 ms", "p95 ms", "CPU ms", "of it SQL", "SQL/req", "KB", "CPU <= 150")
TURNS = 20
GOAL_MS = 150.0  # what a quiet machine needs is the CPU; a busy one only takes longer
DEPTH = 10  # pages by cursor, until one is called deep
_NEXT = re.compile(r'rel="next" href="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one address. times: milliseconds; own, database: of CPU for one request; size: in KB."""

    times: list[float]
    own: float
    database: float
    statements: int
    size: int


class Looker:
    """An administrator at a browser, without a network."""

    def __init__(self, person: Any) -> None:
        from django.db import connection  # noqa: PLC0415 Django is set up by then
        from django.test import Client  # noqa: PLC0415 as above

        self.client = Client()
        self.client.force_login(person)
        session = self.client.session
        session["browsing_reason"] = "Maintenance"
        session.save()
        self.connection = connection
        with connection.cursor() as cursor:
            cursor.execute("SET max_parallel_workers_per_gather = 0")
            cursor.execute("SELECT pg_backend_pid()")
            self.backend = int(cursor.fetchone()[0])

    def page(self, path: str) -> bytes:
        """The page, which must be there."""
        answer = self.client.get(path)
        if answer.status_code != 200:
            raise SystemExit(f"{path}: {answer.status_code}")
        return answer.content

    def cost(self, path: str, turns: int) -> Cost:
        """Of ``turns`` requests, after two that warm up."""
        self.page(path)
        self.page(path)
        times, statements = [], 0

        def count(execute: Callable[..., Any], *details: Any) -> Any:
            nonlocal statements
            statements += 1
            return execute(*details)

        own, database = time.process_time(), self._spent()
        with self.connection.execute_wrapper(count):
            for _ in range(turns):
                began = time.perf_counter()
                content = self.page(path)
                times.append((time.perf_counter() - began) * 1000)
        own, database = time.process_time() - own, self._spent() - database
        each = 1000 / turns
        size = len(content) // 1024
        return Cost(times, own * each, database * each, round(statements / turns), size)

    def _spent(self) -> float:
        """CPU seconds of the process of the database that answers here."""
        text = Path(f"/proc/{self.backend}/stat").read_text(encoding="ascii", errors="replace")
        fields = text.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def deep(self, path: str, turned: str, rows: int) -> str:
        """The address of a page far from the first, "" where the list has one page."""
        base = urlsplit(path).path
        if turned == "page":
            return f"{path}{'&' if '?' in path else '?'}page={max(1, rows // 100)}"
        here = path
        for _ in range(DEPTH if turned else 0):
            found = _NEXT.search(self.page(here).decode())
            if found is None:
                break
            here = base + unescape(found[1])
        return here if here != path else ""


def measure(size: int, turns: int = TURNS) -> Iterator[list[str]]:
    """One row of text for each list and address, then how long the filling took."""
    with started() as portal:
        os.environ.update(portal.environment)
        os.environ["DJANGO_SETTINGS_MODULE"] = "vaultportal.settings"
        django.setup()
        from bench.lists.fill import Filler  # noqa: PLC0415 Django is set up by then
        from vaultportal.identity.models import User  # noqa: PLC0415 as above

        person = User.objects.get(username=portal.credentials["portal"]["email"])
        filler = Filler(person, size)
        began = time.perf_counter()
        filler.up_to(size)
        filler.vacuum()
        seconds = f"{time.perf_counter() - began:.0f} s"
        yield from rows(Looker(person), filler.address, size, turns)
        yield [f"filling {size:,} of each", seconds, *[""] * (len(COLUMNS) - 2)]


def rows(
    looker: Looker, address: Callable[[str], str], size: int, turns: int
) -> Iterator[list[str]]:
    """The table, for a portal that is filled, and the load of the machine."""
    for page in LISTS:
        first = address(page.path)
        wanted = {"first": first, "deep": looker.deep(first, page.turned, size)}
        wanted |= {"filter": address(page.little), "sorted": address(page.ordered)}
        for what, path in wanted.items():
            if path:
                yield _row(page.name, what, looker.cost(path, turns))
    for name, path in GLANCES:
        yield _row(name, "whole", looker.cost(path, turns))
    loads = " ".join(f"{each:.1f}" for each in os.getloadavg())
    yield ["load of the machine", loads, *[""] * (len(COLUMNS) - 2)]


def _row(name: str, what: str, cost: Cost) -> list[str]:
    ordered = sorted(cost.times)
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return [
        name,
        what,
        f"{statistics.median(ordered):.0f}",
        f"{p95:.0f}",
        f"{cost.own + cost.database:.0f}",
        f"{cost.database:.0f}",
        str(cost.statements),
        str(cost.size),
        "yes" if cost.own + cost.database <= GOAL_MS else "NO",
    ]
