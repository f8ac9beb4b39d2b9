"""What every page needs beside its own content: theme, rail, environment word."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject, cached_property

from vaultportal import __version__
from vaultportal.errors import Unauthenticated
from vaultportal.identity import authentication
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import User
from vaultportal.ui import integrity, navigation, preferences


class Shell:
    """The frame of a page. Worked out when a template asks, so that parts of pages cost nothing."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @property
    def theme(self) -> str:
        return preferences.theme(self._request, self._user)

    @property
    def density(self) -> str:
        return str(getattr(self._user, "density", "") or User.Density.NORMAL)

    @property
    def has_shortcuts(self) -> bool:
        """Whether single keys act."""
        return preferences.has_shortcuts(self._request)

    @property
    def environment(self) -> str:
        return settings.PORTAL_ENVIRONMENT

    @property
    def environment_state(self) -> str:
        """``bad`` for production, ``warn`` for what resembles it, ``idle`` for all else."""
        word = settings.PORTAL_ENVIRONMENT.lower()
        if settings.IS_PRODUCTION:
            return "bad"
        return "warn" if word.startswith(("stag", "pre")) else "idle"

    @property
    def version(self) -> str:
        return __version__

    @property
    def person(self) -> User | None:
        """Who is signed in."""
        return self._user if isinstance(self._user, User) else None

    @cached_property
    def sections(self) -> list[navigation.Section]:
        """The rail; empty for who is not signed in."""
        return navigation.sections(self._actor) if self._actor else []

    @cached_property
    def standing(self) -> integrity.Standing | None:
        """Of the audit trail, for who may look into it."""
        return integrity.standing(self._actor) if self._actor else None

    @property
    def current(self) -> str:
        """The address of the rail's entry that the page belongs to; "" for none."""
        found = navigation.current(self._request.path, self.sections)
        return found.url if found else ""

    @cached_property
    def _actor(self) -> Actor | None:
        if self.person is None:
            return None
        try:
            return authentication.actor_of(self.person)
        except Unauthenticated:  # disabled a moment ago
            return None

    @property
    def _user(self) -> Any:
        """The user that was loaded already: the page of a failure must not ask the database."""
        user = self._request.__dict__.get("user")
        if type(user) is SimpleLazyObject:
            return getattr(self._request, "_cached_user", None)
        return user


def shell(request: HttpRequest) -> dict[str, Shell]:
    """The context processor."""
    return {"shell": Shell(request)}
