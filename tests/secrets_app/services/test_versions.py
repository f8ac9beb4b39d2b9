"""Versions: read, restore, destroy, kept by count and age; and settings of a secret."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings as DjangoSettings

from secrets_app import lifecycle, selectors
from secrets_app.models import SecretVersion
from secrets_app.payload import Payload
from secrets_app.permissions import SecretPermission
from secrets_app.records import Condition, Written
from secrets_app.services import secrets, versions
from secrets_app.services.settings import Settings, change_settings
from secrets_app.services.sharing import RoleChange
from tests.factories import as_admin, as_member, as_owner, make_role, unique
from tests.secrets_app.factories import make_personal, make_shared, ref
from vaultportal.errors import Conflict, Forbidden, Gone, Invalid, NotFound, Stale
from vaultportal.identity.actor import Actor

pytestmark = pytest.mark.django_db


def write(owner: Actor, made: Written, *numbers: int) -> None:
    for number in numbers:
        secrets.replace_secret(owner, ref(made), payload=Payload.of({"n": number}))


def test_each_write_is_a_version_with_author_time_and_reason() -> None:
    role, owner = make_role(), as_owner()
    writer = as_member(role, reason="Rotation")
    made = make_personal(owner, writers=(role,))
    write(writer, made, 2)

    info, rows = selectors.list_versions(owner, ref(made))

    assert [row.number for row in rows] == [2, 1]
    assert (rows[0].author_id, rows[0].reason) == (writer.user_id, "Rotation")
    assert rows[1].author_id == owner.user_id
    assert info.version == 2


def test_an_old_version_is_read_under_the_rights_of_today() -> None:
    role, owner = make_role(), as_owner()
    reader = as_member(role)
    made = make_personal(owner, data={"n": 1}, readers=(role,))
    write(owner, made, 2)

    opened = versions.read_version(reader, ref(made), 1)

    assert opened.payload is not None
    assert (opened.payload.value, opened.number) == ({"n": 1}, 1)
    secrets.replace_secret(owner, ref(made), read_roles=RoleChange([]))
    with pytest.raises(NotFound):
        versions.read_version(reader, ref(made), 1)


def test_a_manager_sees_that_there_are_versions_and_reads_none() -> None:
    made = make_personal(as_owner())

    _, rows = selectors.list_versions(as_admin(), ref(made))

    assert len(rows) == 1
    with pytest.raises(Forbidden):
        versions.read_version(as_admin(), ref(made), 1)


def test_restoring_writes_a_new_version() -> None:
    owner = as_owner()
    made = make_personal(owner, data={"n": 1})
    write(owner, made, 2)

    written = versions.restore_version(owner, ref(made), 1)

    opened = secrets.read_data(owner, ref(made))
    assert opened.payload is not None
    assert (opened.payload.value, written.version) == ({"n": 1}, 3)
    assert SecretVersion.objects.get(secret_id=made.id, number=3).restored_from == 1


def test_restoring_asks_for_writing_and_for_the_tag() -> None:
    role, owner = make_role(), as_owner()
    made = make_personal(owner, readers=(role,))
    write(owner, made, 2)

    with pytest.raises(Forbidden):
        versions.restore_version(as_member(role), ref(made), 1)
    with pytest.raises(Stale):
        versions.restore_version(
            owner, ref(made), 1, condition=Condition(match=frozenset({made.etag}))
        )
    with pytest.raises(NotFound):
        versions.restore_version(owner, ref(made), 9)


def test_a_destroyed_version_is_gone_and_stays_on_record() -> None:
    owner = as_owner()
    made = make_personal(owner)
    write(owner, made, 2)

    versions.destroy_version(owner, ref(made), 1)

    row = SecretVersion.objects.get(secret_id=made.id, number=1)
    assert (row.sealed, row.outline, row.destroyed_by_id) == (None, None, owner.user_id)
    with pytest.raises(Gone):
        versions.read_version(owner, ref(made), 1)
    with pytest.raises(Gone):
        versions.restore_version(owner, ref(made), 1)
    versions.destroy_version(owner, ref(made), 1)
    with pytest.raises(Conflict):
        versions.destroy_version(owner, ref(made), 2)
    with pytest.raises(NotFound):
        versions.destroy_version(owner, ref(made), 7)
    with pytest.raises(Forbidden):
        versions.destroy_version(as_admin(), ref(made), 1)


def test_old_versions_go_by_age_where_that_is_set(settings: DjangoSettings) -> None:
    owner = as_owner()
    young, old, current = make_personal(owner), make_personal(owner), make_personal(owner)
    for made in (young, old):
        write(owner, made, 2)
    past = datetime.now(UTC) - timedelta(days=10)
    SecretVersion.objects.filter(secret_id__in=[old.id, current.id]).update(created_at=past)
    change_settings(owner, ref(old), Settings(keep_days=20))

    settings.SECRETS_KEEP_DAYS = 7
    assert lifecycle.prune_versions() == 0
    change_settings(owner, ref(old), Settings(keep_days=None))
    assert lifecycle.prune_versions() == 1

    left = SecretVersion.objects.filter(secret_id__in=[young.id, old.id, current.id])
    assert sorted(left.values_list("secret_id", "number")) == sorted(
        [(young.id, 1), (young.id, 2), (old.id, 2), (current.id, 1)]
    )


def test_a_secret_may_keep_fewer_versions_than_the_portal() -> None:
    owner = as_owner()
    made = make_personal(owner)
    change_settings(owner, ref(made), Settings(keep_versions=1))

    write(owner, made, 2, 3)

    assert [row.number for row in selectors.list_versions(owner, ref(made))[1]] == [3]


def test_settings_are_the_owners_business() -> None:
    role, owner = make_role(), as_owner()
    made = make_personal(owner, writers=(role,))
    end = datetime.now(UTC) + timedelta(days=1)

    written = change_settings(owner, ref(made), Settings(name=unique("new"), expires_at=end))

    info = selectors.get_secret(owner, ref(made))
    assert (info.name, info.expires_at, info.etag) == (written.name, end, written.etag)
    for actor in (as_member(role), as_admin()):
        with pytest.raises(Forbidden):
            change_settings(actor, ref(made), Settings(expires_at=None))
    with pytest.raises(Stale):
        condition = Condition(match=frozenset({made.etag}))
        change_settings(owner, ref(made), Settings(expires_at=None), condition=condition)


def test_settings_that_make_no_sense_are_told() -> None:
    owner, name = as_owner(), unique("taken")
    make_personal(owner, name=name)
    made = make_personal(owner, data={"user": "x"})

    for settings in (
        Settings(name=""),
        Settings(keep_versions=0),
        Settings(keep_days=99_999),
        Settings(type="login"),
        Settings(type="no-such"),
    ):
        with pytest.raises(Invalid):
            change_settings(owner, ref(made), settings)
    with pytest.raises(Conflict):
        change_settings(owner, ref(made), Settings(name=name))
    assert selectors.get_secret(owner, ref(made)).revision == 1


def test_a_renamed_secret_is_found_by_its_new_name_alone() -> None:
    admin, old, new = as_admin(), unique("old"), unique("New")
    made = make_shared(admin, name=old)

    change_settings(admin, ref(made), Settings(name=new))

    window = selectors.Window()
    assert selectors.search_secrets(admin, window, keywords=new.lower()).count == 1
    assert selectors.search_secrets(admin, window, keywords=old).count == 0


def test_field_names_are_for_readers() -> None:
    owner = as_owner()
    made = make_personal(owner, data={"user": "x", "password": "y"})

    assert selectors.field_names(owner, ref(made)) == ["user", "password"]
    assert selectors.field_names(as_admin(), ref(made)) == []


def test_the_right_to_add_alone_changes_nothing() -> None:
    made = make_shared()
    adder = as_member(make_role(permissions=[SecretPermission.ADD]))

    with pytest.raises(NotFound):
        change_settings(adder, ref(made), Settings(keep_days=1))
