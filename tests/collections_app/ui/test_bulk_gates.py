"""Which gates hold a job that erases: those that may mean an object of its collection."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from collections_app.events import OBJECT_DELETE_APPROVAL
from collections_app.models import BulkJob
from tests.collections_app.ui.conftest import Place
from tests.collections_app.ui.test_bulk_jobs import begun, fill, left, work
from tests.factories import actor_of, as_admin, make_role, unique
from triggers_app.gates import rules
from triggers_app.gates.rules import GateFields
from vaultportal.errors import Conflict

pytestmark = pytest.mark.django_db


def gate(**fields: Any) -> None:
    """Somebody is asked before these are erased."""
    given = {"approval": "people", "approvers": (make_role().uuid,), **fields}
    name, trigger = unique("erasing"), OBJECT_DELETE_APPROVAL.id
    rules.add_gate(as_admin(), GateFields(name=name, trigger=trigger, **given))


def test_a_gate_before_another_collection_or_for_others_holds_no_job(place: Place) -> None:
    ids = fill(place, 3)
    gate(objects=(("collection", str(uuid4())), ("collection", str(uuid4()))))
    gate(roles=(make_role().uuid,))
    gate(objects=(("collection", str(place.schema.id)),), enabled=False)
    assert OBJECT_DELETE_APPROVAL.id in actor_of(place.owner).gated

    assert (work(begun(place, "delete", ids)).done, left(ids)) == (3, 0)


@pytest.mark.parametrize(
    "objects",
    [
        (),
        ("collection",),
        ("another", "collection"),
        ("another", "object"),  # nobody looks whose it is
    ],
)
def test_a_gate_that_may_mean_an_object_of_the_collection_holds_its_job(
    place: Place, objects: tuple[str, ...]
) -> None:
    ids = fill(place, 3)
    before = begun(place, "delete", ids)
    named = {
        "collection": ("collection", str(place.schema.id)),
        "another": ("collection", str(uuid4())),
        "object": ("object", str(uuid4())),
    }
    gate(objects=tuple(named[each] for each in objects))

    assert (work(before).failure, left(ids)) == (BulkJob.GATED, 3)
    place.actor = actor_of(place.owner)  # who comes again
    with pytest.raises(Conflict):
        begun(place, "delete", ids)


def test_a_gate_whose_subscriber_might_let_it_pass_holds_the_job(place: Place) -> None:
    ids = fill(place, 3)
    before = begun(place, "delete", ids)
    gate(approval="subscriber", approvers=())  # without a subscription a request would pass

    assert (work(before).failure, left(ids)) == (BulkJob.GATED, 3)
