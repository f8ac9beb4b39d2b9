"""Where an attempt comes from, before anybody knows who makes it."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from vaultportal.identity import actor as actors
from vaultportal.identity import origin
from vaultportal.identity.actor import Actor, Credential
from vaultportal.identity.models import User


@dataclass(frozen=True, slots=True)
class Origin:
    """The caller's address ("" for none), the request's id, and what the program says it is."""

    address: str = ""
    request_id: str = ""
    user_agent: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> Origin:
        """Of a request; proxies are believed as far as they are listed."""
        return cls(
            origin.client_address(request),
            origin.request_id(request),
            origin.user_agent(request),
        )

    def nobody(self) -> Actor:
        """Who is named in the trail for an attempt that failed."""
        return actors.system().with_(
            name="anonymous",
            kind="anonymous",
            is_superuser=False,
            address=self.address,
            request_id=self.request_id,
            user_agent=self.user_agent,
        )

    def actor(self, user: User, *, kind: str, id: str, client_id: str = "") -> Actor:
        """Who is named in the trail for an attempt that succeeded; holds no right."""
        return self.nobody().with_(
            user_id=user.pk,
            number=user.number,
            name=user.username,
            kind=user.kind,
            credential=Credential(kind, id, client_id=client_id),
        )
