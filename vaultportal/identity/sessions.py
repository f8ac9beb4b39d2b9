"""The session engine: ``SESSION_ENGINE = "vaultportal.identity.sessions"``.

The cookie holds the key; the table holds a peppered HMAC of it, and the data sealed. A copy of the
database is no set of live sessions. Data is JSON, never pickled.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from vaultportal.crypto import blind_index, blobs
from vaultportal.crypto.errors import KeyGone, Tampered
from vaultportal.identity import origin, session_limits
from vaultportal.identity.models import Session, User
from vaultportal.identity.models.session import SessionQuerySet

PURPOSE = "session"
# Kept in the data until the next save moves them into columns of their own.
ADDRESS, USER_AGENT = "_address", "_user_agent"
NOTED_EVERY = timedelta(minutes=1)


class SessionStore(SessionBase):
    """One browser's session. ``row_id`` is its public name, None before it is saved or loaded.

    is_quiet: the page asked by itself, which is no use of the session.
    """

    row_id: UUID | None = None
    is_quiet = False

    def load(self) -> dict[str, Any]:
        key = self.session_key
        row = self._rows(key).alive().first() if key else None
        data = None if row is None else self.decode(row.data)
        if row is None or data is None:
            self._session_key = None
            return {}
        self.row_id = row.pk
        if not self.is_quiet and row.last_seen_at < timezone.now() - NOTED_EVERY:
            Session.objects.filter(pk=row.pk).update(last_seen_at=timezone.now())
        return data

    def exists(self, session_key: str) -> bool:
        return self._rows(session_key).exists()

    def create(self) -> None:
        while True:
            self._session_key = self._get_new_session_key()  # type: ignore[attr-defined]  # not in the stubs
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002 Django's signature
        """Insert the row, or update it; a session that was ended meanwhile stays ended."""
        if self.session_key is None:
            self.create()
            return
        data = self._get_session(no_load=must_create)  # type: ignore[attr-defined]  # see above
        values = {
            "data": self.encode(data),
            "user_id": data.get(SESSION_KEY),
            "address": data.get(ADDRESS),
            "user_agent": data.get(USER_AGENT, ""),
        }
        if not must_create:
            if not self._rows(self.session_key).alive().update(**values):
                raise UpdateError
            return
        row = Session(
            digest=blind_index.hmac_digest(PURPOSE, self.session_key.encode()),
            expires_at=session_limits.ends_at(),
            **values,
        )
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError as taken:
            raise CreateError from taken
        self.row_id = row.pk

    def delete(self, session_key: str | None = None) -> None:
        key = self.session_key if session_key is None else session_key
        if key is not None:
            self._rows(key).delete()

    def encode(self, session_dict: dict[str, Any]) -> bytes:  # type: ignore[override]  # sealed, no text
        return blobs.seal_blob(PURPOSE, json.dumps(session_dict, separators=(",", ":")).encode())

    def decode(self, session_data: bytes | memoryview) -> dict[str, Any] | None:  # type: ignore[override]  # see encode
        """The data; None when it cannot be opened any more, which signs the browser out."""
        try:
            data: dict[str, Any] = json.loads(
                blobs.open_blob(PURPOSE, bytes(session_data), ttl=None)
            )
        except (Tampered, KeyGone):
            return None
        return data

    @classmethod
    def clear_expired(cls) -> None:
        Session.objects.exclude(pk__in=Session.objects.alive()).delete()

    def _rows(self, session_key: str) -> SessionQuerySet:
        digests = blind_index.hmac_digests(PURPOSE, session_key.encode())
        rows: SessionQuerySet = Session.objects.filter(digest__in=digests)
        return rows


def note_browser(request: HttpRequest, user: User, **signal: Any) -> None:
    """Write into a new sign-in where it came from; the receiver of ``user_logged_in``."""
    session = getattr(request, "session", None)
    if session is not None:
        session[ADDRESS] = origin.client_address(request) or None
        session[USER_AGENT] = origin.user_agent(request)
