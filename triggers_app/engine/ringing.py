"""The bell of the workers: a message that says no more than "look"; whoever misses it looks soon.

It is rung by a thread of its own, so that a request never waits for the broker, and at most every
few milliseconds, so that a thousand events are not a thousand messages.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Collection
from threading import Event, Lock, Thread
from typing import Any

from celery import current_app
from django.db import connection

from triggers_app.models import Kind, Subscription
from vaultportal.celery import DEFAULT_QUEUE, GATES_QUEUE
from vaultportal.events.signals import emitted

logger = logging.getLogger(__name__)

PUMP = "triggers.pump"
PUMP_GATES = "triggers.pump_gates"
SWEEP_REPLAYS = "triggers.sweep_replays"
SPACING = 0.02
# A bell that nobody has heard by then has been replaced by the one that beat rings.
EXPIRES = 30.0
HEARD_FOR = 1.0
RECEIVER = "triggers.ringing"


def ring() -> None:
    """There are deliveries that are due."""
    _bell.ring(frozenset({PUMP}))


def ring_gates() -> None:
    """There is a question that somebody waits for."""
    _bell.ring(frozenset({PUMP_GATES}))


def ring_replays() -> None:
    """There is a replay to work off."""
    _bell.ring(frozenset({SWEEP_REPLAYS}))


def listen() -> None:
    """Hear of events; called when the app is ready."""
    emitted.connect(_on_emitted, dispatch_uid=RECEIVER)


def _on_emitted(types: Collection[str], **_hint: Any) -> None:
    _bell.ring(frozenset(types), only_if_heard=True)


class _Bell:
    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew: the thread does not come along into a forked child."""
        self._lock = Lock()
        self._wake = Event()
        self._thread: Thread | None = None
        self._types: set[str] = set()
        self._tasks: set[str] = set()
        self._heard: frozenset[str] = frozenset()
        self._heard_at = float("-inf")

    def ring(self, words: frozenset[str], *, only_if_heard: bool = False) -> None:
        with self._lock:
            if only_if_heard:
                self._types |= words
            else:
                self._tasks |= words
            if self._thread is None:
                self._thread = Thread(target=self._run, name="trigger bell", daemon=True)
                self._thread.start()
        self._wake.set()

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            with self._lock:
                types, self._types = self._types, set()
                tasks, self._tasks = self._tasks, set()
            try:
                if PUMP not in tasks and types & self._subscribed():
                    tasks.add(PUMP)
                for task in tasks:
                    queue = GATES_QUEUE if task == PUMP_GATES else DEFAULT_QUEUE
                    current_app.send_task(task, queue=queue, expires=EXPIRES, ignore_result=True)
            except Exception:  # a bell that broke would never ring again; beat rings soon anyway
                logger.warning("The workers could not be rung for; beat does it within seconds.")
            time.sleep(SPACING)  # what comes meanwhile is one ring

    def _subscribed(self) -> frozenset[str]:
        """The triggers that somebody subscribes to, asked for at most once a second."""
        now = time.monotonic()
        if now - self._heard_at > HEARD_FOR:
            try:
                rows = Subscription.objects.filter(enabled=True, kind=Kind.FIRE_AND_FORGET)
                self._heard = frozenset(rows.values_list("trigger", flat=True).distinct())
            finally:
                connection.close()
            self._heard_at = now
        return self._heard


_bell = _Bell()
os.register_at_fork(after_in_child=_bell.forget)
