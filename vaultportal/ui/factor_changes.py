"""Second factors that people add and remove with allauth's pages: on record, and told by mail.

The entry and the notice belong to the transaction of the change itself, so none is without the
other. allauth's own hooks come after its commit; what a page has changed is therefore looked up.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.mfa.models import Authenticator
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from vaultportal import trail
from vaultportal.directory import notices, rows
from vaultportal.directory.models import Notice
from vaultportal.directory.origin import Origin
from vaultportal.directory.people_list import authenticators_of
from vaultportal.identity.models import User
from vaultportal.trail import Target

Page = Callable[..., HttpResponseBase]
CODES = Authenticator.Type.RECOVERY_CODES


def recorded(page: Page) -> Page:
    """A page of allauth's that changes factors, and what it has changed, in one transaction."""

    @wraps(page)
    def both(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST" or not isinstance(request.user, User):
            return page(request, *args, **kwargs)
        with trail.unit():
            user = rows.principal(request.user.pk)  # locked: what changes is of this page
            before = authenticators_of(user.pk)
            answer = page(request, *args, **kwargs)
            _note(request, user, before, authenticators_of(user.pk))
        return answer

    return both


def _note(
    request: HttpRequest, user: User, before: set[tuple[int, str]], after: set[tuple[int, str]]
) -> None:
    """Each factor that came or went. Codes that come or go with one are no change of their own."""
    added = [kind for _, kind in after - before]
    removed = [kind for _, kind in before - after]
    changes = [
        *((Notice.Kind.FACTOR_ADDED, kind, "user.add_factor") for kind in added if kind != CODES),
        *(
            (Notice.Kind.FACTOR_REMOVED, kind, "user.remove_factor")
            for kind in removed
            if kind != CODES
        ),
    ]
    if not changes and CODES in added:
        changes = [(Notice.Kind.RECOVERY_CODES, str(CODES), "user.new_recovery_codes")]
    session_id = str(getattr(request.session, "row_id", None) or "")
    actor = Origin.of(request).actor(user, kind="session", id=session_id)
    for notice, factor, action in changes:
        trail.record(actor, action, Target("user", str(user.pk), user.username), factor=factor)
        notices.tell(actor, user, notice, what=factor)
