"""Many at once, references, types, the change feed."""

from __future__ import annotations

from time import monotonic

import pytest
from pytest_django import Settings

from secrets_app import feed, lifecycle, references
from secrets_app.models import SecretChange
from secrets_app.payload import Payload
from secrets_app.permissions import SecretTypePermission
from secrets_app.records import Ref
from secrets_app.services import kinds, reading, secrets
from secrets_app.services.kinds import KindFields
from secrets_app.services.sharing import RoleChange
from tests.factories import as_admin, as_member, as_owner, as_stranger, make_role, unique
from tests.secrets_app.factories import DATA, make_personal, make_shared, ref, uuids
from vaultportal.audit.models import AuditEntry
from vaultportal.errors import Conflict, Forbidden, Gone, Invalid, NotFound
from vaultportal.identity.actor import Actor

pytestmark = pytest.mark.django_db


def test_one_of_many_that_cannot_be_read_does_not_hinder_the_others() -> None:
    owner, role = as_owner(), make_role()
    mine, foreign = make_personal(owner), make_shared()
    viewed = make_shared(writers=(role,))
    member = as_member(role)
    own = make_personal(member)

    refs = [ref(own), ref(foreign), ref(viewed), Ref.shared("no-such"), ref(mine), ref(own)]
    outcomes = reading.read_many(member, refs)

    kinds_of = [outcome.refusal.kind if outcome.refusal else "ok" for outcome in outcomes]
    assert kinds_of == ["ok", "not_found", "forbidden", "not_found", "not_found", "ok"]
    assert outcomes[0].secret is not None
    assert AuditEntry.objects.filter(action="secret.read", target_id=str(own.id)).count() == 2
    assert "canary" not in repr(outcomes)


@pytest.mark.parametrize("many", [0, 101])
def test_a_batch_has_bounds(many: int) -> None:
    with pytest.raises(Invalid):
        reading.read_many(as_stranger(), [Ref.shared("x")] * many)


def test_references_are_replaced_on_request_one_level_deep() -> None:
    owner = as_owner()
    word = unique("ref")
    make_personal(
        owner, name=f"{word}/db", data={"host": "db1", "port": 5432, "next": "${secret:x/y}"}
    )
    role = make_role(members=[])
    data = {
        "url": f"pg://${{secret:{word}/db/host}}:${{secret:{word}/db/port}}/app",
        "port": f"${{secret:{word}/db/port}}",
        "list": [f"${{secret:{word}/db/next}}", 1, None],
        "plain": "${HOME} ${secret:} $x",
    }
    made = make_personal(owner, data=data, readers=(role,))

    resolved = reading.read_resolved(owner, ref(made))

    assert resolved.payload is not None
    assert resolved.payload.value == {
        "url": "pg://db1:5432/app",
        "port": 5432,
        "list": ["${secret:x/y}", 1, None],
        "plain": "${HOME} ${secret:} $x",
    }
    as_it_is = secrets.read_data(owner, ref(made))
    assert as_it_is.payload is not None
    assert as_it_is.payload.value == data


def test_a_reference_opens_only_what_the_reader_may_read() -> None:
    owner, role, word = as_owner(), make_role(), unique("ref")
    target = make_shared(name=word, data={"a": 1})
    made = make_personal(owner, data={"x": f"${{secret:{word}/a}}"}, readers=(role,))
    reader = as_member(role)

    with pytest.raises(Invalid) as refusal:
        reading.read_resolved(reader, ref(made))
    assert word not in str(refusal.value)
    secrets.replace_secret(as_admin(), ref(target), read_roles=RoleChange(uuids(role)))

    resolved = reading.read_resolved(reader, ref(made))

    assert resolved.payload is not None
    assert resolved.payload.value == {"x": 1}
    assert AuditEntry.objects.filter(action="secret.read", target_id=str(target.id)).count() == 1


def test_too_many_references_and_missing_fields_are_told() -> None:
    owner, word = as_owner(), unique("ref")
    make_personal(owner, name=word, data={"a": 1})
    many = {str(n): f"${{secret:{word}/{n}}}" for n in range(references.MAX_REFERENCES + 1)}

    for data in (many, {"x": f"${{secret:{word}/nothing}}"}):
        with pytest.raises(Invalid):
            reading.read_resolved(owner, ref(make_personal(owner, data=data)))


def test_without_references_nothing_is_rewritten() -> None:
    owner = as_owner()

    opened = reading.read_resolved(owner, ref(make_personal(owner)))

    assert opened.payload is not None
    assert opened.payload.value == DATA


