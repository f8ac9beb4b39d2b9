"""When an API key was last used, noted after the answer has gone out.

A row is written at most once a minute for each key, by one conditional UPDATE at the end of a
request, and never on the way to an answer.
"""

from __future__ import annotations

import logging
from threading import Lock
from typing import Any

from django.db import DatabaseError, connection

logger = logging.getLogger(__name__)

_NOTE = """
UPDATE identity_apikey SET last_used_at = statement_timestamp()
WHERE id = ANY(%s::uuid[])
  AND (last_used_at IS NULL OR last_used_at < statement_timestamp() - interval '1 minute')
"""
_RENEW = "UPDATE identity_apikey SET digest = %s, pepper_version = %s WHERE id = %s AND digest = %s"

_lock = Lock()
_used: set[str] = set()
_renewed: dict[str, tuple[bytes, int, bytes]] = {}


def note(key_id: str) -> None:
    """Remember that the key was used."""
    with _lock:
        _used.add(key_id)


def renew(key_id: str, *, old: bytes, new: bytes, pepper_version: int) -> None:
    """Remember that the key still lies under an old pepper, and its digest under the new one."""
    with _lock:
        _renewed[key_id] = (new, pepper_version, old)


def write(**signal: Any) -> None:
    """Write down what was remembered; the receiver of ``request_finished``."""
    if not _used and not _renewed:
        return
    with _lock:
        used, renewed = sorted(_used), dict(_renewed)
        _used.clear()
        _renewed.clear()
    # Django has given the request's connection back before this is called.
    was_open = connection.connection is not None
    try:
        with connection.cursor() as cursor:
            if used:
                cursor.execute(_NOTE, [used])
            for key_id, (new, version, old) in renewed.items():
                cursor.execute(_RENEW, [new, version, key_id, old])
    except DatabaseError:
        logger.warning("The last use of %s API keys was not noted.", len(used), exc_info=True)
    finally:
        if not was_open:
            connection.close()
