"""Does an operation grow with the table: a small collection against a large one, side by side.

Two portals stand next to each other, one with 1,000 objects and one with many, both filled by the
bulk door. Each request goes to one and then to the other, so that whatever else the machine does
falls on both alike, and the ratio of the medians says what the size alone costs.
"""

from __future__ import annotations

import itertools
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import httpx
from tqdm import tqdm

from bench.portal import ROOT, Portal, started

SMALL = 1000
BULK = 1000  # objects of one call
LOADERS = 2  # connections that fill a portal
PAGE = 100
TURNS = 300  # requests of each kind
COLUMNS = ("operation", "ms at 1,000", "ms at size", "ratio", "≤ 1.5")
MOST_RATIO = 1.5
# Ten properties, six of them encrypted, two of them indexed.
PROPERTIES: list[dict[str, Any]] = [
    {"name": "full_name", "data_type_name": "NAME"},
    {"name": "mail", "data_type_name": "EMAIL", "is_index": True},
    {"name": "phone", "data_type_name": "PHONE_NUMBER"},
    {"name": "ssn", "data_type_name": "SSN"},
    {"name": "street", "data_type_name": "ADDRESS"},
    {"name": "born", "data_type_name": "DATE_OF_BIRTH"},
    {"name": "city", "data_type_name": "STRING", "is_encrypted": False, "is_index": True},
    {"name": "plan", "data_type_name": "STRING", "is_encrypted": False},
    {"name": "visits", "data_type_name": "INTEGER", "is_encrypted": False},
    {"name": "active", "data_type_name": "BOOLEAN", "is_encrypted": False},
]
_DISK = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("VACUUM ANALYZE")
    cursor.execute('''SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest(ARRAY[
        'collections_app_object', 'collections_app_indexentry', 'crypto_object_key']) name''')
    print(int(cursor.fetchone()[0]))
"""


def person(number: int) -> dict[str, Any]:
    """The object with that number; its e-mail address is its own."""
    return {
        "full_name": f"Ida Roth {number}",
        "mail": f"ida.{number}@example.com",
        "phone": f"+4930{number:09d}",
        "ssn": f"{number % 900 + 100:03d}-12-{number % 9000 + 1000:04d}",
        "street": f"{number} Long Street, Springfield",
        "born": f"19{number % 90 + 10}-0{number % 9 + 1}-1{number % 9}",
        "city": f"City {number % 1000}",
        "plan": "basic" if number % 3 else "full",
        "visits": number % 100,
        "active": number % 2 == 0,
    }


@dataclass(slots=True)
class Vault:
    """A portal with one collection. size: how many objects the generator put there."""

    portal: Portal
    size: int
    seconds: float = 0.0
    collection: str = field(default_factory=lambda: f"size{uuid.uuid4().hex[:8]}")
    ids: list[str] = field(default_factory=list)
    cursor: str = ""
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        key = self.portal.credentials["piiano"]["api_key"]
        self.http = httpx.Client(
            base_url=f"{self.portal.url}/api/pvlt/1.0/",
            headers={"Authorization": f"Bearer {key}"},
            timeout=120,
        )

    def call(self, method: str, path: str, **options: Any) -> Any:
        """The JSON of a call that must succeed."""
        return self.http.request(method, path, **options).raise_for_status().json()

    @property
    def data(self) -> str:
        """The collection's place in the data plane."""
        return f"data/collections/{self.collection}"

    def fill(self) -> None:
        """Make the collection and its objects, a call for each 1,000; no more is held than that."""
        body = {"name": self.collection, "type": "PERSONS", "properties": PROPERTIES}
        self.call("POST", "ctl/collections", json=body)
        starts = iter(range(0, self.size, BULK))
        lock = Lock()
        begun = time.perf_counter()
        with (
            tqdm(total=self.size, unit="object", disable=None) as bar,
            ThreadPoolExecutor(LOADERS) as pool,
        ):

            def load() -> None:
                while True:
                    with lock:
                        start = next(starts, None)
                    if start is None:
                        return
                    many = [person(number) for number in range(start, min(start + BULK, self.size))]
                    made = self.call("POST", f"{self.data}/bulk/objects", json=many)
                    with lock:
                        self.ids += [made["results"][0]["id"]]  # one of a thousand is enough
                        bar.update(len(many))

            for done in [pool.submit(load) for _ in range(LOADERS)]:
                done.result()
        self.seconds = time.perf_counter() - begun

    def go_deep(self) -> None:
        """Walk by cursor to the middle of the list."""
        pages = max(1, self.size // 2 // BULK)
        step = BULK if self.size > BULK else self.size // 2
        for _ in range(pages):
            params = {"props": "id,city", "page_size": step, "cursor": self.cursor}
            found = self.call("GET", f"{self.data}/objects", params=params)
            self.cursor = found["paging"]["cursor"]

    def bytes_on_disk(self) -> int:
        """Of objects, index entries and keys; vacuums first, so that the planner knows them."""
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), "shell", "-v", "0", "-c", _DISK],
            env=self.portal.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        return int(done.stdout.split()[-1])


