"""The worker's side of the broker: a worker lives as long as its connection.

After a broker's restart Celery connects again, but what ran at that moment can no longer be
acknowledged and counts against the prefetch limit for ever: a worker that was busy would take
nothing more, and one that shuts down warmly would wait for results that nobody reads. So it ends at
once, and whoever supervises it starts another. Its tasks are made to be killed halfway.
"""

from __future__ import annotations

from celery.exceptions import WorkerTerminate
from celery.worker.consumer import Consumer


class OneConnection(Consumer):
    """A consumer that does not outlive its connection."""

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """End the worker; waiting for a broker at the start is another matter."""
        raise WorkerTerminate(1) from exc
