"""A person's name and password, for doors that have no page to sign in on.

The browser signs in with allauth. Some wires bring name and password in a request; they are checked
here, with the same counters against guessing wherever they come in. Whoever has a second factor
cannot use such a door: it would be a way around the factor. Nor can anybody whose password opens no
more than one page, where an identity is connected or a second factor added: a program cannot go it.
"""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.utils import timezone

from vaultportal import trail
from vaultportal.directory import notices, provider_only, second_factor, throttle
from vaultportal.directory.origin import Origin
from vaultportal.directory.provider_only import Way
from vaultportal.directory.throttle import Guess
from vaultportal.errors import Unauthenticated
from vaultportal.identity.backends import AccessBackend
from vaultportal.identity.models import User
from vaultportal.trail import Target


def check_password(name: str, password: str, origin: Origin, *, door: str) -> User:
    """The active person with this user name, or e-mail address, and password.

    door: what was knocked at ("privx", "commvault"), for the trail.

    Raises:
        Unauthenticated: unknown, wrong, disabled, with a second factor or in need of one, or to
            sign in elsewhere: all look the same.
        TooMany: too many failures of late for this name or from this address.
    """
    guess = Guess("password", name, origin.address)
    failed_before = throttle.check(guess)
    user = AccessBackend().authenticate(None, password=password, **_credential(name))
    if user is None or _is_for_pages(user):
        throttle.count(guess)
        _note_refusal(name, origin, door)
        raise Unauthenticated("user", "The name or the password is not right.", reason="password")
    if failed_before:
        throttle.forget(guess)
    _note_sign_in(user, origin, door)
    return user


def _is_for_pages(user: User) -> bool:
    has_factor = Authenticator.objects.filter(user=user).exists()
    if has_factor or provider_only.way(user) is not Way.OPEN:
        return True
    return second_factor.is_missing(user)


def _credential(name: str) -> dict[str, str]:
    """What ``name`` is: an e-mail address unless it is somebody's user name."""
    if "\x00" in name:
        return {"username": "?"}  # nobody's; text of the database cannot hold a NUL
    if "@" not in name or User.objects.named(name).filter(kind=User.Kind.PERSON).exists():
        return {"username": name}
    return {"email": name}


@trail.unit()
def _note_sign_in(user: User, origin: Origin, door: str) -> None:
    User.objects.filter(pk=user.pk).update(last_login=timezone.now())
    notices.signed_in(user, origin, is_known=True)
    actor = origin.actor(user, kind="password", id="")
    trail.record(actor, "user.sign_in", Target("user", str(user.pk), user.username), door=door)


@trail.unit()
def _note_refusal(name: str, origin: Origin, door: str) -> None:
    trail.record(
        origin.nobody(), "user.sign_in", outcome="refused", door=door, principal=trail.term(name)
    )
