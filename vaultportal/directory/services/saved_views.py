"""Saved views of lists: made, shared with a role and deleted by the person whose they are."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode
from uuid import UUID

from django.db import IntegrityError, transaction

from vaultportal import trail
from vaultportal.directory import rows, saved_views, text
from vaultportal.directory.models import SavedView
from vaultportal.errors import Conflict, Fault, Invalid, NotFound
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Role
from vaultportal.trail import Target


@trail.unit()
def save_view(
    actor: Actor,
    list_name: str,
    name: str,
    query: Sequence[tuple[str, str]],
    role_id: UUID | None = None,
) -> SavedView:
    """Keep the query of a list under a name.

    query: the parameters of the list's address; the edge leaves out what is none of the list's.
    role_id: whose members see it too: ``saved_views.roles_to_share_with``.

    Raises:
        Invalid: a bad name, an empty or too long query, a role that the actor may not share with,
            or as many views of this list as one may have.
        Conflict: the actor has one of this name for this list.
    """
    text.check_name("list", list_name, SavedView.MAX_NAME)
    text.check_name("name", name, SavedView.MAX_NAME)
    owner = rows.person(actor.user_id)  # locked: nobody gets past the limit by two windows
    kept = SavedView.objects.filter(owner=owner, list_name=list_name).count()
    if kept >= saved_views.MOST_OWN:
        raise _invalid("views", "range", f"are {saved_views.MOST_OWN} at most for one list")
    view = SavedView(owner=owner, list_name=list_name, name=name, query=_encoded(query))
    view.role = _role(actor, role_id)
    _save(view, new=True)
    trail.record(actor, "saved_view.create", _target(view), list=list_name)
    if view.role is not None:
        trail.record(actor, "saved_view.share", _target(view), role=str(view.role.uuid))
    return view


@trail.unit()
def change_view(actor: Actor, view_id: UUID, name: str, role_id: UUID | None) -> SavedView:
    """Give one's own view another name, and show it to another role, or to nobody else.

    A role that it is shared with already may stay, also when the actor has left it.

    Raises:
        NotFound: it is not the actor's; Invalid, Conflict: as ``save_view``.
    """
    text.check_name("name", name, SavedView.MAX_NAME)
    view = _own(actor, view_id)
    was_name, was_role = view.name, view.role
    view.name = name
    if role_id != (was_role.uuid if was_role else None):
        view.role = _role(actor, role_id)
    _save(view)
    if view.name != was_name:
        trail.record(actor, "saved_view.change", _target(view), list=view.list_name)
    if view.role != was_role:
        if view.role is None:
            trail.record(actor, "saved_view.unshare", _target(view))
        else:
            trail.record(actor, "saved_view.share", _target(view), role=str(view.role.uuid))
    return view


@trail.unit()
def delete_view(actor: Actor, view_id: UUID) -> None:
    """Forget one's own view, for whoever it was shared with too. NotFound for those of others."""
    view = _own(actor, view_id)
    target = _target(view)
    view.delete()
    trail.record(actor, "saved_view.delete", target, list=view.list_name)


def _own(actor: Actor, view_id: UUID) -> SavedView:
    found = (
        SavedView.objects.select_for_update(of=("self",))
        .select_related("role")
        .filter(pk=view_id, owner_id=actor.user_id)
        .first()
    )
    if found is None:
        raise NotFound("view")
    return found


def _role(actor: Actor, role_id: UUID | None) -> Role | None:
    if role_id is None:
        return None
    found = saved_views.roles_to_share_with(actor).filter(uuid=role_id).first()
    if found is None:
        raise _invalid("role", "unknown", "is none that you may share with")
    return found


def _encoded(query: Sequence[tuple[str, str]]) -> str:
    if not query:
        raise _invalid("query", "missing", "is required")
    encoded = urlencode(query)
    if len(encoded) > SavedView.MAX_QUERY:
        raise _invalid("query", "range", f"must have at most {SavedView.MAX_QUERY} characters")
    return encoded


def _save(view: SavedView, *, new: bool = False) -> None:
    try:
        with transaction.atomic():
            view.save(force_insert=new)
    except IntegrityError as clash:
        raise Conflict("view", faults=(Fault("name", "duplicate", "is taken"),)) from clash


def _target(view: SavedView) -> Target:
    return Target("saved_view", str(view.pk), view.name)


def _invalid(name: str, code: str, message: str) -> Invalid:
    return Invalid(message=f"{name} {message}.", faults=(Fault(name, code, message),))
