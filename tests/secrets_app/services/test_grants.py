"""Rights one by one, and who can read because of which."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from secrets_app import readers, selectors
from secrets_app.records import Condition
from secrets_app.services import grants, secrets
from secrets_app.services.grants import Holder
from secrets_app.services.sharing import RoleChange
from tests.factories import (
    actor_of,
    as_admin,
    as_member,
    as_owner,
    as_stranger,
    make_client,
    make_person,
    make_role,
    member_of,
)
from tests.secrets_app.factories import make_personal, make_shared, ref
from vaultportal.directory.services import roles
from vaultportal.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from vaultportal.identity.models import Role, User
from vaultportal.identity.models.role import EVERYONE

pytestmark = pytest.mark.django_db


def role_holder(role: Role) -> Holder:
    return Holder("role", role.uuid)


def test_a_person_is_let_in_and_out_again() -> None:
    owner, friend = as_owner(), make_person()
    made = make_personal(owner)
    holder = Holder("user", friend.pk)

    grants.give(owner, ref(made), holder, "read")
    assert secrets.read_secret(actor_of(friend), ref(made)).payload is not None

    grants.take(owner, ref(made), holder, "read")
    with pytest.raises(NotFound):
        secrets.read_secret(actor_of(friend), ref(made))
    with pytest.raises(NotFound):
        grants.take(owner, ref(made), holder, "read")


def test_a_grant_with_an_end_is_a_grant_until_then() -> None:
    owner, role = as_owner(), make_role()
    made = make_personal(owner)
    end = datetime.now(UTC) + timedelta(hours=1)

    grants.give(owner, ref(made), role_holder(role), "read", valid_until=end)

    assert secrets.read_secret(as_member(role), ref(made)).payload is not None
    (own, given) = grants.list_grants(owner, ref(made))
    assert (own.right, given.right, given.valid_until, given.ended) == ("own", "read", end, False)
    assert given.granted_by_id == owner.user_id
    with pytest.raises(Invalid):
        past = datetime.now(UTC) - timedelta(seconds=1)
        grants.give(owner, ref(made), role_holder(role), "read", valid_until=past)


def test_a_new_grant_stands_at_the_end_and_an_old_one_stays_where_it_is() -> None:
    owner, roles = as_owner(), [make_role() for _ in range(3)]
    made = make_personal(owner, readers=tuple(roles[:2]))

    grants.give(owner, ref(made), role_holder(roles[2]), "read")
    grants.give(owner, ref(made), role_holder(roles[0]), "read")

    handles = selectors.get_secret(owner, ref(made)).read_roles
    assert [handle.id for handle in handles] == [role.uuid for role in roles]


def test_who_may_open_it_is_decided_by_owners_and_managers() -> None:
    role, writers, owner = make_role(), make_role(), as_owner()
    personal = make_personal(owner, writers=(writers,))
    shared = make_shared(writers=(writers,))

    grants.give(as_admin(), ref(shared), role_holder(role), "read")
    for actor, made in (
        (as_member(writers), personal),
        (as_member(writers), shared),
        (as_admin(), personal),
    ):
        with pytest.raises(Forbidden):
            grants.give(actor, ref(made), role_holder(role), "read")
    with pytest.raises(NotFound):
        grants.list_grants(as_stranger(), ref(shared))


def test_grants_need_somebody_and_the_right_tag() -> None:
    owner, role = as_owner(), make_role()
    made = make_personal(owner)
    condition = Condition(match=frozenset({made.etag}))

    written = grants.give(owner, ref(made), role_holder(role), "write", condition=condition)

    assert written.etag != made.etag
    with pytest.raises(Stale):
        grants.take(owner, ref(made), role_holder(role), "write", condition=condition)
    with pytest.raises(Invalid):
        grants.give(owner, ref(made), Holder("role", uuid4()), "read")
    role.deleted_at = datetime.now(UTC)
    role.save()
    with pytest.raises(Conflict):
        grants.give(owner, ref(made), role_holder(role), "read")


def test_a_deleted_role_stays_as_a_handle_and_opens_nothing() -> None:
    role, owner = make_role(), as_owner()
    member = as_member(role)
    made = make_personal(owner, readers=(role,))
    name = role.name
    roles.retire_role(as_admin(), role.uuid)

    secrets.replace_secret(owner, ref(made), read_roles=RoleChange([role.uuid]))

    (handle,) = selectors.get_secret(owner, ref(made)).read_roles
    assert (handle.id, handle.deleted, handle.name) == (role.uuid, True, name)
    (_, grant) = grants.list_grants(owner, ref(made))
    assert (grant.deleted, grant.holder_name) == (True, name)
    with pytest.raises(Invalid):
        secrets.replace_secret(owner, ref(made), write_roles=RoleChange([role.uuid]))
    assert member.role_ids  # their next request has other roles; see the identity's own tests


def test_readers_are_told_with_their_reasons() -> None:
    role, owner = make_role(), make_person()
    member, client, friend = make_person(), make_client(), make_person()
    until = datetime.now(UTC) + timedelta(hours=2)
    member_of(member, role)
    member_of(client, role, valid_until=until)
    member_of(make_person(is_active=False), role)
    member_of(make_person(), role, valid_until=datetime.now(UTC) - timedelta(hours=1))
    made = make_personal(actor_of(owner), readers=(role,), writers=(make_role(members=[friend]),))

    found = {row.user_id: row for row in readers.list_readers(actor_of(owner), ref(made))}

    assert found.keys() == {owner.pk, member.pk, client.pk}
    assert (found[owner.pk].grant, found[owner.pk].role_id) == ("own_secret", None)
    assert (found[member.pk].grant, found[member.pk].role_id) == ("read_secret", role.uuid)
    assert (found[client.pk].kind, found[client.pk].until) == (User.Kind.CLIENT, until)


def test_a_grant_to_everybody_is_told_as_such() -> None:
    everyone = Role.objects.get(name=EVERYONE)
    made = make_shared(readers=(everyone,))

    (row,) = readers.list_readers(as_admin(), ref(made))

    assert (row.user_id, row.kind, row.role_id) == (None, "everybody", everyone.uuid)
    assert secrets.read_secret(as_stranger(), ref(made)).payload is not None


def test_who_can_read_is_not_everybodys_business() -> None:
    role = make_role()
    made = make_shared(readers=(role,))

    with pytest.raises(Forbidden):
        readers.list_readers(as_member(role), ref(made))
    with pytest.raises(NotFound):
        readers.list_readings(as_stranger(), ref(made))


def test_who_did_read_comes_from_the_audit() -> None:
    role, owner = make_role(), as_owner()
    reader = as_member(role, reason="Incident", address="192.0.2.7")
    made = make_personal(owner, readers=(role,))
    secrets.read_secret(reader, ref(made))
    secrets.read_secret(owner, ref(made))

    rows = readers.list_readings(owner, ref(made))

    assert [row.user_id for row in rows] == [owner.user_id, reader.user_id]
    assert (rows[1].reason, rows[1].address) == ("Incident", "192.0.2.7")
    assert readers.list_readings(owner, ref(made), before=rows[0].id) == rows[1:]
