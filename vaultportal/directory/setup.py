"""The first administrator: made in the browser, by whoever can read the server's log.

While nobody is in charge, a one-time code opens the set-up page. Only its digest is kept, it ends
after a day, and it works once.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from vaultportal import trail
from vaultportal.crypto import blind_index
from vaultportal.directory import builtin
from vaultportal.directory.models import SetupCode
from vaultportal.directory.origin import Origin
from vaultportal.directory.services import administrators, memberships, people
from vaultportal.directory.services.memberships import Given
from vaultportal.directory.services.people import PersonFields
from vaultportal.errors import Conflict, Forbidden
from vaultportal.identity import actor as actors
from vaultportal.identity.models import Role, User
from vaultportal.identity.models.role import ADMIN
from vaultportal.trail import Target

LIFE = timedelta(hours=24)
# Crockford's letters: none that is mistaken for another. 16 of them are 80 bits.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_GROUPS, _GROUP = 4, 4
_PURPOSE = "setup"


def is_needed() -> bool:
    """Whether nobody is in charge of the portal yet."""
    return not administrators.somebody_is_in_charge()


def current_code() -> str:
    """A new set-up code, which ends all earlier ones. Whoever asks for it shows it once.

    Raises:
        Conflict: somebody is in charge already.
    """
    code = "-".join(
        "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS)
    )
    with transaction.atomic():
        _lock()
        if not is_needed():
            raise _done()
        SetupCode.objects.update_or_create(
            id=1,
            defaults={
                "digest": _digest(code),
                "expires_at": timezone.now() + LIFE,
                "used_at": None,
            },
        )
    return code


def complete_setup(
    code: str, person: PersonFields, *, password: str, origin: Origin | None = None
) -> User:
    """Make the first administrator, and end the set-up.

    Raises:
        Forbidden: the code is wrong, used or too old, with reason ``setup_code``.
        Conflict: somebody is in charge already.
        Invalid, Conflict: as for ``people.create_person``.
    """
    origin = origin or Origin()
    actor = actors.system().with_(address=origin.address, request_id=origin.request_id)
    with trail.unit():
        _lock()
        if not is_needed():
            raise _done()
        now = timezone.now()
        taken = SetupCode.objects.filter(
            digest__in=_digests(code), used_at=None, expires_at__gt=now
        ).update(used_at=now)
        if not taken:
            raise Forbidden("user", "The set-up code is not right.", reason="setup_code")
        user = make_administrator(person, password=password)
        target = Target("user", str(user.pk), user.username)
        trail.record(actor, "portal.set_up", target)
    return user


@trail.unit()
def make_administrator(person: PersonFields, *, password: str) -> User:
    """A person in charge, by the portal's own hand; for set-up and bootstrap."""
    builtin.ensure_builtin()
    actor = actors.system()
    user = people.create_person(actor, person, password=password, is_staff=True)
    role = Role.objects.get(name=ADMIN)
    memberships.add_role(actor, user.pk, Given(role.uuid))
    return user


def _lock() -> None:
    """One set-up at a time; held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('directory.setup'))")


def _plain(code: str) -> bytes:
    """Without what people add or mistype: case, hyphens and blanks, O for 0, I and L for 1."""
    letters = code.upper().translate(str.maketrans("OIL", "011", "- \t\r\n"))
    return letters.encode()[:64]


def _digest(code: str) -> bytes:
    return blind_index.hmac_digest(_PURPOSE, _plain(code))


def _digests(code: str) -> list[bytes]:
    return blind_index.hmac_digests(_PURPOSE, _plain(code))


def _done() -> Conflict:
    return Conflict("portal", "The portal is set up already.", reason="set_up")
