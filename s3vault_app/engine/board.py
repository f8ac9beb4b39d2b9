"""How the threads of one job work side by side: one of them owns the database, and all others ask.

Machines are worked on in threads, since that is waiting for most of the time. Rows are written by
the thread that runs the job alone: so progress never falls, a lost lease is seen at once, and no
thread needs a connection of its own.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Literal, TypeVar

T = TypeVar("T")
Stop = Literal["kill", "pause", "lost"]
MOST_THREADS = 8


class Stopped(Exception):
    """The job is to end between two steps: killed, paused, or another worker has it."""

    def __init__(self, why: Stop) -> None:
        super().__init__(why)
        self.why = why


class Board:
    """tick: called by the owner every ``seconds``; it returns why the job has to stop, or None."""

    def __init__(self, tick: Callable[[], Stop | None], seconds: float) -> None:
        self._tick = tick
        self._seconds = seconds
        self._asked: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = queue.SimpleQueue()
        self._stop: Stop | None = None
        self._lock = threading.Lock()

    def check(self) -> None:
        """Called by threads between steps, and within long ones.

        Raises:
            Stopped.
        """
        if self._stop:
            raise Stopped(self._stop)

    def look(self) -> None:
        """Called by the owner: look now whether to go on, and not at the next tick.

        Raises:
            Stopped.
        """
        self._look()
        self.check()

    def hold(self) -> None:
        """Called by threads that end after a stop: whether the job is still this worker's, now.

        Raises:
            Stopped: it is another's; a kill or a pause alone raises nothing.
        """
        self.ask(self._look)
        if self._stop == "lost":
            raise Stopped(self._stop)

    def ask(self, call: Callable[[], T]) -> T:
        """Let the owner call it, and wait for what it returns or raises."""
        answer: Future[T] = Future()
        self._asked.put((call, answer))
        return answer.result()

    def stop(self, why: Stop) -> None:
        """Let every thread end at its next check; that a job is lost says more than all else."""
        with self._lock:
            if self._stop is None or why == "lost":
                self._stop = why

    def run(self, tasks: Sequence[Callable[[], None]]) -> list[BaseException]:
        """Run the tasks beside each other until all have ended; what they raised."""
        if not tasks:
            return []
        with ThreadPoolExecutor(max_workers=min(len(tasks), MOST_THREADS)) as threads:
            running = [threads.submit(task) for task in tasks]
            try:
                while not all(each.done() for each in running):
                    self._serve()
            except BaseException as fault:
                # The database is away, or this worker has to end: nobody may wait for an answer.
                self.stop("lost")
                self._let_go(running, fault)
                raise
        faults = [each.exception() for each in running]
        return [fault for fault in faults if fault is not None]

    def _serve(self) -> None:
        """Answer one thread, or look around when nobody asks."""
        try:
            call, answer = self._asked.get(timeout=self._seconds)
        except queue.Empty:
            self._look()
            return
        try:
            answer.set_result(call())
        except BaseException as fault:  # it belongs to the thread that asked
            answer.set_exception(fault)
        self._look()

    def _let_go(self, running: Sequence[Future[None]], fault: BaseException) -> None:
        while not all(each.done() for each in running):
            try:
                _, answer = self._asked.get(timeout=self._seconds)
            except queue.Empty:
                continue
            answer.set_exception(fault)

    def _look(self) -> None:
        """Also after a stop: the lease is kept until the last thread has come to its end."""
        if self._stop != "lost" and (why := self._tick()):
            self.stop(why)
