"""What is counted, over all processes of the portal.

Each process counts in a file of its own below the data folder; whoever answers ``/metrics`` adds
them up.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError

from vaultportal.audit import verification
from vaultportal.events import outbox
from vaultportal.shipping import selectors as shipping

FOLDER = Path(settings.PORTAL_DATA_DIR) / "run" / "metrics"
# The library reads it when it is imported, and decides then that processes count in files.
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(FOLDER)

from prometheus_client import CollectorRegistry, Histogram  # noqa: E402 see above
from prometheus_client.core import GaugeMetricFamily, Metric  # noqa: E402 see above
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest  # noqa: E402 see above
from prometheus_client.multiprocess import MultiProcessCollector  # noqa: E402 see above

logger = logging.getLogger(__name__)

CONTENT_TYPE = CONTENT_TYPE_LATEST
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# Counts of processes that are gone are kept up to this number of files, then dropped.
MAX_FILES = 64
FILE_BYTES = 1 << 20  # the size that the library gives it

_seconds = Histogram(
    "vaultportal_request_seconds",
    "Time to answer a request, by route, method and class of status.",
    ("route", "method", "status"),
    buckets=BUCKETS,
    registry=CollectorRegistry(),
)


class Meter:
    """The counts of this process."""

    def __init__(self) -> None:
        self._pid = 0
        self._works = False
        self._children: dict[tuple[str, str, int], Histogram] = {}

    def observe(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one request. A disk without room costs the count, never the request."""
        if self._pid != os.getpid():
            self._begin()
        if not self._works:
            return
        key = (route, method, status // 100)
        child = self._children.get(key)
        if child is None:
            named = method if method in METHODS else "other"
            child = self._children[key] = _seconds.labels(route, named, f"{status // 100}xx")
        child.observe(seconds)

    def _begin(self) -> None:
        self._pid = os.getpid()
        try:
            FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
            _drop_dead_files()
            # With its blocks: a write to a mapped file on a full disk would kill the process.
            fd = os.open(
                FOLDER / f"histogram_{self._pid}.db", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
            )
            with os.fdopen(fd, "rb+"):
                os.posix_fallocate(fd, 0, FILE_BYTES)
        except OSError as fault:
            logger.warning("Requests are not counted: %s", fault.strerror)
            self._works = False
        else:
            self._works = True


def render() -> bytes:
    """All counts in the text format of Prometheus."""
    registry = CollectorRegistry()
    if FOLDER.is_dir():
        MultiProcessCollector(registry, path=str(FOLDER))  # type: ignore[no-untyped-call]  # theirs
    registry.register(_Stock())
    try:
        return generate_latest(registry)
    except FileNotFoundError:  # of a process that ended just now
        return generate_latest(registry)


class _Stock:
    """What lies in the database, read when somebody asks."""

    def collect(self) -> Iterator[Metric]:
        with suppress(DatabaseError):  # the other counts are still worth something
            undispatched, entries = outbox.backlog(), verification.count()
            yield GaugeMetricFamily(
                "vaultportal_events_undispatched", "Events that nobody has taken.", undispatched
            )
            yield GaugeMetricFamily(
                "vaultportal_audit_entries", "Entries of the audit trail.", entries
            )
            behind = GaugeMetricFamily(
                "vaultportal_log_shipping_behind",
                "Entries that a target of log shipping has not got.",
                labels=("target",),
            )
            for standing in shipping.standings():
                behind.add_metric((standing.target.name,), standing.behind)
            yield behind


def _drop_dead_files() -> None:
    files = sorted(FOLDER.glob("*.db"), key=lambda path: path.stat().st_mtime)
    for path in files[:-MAX_FILES]:
        pid = int(path.stem.rpartition("_")[2])
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            path.unlink(missing_ok=True)
        except PermissionError:  # it lives, and is somebody else's
            continue


meter = Meter()
