"""Check-out: one holder, a line, returns of every kind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from secrets_app import lifecycle, selectors
from secrets_app.models import Checkout
from secrets_app.services import checkouts, secrets
from tests.factories import (
    actor_of,
    as_admin,
    as_member,
    as_owner,
    as_stranger,
    make_person,
    make_role,
    member_of,
)
from tests.secrets_app.factories import make_personal, make_shared, ref
from vaultportal.errors import Conflict, Forbidden, Invalid, NotFound
from vaultportal.identity.models import Membership

pytestmark = pytest.mark.django_db
State = Checkout.State


def test_one_holds_it_and_the_others_are_refused() -> None:
    role = make_role()
    one, other = as_member(role), as_member(role)
    made = make_shared(readers=(role,))

    held = checkouts.check_out(one, ref(made), reason="Deploy", minutes=30)

    assert held.state == State.HELD
    assert secrets.read_secret(one, ref(made)).payload is not None
    with pytest.raises(Forbidden) as refusal:
        secrets.read_secret(other, ref(made))
    assert refusal.value.reason == "secret.checked_out"
    assert 0 < (refusal.value.retry_after or 0) <= 1800
    assert selectors.get_secret(other, ref(made)).held_by == one.user_id


def test_the_next_in_line_has_it_when_it_is_given_back() -> None:
    role = make_role()
    people = [as_member(role) for _ in range(3)]
    made = make_shared(readers=(role,))
    for actor in people:
        checkouts.check_out(actor, ref(made), reason="Deploy", minutes=30)

    checkouts.check_in(people[1], ref(made))  # leaves the line
    checkouts.check_in(people[0], ref(made))

    states = {row.user_id: row.state for row in checkouts.list_checkouts(people[2], ref(made))}
    assert states == {
        people[0].user_id: State.RETURNED,
        people[1].user_id: State.CANCELLED,
        people[2].user_id: State.HELD,
    }
    assert secrets.read_secret(people[2], ref(made)).payload is not None
    with pytest.raises(NotFound):
        checkouts.check_in(people[0], ref(made))


def test_a_manager_takes_it_back() -> None:
    role = make_role()
    holder, waiting = as_member(role), as_member(role)
    made = make_shared(readers=(role,))
    for actor in (holder, waiting):
        checkouts.check_out(actor, ref(made), reason="Deploy", minutes=30)

    with pytest.raises(Forbidden):
        checkouts.force_return(waiting, ref(made))
    checkouts.force_return(as_admin(), ref(made))

    assert selectors.get_secret(waiting, ref(made)).held_by == waiting.user_id
    checkouts.force_return(as_admin(), ref(made))
    with pytest.raises(NotFound):
        checkouts.force_return(as_admin(), ref(made))


def test_the_worker_returns_what_is_overdue() -> None:
    role = make_role()
    holder, waiting = as_member(role), as_member(role)
    made = make_shared(readers=(role,))
    for actor in (holder, waiting):
        checkouts.check_out(actor, ref(made), reason="Deploy", minutes=30)
    past = datetime.now(UTC) - timedelta(seconds=1)
    Checkout.objects.filter(state=State.HELD).update(ends_at=past)

    assert secrets.read_secret(waiting, ref(made)).payload is not None  # by the clock alone
    assert lifecycle.return_overdue() == 1
    assert lifecycle.return_overdue() == 0

    rows = {row.user_id: row.state for row in Checkout.objects.filter(secret_id=made.id)}
    assert rows == {holder.user_id: State.LAPSED, waiting.user_id: State.HELD}


def test_who_lost_the_right_while_waiting_is_passed_over() -> None:
    role, other = make_role(), make_role()
    leaver = member_of(make_person(), other)
    disabled = member_of(make_person(), role)
    people = [as_member(role), actor_of(leaver), actor_of(disabled), as_member(role)]
    made = make_shared(readers=(role, other))
    for actor in people:
        checkouts.check_out(actor, ref(made), reason="Deploy", minutes=30)
    Membership.objects.filter(user=leaver).delete()
    disabled.is_active = False
    disabled.save()

    checkouts.check_in(people[0], ref(made))

    assert selectors.get_secret(as_admin(), ref(made)).held_by == people[3].user_id


def test_nobody_holds_it_twice() -> None:
    role = make_role()
    one = as_member(role)
    made = make_shared(readers=(role,))
    checkouts.check_out(one, ref(made), reason="Deploy", minutes=30)

    with pytest.raises(Conflict):
        checkouts.check_out(one, ref(made), reason="Deploy", minutes=30)


def test_what_cannot_be_checked_out() -> None:
    role, owner = make_role(), as_owner()
    member = as_member(role)
    writers = make_role()
    expired = make_shared(readers=(role,), expires_at=datetime.now(UTC) - timedelta(seconds=1))
    shared = make_shared(readers=(role,), writers=(writers,))

    with pytest.raises(Conflict):
        checkouts.check_out(owner, ref(make_personal(owner)), reason="x", minutes=1)
    with pytest.raises(Forbidden):
        checkouts.check_out(as_member(writers), ref(shared), reason="x", minutes=1)
    with pytest.raises(Forbidden):
        checkouts.check_out(member, ref(expired), reason="x", minutes=1)
    with pytest.raises(NotFound):
        checkouts.check_out(as_stranger(), ref(shared), reason="x", minutes=1)
    for reason, minutes in (("", 1), ("  ", 1), ("x" * 256, 1), ("x", 0), ("x", 10081)):
        with pytest.raises(Invalid):
            checkouts.check_out(member, ref(shared), reason=reason, minutes=minutes)


def test_a_checked_out_secret_may_be_deleted() -> None:
    role = make_role()
    made = make_shared(readers=(role,))
    checkouts.check_out(as_member(role), ref(made), reason="Deploy", minutes=30)

    secrets.delete_secret(as_admin(), ref(made))

    assert not Checkout.objects.filter(secret_id=made.id).exists()