def operations() -> dict[str, Callable[[Vault, int], None]]:
    """The four that must not grow, each with the number of its turn."""
    fresh = itertools.count(10**9)

    def add_one(vault: Vault, _turn: int) -> None:
        vault.call("POST", f"{vault.data}/objects", json=person(next(fresh)))

    def get_one(vault: Vault, turn: int) -> None:
        wanted = vault.ids[turn * 7 % len(vault.ids)]
        vault.call("GET", f"{vault.data}/objects/{wanted}", params={"options": "unsafe"})

    def search(vault: Vault, turn: int) -> None:
        mail = person(turn * 7919 % vault.size)["mail"]
        found = vault.call(
            "POST",
            f"{vault.data}/query/objects",
            params={"props": "id,full_name"},
            json={"match": {"mail": mail}},
        )
        if found["paging"]["size"] != 1:
            raise SystemExit("A search by an address of one person did not find one object.")

    def deep_page(vault: Vault, _turn: int) -> None:
        params = {"props": "id,city", "page_size": PAGE, "cursor": vault.cursor}
        vault.call("GET", f"{vault.data}/objects", params=params)

    return {
        "add one": add_one,
        "get one by id": get_one,
        "search an encrypted property": search,
        f"list {PAGE} deep inside": deep_page,
    }


def medians(vaults: list[Vault], work: Callable[[Vault, int], None], turns: int) -> list[float]:
    """Milliseconds of one request to each, turn by turn; the first twentieth warms up."""
    times: list[list[float]] = [[] for _ in vaults]
    warm = turns // 20
    for turn in range(turns + warm):
        for place, vault in enumerate(vaults):
            begun = time.perf_counter()
            work(vault, turn)
            if turn >= warm:
                times[place].append((time.perf_counter() - begun) * 1000)
    return [statistics.median(each) for each in times]


def _prepared(stack: ExitStack, sizes: list[int]) -> Iterator[Vault]:
    for size in sizes:
        portal = stack.enter_context(started(PORTAL_WEB_PROCESSES="2"))
        vault = Vault(portal, size)
        stack.callback(vault.http.close)
        vault.fill()
        vault.go_deep()
        yield vault


def measure(size: int, turns: int = TURNS) -> list[list[str]]:
    """The table: each operation at 1,000 and at ``size``, then what the objects cost."""
    with ExitStack() as stack:
        vaults = list(_prepared(stack, [SMALL, size]))
        disk = vaults[1].bytes_on_disk()
        vaults[0].bytes_on_disk()
        rows: list[list[str]] = []
        for name, work in operations().items():
            small, large = medians(vaults, work, turns)
            ratio = large / small
            verdict = "yes" if ratio <= MOST_RATIO else "NO"
            rows.append([name, f"{small:.2f}", f"{large:.2f}", f"{ratio:.2f}", verdict])
        rate = size / vaults[1].seconds
        rows.append(["objects/s by the bulk door", "", f"{rate:.0f}", "", ""])
        rows.append(["bytes on disk per object", "", f"{disk / size:.0f}", "", ""])
    return rows
