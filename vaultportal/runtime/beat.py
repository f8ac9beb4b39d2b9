"""Celery's beat, of which any number may run: the one that holds a lock of the database sends."""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from celery.beat import Scheduler
from django.db import connection

from vaultportal.runtime import paths
from vaultportal.runtime.files import private_folder, replace

logger = logging.getLogger(__name__)
# Any number that nothing else in this database takes: "beat" in ASCII.
LOCK_KEY = 0x62656174
RETRY_SECONDS = 2.0


class DatabaseLock:
    """An advisory lock on a connection of its own: lost with the connection, at once."""

    def __init__(self) -> None:
        self._session: psycopg.Connection[Any] | None = None

    def hold(self) -> bool:
        """True when the lock is ours, after trying to take it; asks the server each time."""
        try:
            if self._session is None:
                return self._take()
            self._session.execute("SELECT 1")
        except psycopg.OperationalError:
            self.release()
            return False
        return True

    def release(self) -> None:
        """Close the connection, and with it the lock."""
        if self._session is not None:
            with suppress(psycopg.Error):
                self._session.close()
            self._session = None

    def _take(self) -> bool:
        session: psycopg.Connection[Any] = psycopg.connect(
            **connection.get_connection_params(), autocommit=True
        )
        row = session.execute("SELECT pg_try_advisory_lock(%s)", [LOCK_KEY]).fetchone()
        if row is None or not row[0]:
            session.close()
            return False
        self._session = session
        logger.info("This scheduler holds the lock and sends the scheduled tasks.")
        return True


class SingleScheduler(Scheduler):
    """The schedule of settings; last runs are kept as JSON; only who holds the lock sends."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.lock = DatabaseLock()
        super().__init__(*args, **kwargs)

    def setup_schedule(self) -> None:
        """Read the schedule, and when its entries last ran."""
        self.merge_inplace(self.app.conf.beat_schedule)
        for name, moment in _read(paths.beat_memory()).items():
            if name in self.schedule:
                self.schedule[name].last_run_at = moment

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due; the seconds until the next look."""
        if not self.lock.hold():
            return RETRY_SECONDS
        return float(super().tick(*args, **kwargs))

    def sync(self) -> None:
        """Remember the last runs over a restart."""
        runs = {
            name: entry.last_run_at.isoformat()
            for name, entry in self.schedule.items()
            if entry.last_run_at
        }
        folder = private_folder(paths.beat_memory().parent)
        replace(folder / paths.beat_memory().name, json.dumps(runs).encode())

    def close(self) -> None:
        """Remember, and let the next scheduler have the lock."""
        self.sync()
        self.lock.release()

    @property
    def info(self) -> str:
        """What beat prints of us when it starts."""
        return "    . lock -> PostgreSQL advisory lock"


def _read(path: Path) -> dict[str, datetime]:
    """The last runs by name; none when there is no file or not ours (it costs an early run)."""
    try:
        runs = json.loads(path.read_bytes())
        return {name: datetime.fromisoformat(moment) for name, moment in runs.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError, TypeError):
        logger.warning("The memory of the scheduler cannot be read; its tasks start anew.")
        return {}