def test_an_own_type_is_made_used_and_removed() -> None:
    admin, name = as_admin(), unique("kind")
    schema = {"type": "object", "required": ["pin"], "properties": {"pin": {"pattern": "^[0-9]+$"}}}
    kinds.create_kind(admin, name, KindFields("Kind", schema, ("pin",)))

    made = make_shared(admin, data={"pin": "123"}, type=name)
    for data in ({}, {"pin": "a"}):
        with pytest.raises(Invalid):
            make_shared(admin, data=data, type=name)
    with pytest.raises(Invalid):
        secrets.replace_secret(admin, ref(made), payload=Payload.of({"pin": "x"}))
    with pytest.raises(Conflict):
        kinds.create_kind(admin, name, KindFields("Kind", schema))
    with pytest.raises(Conflict):
        kinds.delete_kind(admin, name)
    kinds.change_kind(admin, name, KindFields("Any", {"type": "object"}))
    secrets.replace_secret(admin, ref(made), payload=Payload.of({"pin": "x"}))
    secrets.delete_secret(admin, ref(made))
    kinds.delete_kind(admin, name)
    with pytest.raises(NotFound):
        kinds.delete_kind(admin, name)


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "http://127.0.0.1:1/x"},
        {"$ref": "file:///etc/passwd"},
        {"$ref": "#/nowhere"},
        {"type": "no-such"},
        {"properties": {"a": {"pattern": "(?=x)"}}},
        {"description": "x" * 70_000},
    ],
)
def test_a_schema_stands_on_its_own(schema: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        kinds.create_kind(as_admin(), unique("kind"), KindFields("Kind", schema))


def test_types_are_made_by_those_who_may() -> None:
    fields = KindFields("Kind", {"type": "object"})
    maker = as_member(make_role(permissions=[SecretTypePermission.ADD]))

    kinds.create_kind(maker, unique("kind"), fields)
    with pytest.raises(Forbidden):
        kinds.create_kind(as_stranger(), unique("kind"), fields)
    for name in ("Upper", "", "a b", "x" * 65):
        with pytest.raises(Invalid):
            kinds.create_kind(maker, name, fields)
    with pytest.raises(Conflict):
        kinds.create_kind(maker, "login", fields)


def told(actor: Actor, cursor: str, count: int) -> feed.Feed:
    """The feed when it has ``count`` changes: any open transaction of the server holds it back."""
    until = monotonic() + 30
    while True:
        page = feed.list_changes(actor, cursor)
        if len(page.changes) >= count or monotonic() > until:
            return page


@pytest.mark.django_db(transaction=True)
def test_the_feed_tells_each_reader_what_concerns_them() -> None:
    owner, role = as_owner(), make_role()
    reader, stranger = as_member(role), as_stranger()
    start = feed.list_changes(owner, feed.NOW).cursor
    made = make_personal(owner, readers=(role,))
    secrets.replace_secret(owner, ref(made), payload=Payload.of({}))
    first = told(reader, start, 2)
    secrets.replace_secret(owner, ref(made), read_roles=RoleChange([]))
    secrets.replace_secret(owner, ref(made), payload=Payload.of({}))
    whole = told(owner, start, 4)
    secrets.delete_secret(owner, ref(made))

    after = told(reader, first.cursor, 1)

    assert [change.kind for change in first.changes] == ["created", "updated"]
    assert first.changes[0].name == made.name
    assert [(change.kind, change.name) for change in after.changes] == [("access", None)]
    assert [change.kind for change in whole.changes] == [
        *("created", "updated", "access", "updated")
    ]
    assert feed.list_changes(stranger, start).changes == []
    for actor in (owner, as_admin()):
        (last,) = told(actor, whole.cursor, 1).changes
        assert (last.kind, last.secret_id) == ("deleted", made.id)


@pytest.mark.django_db(transaction=True)
def test_the_feed_goes_on_where_it_was_cut() -> None:
    owner = as_owner()
    cursor = feed.list_changes(owner, feed.NOW).cursor
    made = [make_personal(owner).id for _ in range(5)]
    told(owner, cursor, 5)

    seen, more = [], True
    while more:
        page = feed.list_changes(owner, cursor, limit=2)
        seen += [change.secret_id for change in page.changes]
        cursor, more = page.cursor, page.more

    assert seen == made


def test_a_cursor_is_one_that_was_given_and_not_too_old(settings: Settings) -> None:
    owner = as_owner()

    for cursor in ("x", "1", "1.2", "1.2.x", "-1.0.0", "9" * 30 + ".0.0"):
        with pytest.raises(Invalid):
            feed.list_changes(owner, cursor)
    with pytest.raises(Gone):
        feed.list_changes(owner, "1.0.1")


def test_old_changes_are_forgotten(settings: Settings) -> None:
    make_personal(as_owner())
    settings.SECRETS_CHANGES_DAYS = 0

    assert lifecycle.prune_changes() >= 1
    assert not SecretChange.objects.exists()
