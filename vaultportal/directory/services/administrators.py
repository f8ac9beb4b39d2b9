"""Two rules that keep the portal in somebody's hands, and out of the wrong ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from vaultportal.directory.permissions import RolePermission
from vaultportal.errors import Conflict, Forbidden
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Membership, Role, User
from vaultportal.identity.models.role import ADMIN


def administrators() -> QuerySet[User]:
    """Everybody who is in charge now, people and clients: superusers and holders of the role."""
    now = timezone.now()
    held = Membership.objects.filter(
        Q(valid_from=None) | Q(valid_from__lte=now),
        Q(valid_until=None) | Q(valid_until__gt=now),
        user=OuterRef("pk"),
        group__name=ADMIN,
    )
    return User.objects.filter(Q(is_superuser=True) | Exists(held), is_active=True)


def somebody_is_in_charge() -> bool:
    """Whether an active person is an administrator."""
    return administrators().filter(kind=User.Kind.PERSON).exists()


def somebody_is_for_good() -> bool:
    """Whether an active person is an administrator now, and without an end."""
    lasting = Membership.objects.filter(user=OuterRef("pk"), group__name=ADMIN, valid_until=None)
    people = administrators().filter(kind=User.Kind.PERSON)
    return people.filter(Q(is_superuser=True) | Exists(lasting)).exists()


@contextmanager
def somebody_stays_in_charge() -> Iterator[None]:
    """Around a change of accounts or roles: Conflict when it would leave no person in charge.

    Neither now, nor once the times of those who have the role for a time are over.

    Holds a row lock, so that two administrators cannot remove each other at the same moment.
    To be used inside a transaction.
    """
    list(Role.objects.select_for_update(of=("self",)).filter(name=ADMIN).values_list("pk"))
    before, lasting = somebody_is_in_charge(), somebody_is_for_good()
    yield
    if (lasting and not somebody_is_for_good()) or (before and not somebody_is_in_charge()):
        raise Conflict(
            "user",
            "This would leave nobody in charge of the portal.",
            reason="last_administrator",
        )


def require_not_above(actor: Actor, user: User) -> None:
    """Forbidden when ``user`` is an administrator and ``actor`` may not make one.

    Whoever sets the password or reads the secret of an administrator could become one.
    """
    if access.holds(actor, RolePermission.CHANGE):
        return
    if user.is_superuser or administrators().filter(pk=user.pk).exists():
        raise Forbidden("user", reason="above")
