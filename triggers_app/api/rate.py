"""At most so many requests in ten seconds, of each client and API version.

Counted in the broker's database, so that all processes count together; where it does not answer,
nobody is refused: the limit spares the portal work and guards nothing.
"""

from __future__ import annotations

import logging
import time
from functools import cache

import redis
from django.conf import settings

from vaultportal.errors import TooMany
from vaultportal.identity.actor import Actor
from vaultportal.runtime import services

logger = logging.getLogger(__name__)

WINDOW = 10  # seconds


def check(actor: Actor, release: str) -> None:
    """TooMany when the client has used up its window."""
    most = settings.TRIGGERS_RATE_LIMIT
    if not most:
        return
    now = time.time()
    window = int(now // WINDOW)
    key = f"triggers:rate:{actor.user_id}:{release}:{window}"
    try:
        with _client().pipeline(transaction=False) as pipeline:
            pipeline.incr(key)
            pipeline.expire(key, 2 * WINDOW)
            counted = int(pipeline.execute()[0])
    except redis.RedisError as fault:
        logger.warning("requests are not counted: %s", type(fault).__name__)
        return
    if counted > most:
        left = int((window + 1) * WINDOW - now) + 1
        raise TooMany("request", retry_after=left)


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(
        services.redis_client_url(), socket_timeout=0.5, socket_connect_timeout=0.5
    )
