"""The worker's side of the broker: a worker lives as long as its connection.

After a broker's restart Celery connects again, but what could not be acknowledged meanwhile counts
against the prefetch limit for ever: a worker that was busy would take nothing more, and one that
shuts down waits for results that nobody reads. So it ends at once, without clearing up, and whoever
supervises it starts another. Its tasks are made to be killed halfway.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from celery.worker.consumer import Consumer
from celery.worker.request import Request

logger = logging.getLogger(__name__)


class OneConnection(Consumer):
    """A consumer that does not outlive its connection."""

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """End the process; waiting for a broker at the start is another matter."""
        logger.error("The broker is gone, and with it this worker (%s).", type(exc).__name__)
        logging.shutdown()
        os._exit(1)


class AnsweredRequest(Request):
    """A request that cannot be acknowledged unnoticed.

    While all its processes are busy, a worker asks the broker for nothing: the acknowledgement is
    the first to find it gone. Celery would log an error of those that it is told here and go on;
    told of none, it lets them pass to the consumer.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options | {"connection_errors": ()})
