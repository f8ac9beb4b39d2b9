"""Gates before what cannot be undone or unseen: erasing objects, opening tokens, running actions.

The capability was found before. No transaction may be open: an answer may take seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from collections_app import catalog
from collections_app.events import ACTION_APPROVAL, DETOKENIZE_APPROVAL, OBJECT_DELETE_APPROVAL
from collections_app.rows import read
from collections_app.schema.compiled import CollectionSchema
from vaultportal.events import gates
from vaultportal.events.gates import Question
from vaultportal.identity.actor import Actor
from vaultportal.trail import Target

DELETE = "object.delete"
DETOKENIZE = "token.detokenize"
INVOKE = "action.invoke"


def before_delete(
    actor: Actor, collection: str, object_ids: Sequence[UUID]
) -> Mapping[UUID, int] | None:
    """Return when nobody has to be asked before these objects are erased, or they allow it.

    One object is asked for by itself, many as one question about their collection. A gate may name
    the collection or any of the objects.

    Returns the versions that were allowed to go, None where nobody was asked: the caller erases no
    other version, since nobody has said yes to that.

    Raises:
        Pending, Forbidden, Unavailable: as ``vaultportal.events.gates.ask``.
    """
    if OBJECT_DELETE_APPROVAL.id not in actor.gated or not object_ids:
        return None
    schema = _schema(collection)
    ids = sorted(str(object_id) for object_id in object_ids)
    versions = read.versions(schema.id, object_ids)
    target = Target("collection", str(schema.id), schema.name)
    path = schema.name
    request: dict[str, Any] = {"ids": ids}
    if len(ids) == 1:
        path = f"{schema.name}/{ids[0]}"
        target = Target("object", ids[0], path, versions.get(object_ids[0]))
    else:
        request["versions"] = [versions.get(UUID(one)) for one in ids]
    allowances = gates.ask(
        actor,
        Question(
            OBJECT_DELETE_APPROVAL,
            DELETE,
            target,
            places=(("collection", str(schema.id)), *(("object", one) for one in ids)),
            payload={"vault": _vault(schema), "path": path, "reason": actor.reason},
            request=request,
        ),
    )
    return versions if allowances else None


def may_stand_before_delete(actor: Actor, schema: CollectionSchema) -> bool:
    """Whether somebody may have to be asked before objects of this collection are erased.

    Gates that name other collections alone do not count. Those that name objects do: nobody looks
    whose they are.
    """
    place = ("collection", str(schema.id))
    return gates.may_stand(actor, OBJECT_DELETE_APPROVAL, DELETE, place)


def before_purge(actor: Actor, collection: str) -> None:
    """The same before a collection goes with all its objects."""
    if OBJECT_DELETE_APPROVAL.id not in actor.gated:
        return
    schema = _schema(collection)
    gates.ask(
        actor,
        Question(
            OBJECT_DELETE_APPROVAL,
            DELETE,
            Target("collection", str(schema.id), schema.name),
            payload={"vault": _vault(schema), "path": schema.name, "reason": actor.reason},
            request={"all": True},
        ),
    )


def before_detokenize(actor: Actor, collection: str, request: Mapping[str, Any]) -> None:
    """Return when nobody has to be asked before these tokens are opened, or they allow it.

    request: everything that says which tokens and which of their properties.

    Raises:
        Pending, Forbidden, Unavailable: as ``vaultportal.events.gates.ask``.
    """
    if DETOKENIZE_APPROVAL.id not in actor.gated:
        return
    schema = _schema(collection)
    gates.ask(
        actor,
        Question(
            DETOKENIZE_APPROVAL,
            DETOKENIZE,
            Target("collection", str(schema.id), schema.name),
            payload={"vault": _vault(schema), "reason": actor.reason},
            request=request,
        ),
    )


def may_stand_before_detokenize(actor: Actor, schema: CollectionSchema) -> bool:
    """Whether somebody may have to be asked before tokens of this collection are opened."""
    place = ("collection", str(schema.id))
    return gates.may_stand(actor, DETOKENIZE_APPROVAL, DETOKENIZE, place)


def before_action(actor: Actor, action_id: str, name: str, request: Mapping[str, Any]) -> None:
    """Return when nobody has to be asked before this action runs, or they allow it.

    request: its whole input, to which the decision is bound and which nobody is shown.

    Raises:
        Pending, Forbidden, Unavailable: as ``vaultportal.events.gates.ask``.
    """
    gates.ask(
        actor,
        Question(
            ACTION_APPROVAL,
            INVOKE,
            Target("action", action_id, name),
            payload={"action": name, "targets": [], "reason": actor.reason},
            request=request,
        ),
    )


def _schema(collection: str) -> CollectionSchema:
    return catalog.current().collections.get(collection) or catalog.known(collection)


def _vault(schema: CollectionSchema) -> dict[str, str]:
    return {"id": str(schema.id), "name": schema.name}
