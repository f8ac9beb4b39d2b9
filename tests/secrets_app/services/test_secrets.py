"""Create, read, replace and delete, at the services' door."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from pytest_django import Settings

from secrets_app import selectors
from secrets_app.models import Secret, SecretRoleGrant, SecretVersion
from secrets_app.payload import Payload
from secrets_app.permissions import SecretPermission
from secrets_app.records import Condition, Ref
from secrets_app.services import secrets
from secrets_app.services.secrets import Draft
from secrets_app.services.sharing import RoleChange
from tests.factories import (
    actor_of,
    as_admin,
    as_member,
    as_owner,
    as_stranger,
    as_superuser,
    make_person,
    make_role,
    unique,
)
from tests.secrets_app.factories import CANARY, DATA, make_personal, make_shared, ref, uuids
from vaultportal.crypto.errors import Tampered
from vaultportal.crypto.models import ObjectKey
from vaultportal.errors import Conflict, Forbidden, Invalid, NotFound, Stale, VaultError
from vaultportal.events.models import Event
from vaultportal.identity.actor import Actor

pytestmark = pytest.mark.django_db


def test_an_owner_reads_what_they_stored() -> None:
    owner = as_owner()
    made = make_personal(owner)

    opened = secrets.read_secret(owner, Ref.personal(owner.user_id, made.name))

    assert opened.payload is not None
    assert opened.payload.value == DATA
    assert CANARY not in repr(opened)


def test_a_role_opens_what_is_granted_to_it() -> None:
    role = make_role()
    made = make_shared(readers=(role,))

    opened = secrets.read_secret(as_member(role), ref(made))

    assert opened.payload is not None
    assert opened.info.read_roles[0].name == role.name


def test_a_stranger_does_not_learn_that_it_exists() -> None:
    made = make_shared()

    with pytest.raises(NotFound):
        secrets.read_secret(as_stranger(), ref(made))


@pytest.mark.parametrize("make_actor", [as_admin, as_superuser])
def test_managers_see_that_it_exists_and_never_its_data(
    make_actor: Callable[[], Actor],
) -> None:
    made = make_personal(as_owner())

    opened = secrets.read_secret(make_actor(), ref(made))

    assert opened.payload is None
    assert opened.info.name == made.name


def test_a_writer_is_no_reader() -> None:
    role = make_role()
    made = make_personal(as_owner(), writers=(role,))

    opened = secrets.read_secret(as_member(role), ref(made))

    assert opened.payload is None


def test_a_credential_without_the_scope_reads_nothing() -> None:
    user = make_person()
    made = make_personal(actor_of(user))

    viewing = secrets.read_secret(actor_of(user, scopes=["secrets_app.view_secret"]), ref(made))
    reading = secrets.read_secret(actor_of(user, scopes=["secrets_app.read_secret"]), ref(made))

    assert viewing.payload is None
    assert reading.payload is not None
    with pytest.raises(NotFound):
        secrets.read_secret(actor_of(user, scopes=["identity.view_user"]), ref(made))
    with pytest.raises(Forbidden):
        make_personal(actor_of(user, scopes=["secrets_app.read_secret"]))


def test_a_name_is_unique_within_a_space_and_free_in_all_others() -> None:
    one, other, name = as_owner(), as_owner(), unique("name")
    make_personal(one, name=name)
    make_personal(other, name=name)
    make_shared(name=name)
    make_personal(one, name=name.upper())

    with pytest.raises(Conflict) as clash:
        make_personal(one, name=name, data={"other": "data"})

    assert clash.value.faults[0].code == "duplicate"
    opened = secrets.read_secret(one, Ref.personal(one.user_id, name))
    assert opened.payload is not None
    assert opened.payload.value == DATA


def test_a_refused_creation_leaves_nothing_behind() -> None:
    owner, name = as_owner(), unique("name")
    role = make_role(deleted_at=datetime.now(UTC))

    for roles in ((role.uuid,), (uuid4(),)):
        with pytest.raises(Invalid) as refusal:
            secrets.create_secret(
                owner, Draft(name, Payload.of(DATA), owner.user_id, write_roles=roles)
            )
        assert [fault.property for fault in refusal.value.faults] == ["write_roles"]

    assert not Secret.objects.filter(name=name).exists()
    assert not Event.objects.filter(payload__name=name).exists()


@pytest.mark.parametrize(
    ("draft", "prop", "code"),
    [
        (Draft("", Payload.of({})), "name", "format"),
        (Draft("a/../b", Payload.of({})), "name", "format"),
        (Draft("n" * 256, Payload.of({})), "name", "range"),
        (Draft("large", Payload.of({"x": "x" * 1024 * 1024})), "data", "range"),
        (Draft("t", Payload.of({}), type="no-such"), "type", "choice"),
        (Draft("t", Payload.of({"password": 1}), type="login"), "data.password", "type"),
        (Draft("t", Payload.of({}), type="login"), "data", "missing"),
    ],
)
def test_what_is_not_acceptable_is_named(draft: Draft, prop: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        secrets.create_secret(as_admin(), draft)

    assert [(fault.property, fault.code) for fault in refusal.value.faults] == [(prop, code)]


def test_somebody_with_the_right_may_create_for_another_person() -> None:
    maker = as_member(make_role(permissions=[SecretPermission.ADD]))
    owner = as_owner()

    made = secrets.create_secret(maker, Draft(unique("gift"), Payload.of(DATA), owner.user_id))

    opened = secrets.read_secret(owner, ref(made))
    assert opened.payload is not None
    assert opened.info.author_id == maker.user_id
    assert opened.info.owner_id == owner.user_id
    with pytest.raises(NotFound):
        secrets.read_secret(maker, ref(made))


def test_nobody_creates_for_somebody_who_does_not_exist() -> None:
    with pytest.raises(Invalid) as refusal:
        secrets.create_secret(as_admin(), Draft("x", Payload.of({}), uuid4()))

    assert refusal.value.faults[0].property == "owner_id"


def test_a_replaced_secret_is_a_new_version() -> None:
    owner = as_owner()
    made = make_personal(owner)

    written = secrets.replace_secret(owner, ref(made), payload=Payload.of({"new": 1}))

    opened = secrets.read_secret(owner, ref(made))
    assert opened.payload is not None
    assert opened.payload.value == {"new": 1}
    assert (written.version, opened.info.version, opened.info.revision) == (2, 2, 2)
    assert opened.info.updated_at > opened.info.created_at
    assert SecretVersion.objects.filter(secret_id=made.id).count() == 2


def test_what_an_update_leaves_out_stays() -> None:
    role, owner = make_role(), as_owner()
    made = make_personal(owner, readers=(role,))

    secrets.replace_secret(owner, ref(made))

    info = selectors.get_secret(owner, ref(made))
    assert [handle.id for handle in info.read_roles] == [role.uuid]
    assert (info.version, info.revision) == (1, 2)


def test_role_lists_keep_the_order_they_were_given_in() -> None:
    roles = [make_role() for _ in range(5)]
    owner = as_owner()
    made = make_personal(owner, readers=tuple(roles))
    turned = [role.uuid for role in reversed(roles)]

    secrets.replace_secret(owner, ref(made), read_roles=RoleChange([*turned, turned[0]]))

    info = selectors.get_secret(owner, ref(made))
    assert [handle.id for handle in info.read_roles] == turned
    assert info.write_roles == []


def test_a_role_that_stays_keeps_the_end_of_its_grant() -> None:
    kept, gone, owner = make_role(), make_role(), as_owner()
    made = make_personal(owner, readers=(kept, gone))
    until = datetime.now(UTC) + timedelta(hours=1)
    SecretRoleGrant.objects.filter(content_object_id=made.id).update(valid_until=until)

    secrets.replace_secret(owner, ref(made), read_roles=RoleChange([kept.uuid]))

    grants = SecretRoleGrant.objects.filter(content_object_id=made.id)
    assert [(grant.group_id, grant.valid_until) for grant in grants] == [(kept.pk, until)]


def test_a_writer_changes_data_and_not_who_may_open_it() -> None:
    writers, others, owner = make_role(), make_role(), as_owner()
    made = make_personal(owner, readers=(others,), writers=(writers,))
    writer = as_member(writers)

    secrets.replace_secret(
        writer,
        ref(made),
        payload=Payload.of({"new": 1}),
        read_roles=RoleChange([], forgiving=True),
        write_roles=RoleChange(uuids(writers)),
    )

    info = selectors.get_secret(owner, ref(made))
    assert [handle.id for handle in info.read_roles] == [others.uuid]
    assert info.updated_by_id == writer.user_id
    assert info.author_id == owner.user_id
    with pytest.raises(Forbidden):
        secrets.replace_secret(writer, ref(made), read_roles=RoleChange([]))


def test_an_owner_who_may_not_share_is_refused_where_the_operator_says_so(
    settings: Settings,
) -> None:
    settings.SECRETS_SHARING_NEEDS_VAULT_ADD = True
    role = make_role()
    adding = as_member(make_role(permissions=[SecretPermission.ADD]))

    make_personal(adding, readers=(role,))
    with pytest.raises(Forbidden):
        make_personal(as_owner(), readers=(role,))


def test_check_and_set_refuses_who_comes_second() -> None:
    owner = as_owner()
    made = make_personal(owner)
    condition = Condition(match=frozenset({made.etag}))

    second = secrets.replace_secret(
        owner, ref(made), payload=Payload.of({"n": 1}), condition=condition
    )
    with pytest.raises(Stale):
        secrets.replace_secret(owner, ref(made), payload=Payload.of({"n": 2}), condition=condition)
    with pytest.raises(Stale):
        secrets.delete_secret(owner, ref(made), condition=condition)
    secrets.delete_secret(owner, ref(made), condition=Condition(match=frozenset({second.etag})))


def test_a_change_of_roles_changes_the_tag() -> None:
    role, owner = make_role(), as_owner()
    made = make_personal(owner)

    written = secrets.replace_secret(owner, ref(made), read_roles=RoleChange(uuids(role)))

    assert written.version == made.version
    assert written.etag != made.etag
    assert selectors.get_secret(owner, ref(made)).etag == written.etag


def test_only_the_newest_versions_are_kept(settings: Settings) -> None:
    settings.SECRETS_KEEP_VERSIONS = 3
    owner = as_owner()
    made = make_personal(owner)

    for number in range(5):
        secrets.replace_secret(owner, ref(made), payload=Payload.of({"n": number}))

    numbers = SecretVersion.objects.filter(secret_id=made.id).values_list("number", flat=True)
    assert sorted(numbers) == [4, 5, 6]


def test_deleting_erases_everything_and_frees_the_name() -> None:
    role, owner, name = make_role(), as_owner(), unique("name")
    made = make_personal(owner, name=name, readers=(role,))

    secrets.delete_secret(owner, ref(made))

    with pytest.raises(NotFound):
        secrets.read_secret(owner, ref(made))
    with pytest.raises(NotFound):
        secrets.delete_secret(owner, ref(made))
    assert not ObjectKey.objects.filter(object_id=made.id).exists()
    for related in Secret._meta.related_objects:
        column = related.field.attname
        assert not related.related_model._base_manager.filter(**{column: made.id}).exists()
    again = make_personal(owner, name=name, data={"other": "data"})
    opened = secrets.read_secret(owner, ref(again))
    assert opened.payload is not None
    assert opened.payload.value == {"other": "data"}


def test_an_expired_secret_refuses_and_stays() -> None:
    owner = as_owner()
    made = make_personal(owner, expires_at=datetime.now(UTC) - timedelta(seconds=1))

    with pytest.raises(Forbidden) as refusal:
        secrets.read_secret(owner, ref(made))

    assert refusal.value.reason == "secret.expired"
    assert selectors.get_secret(owner, ref(made)).is_expired


def test_a_grant_ends_by_itself() -> None:
    role = make_role()
    member = as_member(role)
    made = make_shared(readers=(role,))
    past = datetime.now(UTC) - timedelta(seconds=1)
    SecretRoleGrant.objects.filter(content_object_id=made.id).update(valid_until=past)

    with pytest.raises(NotFound):
        secrets.read_secret(member, ref(made))

    assert selectors.get_secret(as_admin(), ref(made)).read_roles == []


def test_a_ciphertext_opens_in_its_own_row_only() -> None:
    owner = as_owner()
    one, other = make_personal(owner), make_personal(owner)
    foreign = SecretVersion.objects.get(secret_id=other.id)
    SecretVersion.objects.filter(secret_id=one.id).update(sealed=foreign.sealed)

    with pytest.raises(Tampered):
        secrets.read_secret(owner, ref(one))


def test_an_old_version_does_not_open_as_a_newer_one() -> None:
    owner = as_owner()
    made = make_personal(owner)
    first = bytes(SecretVersion.objects.get(secret_id=made.id).sealed or b"")
    secrets.replace_secret(owner, ref(made), payload=Payload.of({"new": 1}))
    SecretVersion.objects.filter(secret_id=made.id, number=2).update(sealed=first)

    with pytest.raises(Tampered):
        secrets.read_secret(owner, ref(made))


def test_the_tables_hold_no_plaintext() -> None:
    owner = as_owner()
    made = make_personal(owner, data={f"field-{CANARY}": CANARY})

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s::text, v::text, k::text FROM secrets_app_secret s"
            " JOIN secrets_app_secretversion v ON v.secret_id = s.id"
            " JOIN crypto_object_key k ON k.object_id = s.id WHERE s.id = %s",
            [made.id],
        )
        row = cursor.fetchone()

    assert row is not None
    assert all(form not in text for text in row for form in (CANARY, CANARY.encode().hex()))


def test_names_that_cannot_exist_are_not_found() -> None:
    owner = as_owner()

    for name in ("a\x00b", "", "..", "x" * 300):
        with pytest.raises(NotFound):
            secrets.read_secret(owner, Ref.personal(owner.user_id, name))


def test_no_refusal_repeats_what_was_sent() -> None:
    owner = as_owner()
    draft = Draft("login", Payload.of({"username": CANARY}), owner.user_id, type="login")

    with pytest.raises(VaultError) as refusal:
        secrets.create_secret(owner, draft)

    assert CANARY not in str(refusal.value)
    assert CANARY not in repr(refusal.value)
