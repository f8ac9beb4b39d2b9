"""What the services must not do: store what cannot be read, act on old rights, answer riddles."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from secrets_app.models import ImportJob, Secret, SecretType
from secrets_app.payload import Payload
from secrets_app.services import (
    bulk,
    checkouts,
    exports,
    grants,
    imports,
    secrets,
    settings,
    staging,
    versions,
)
from secrets_app.services.grants import Holder
from secrets_app.services.imports import Plan
from secrets_app.services.settings import Settings
from secrets_app.transfer import formats
from secrets_app.transfer.formats import Upload
from tests.factories import actor_of, as_admin, as_member, as_owner, make_role, unique
from tests.secrets_app.factories import CANARY, make_personal, make_shared, ref
from vaultportal.errors import Forbidden, Invalid, NotFound
from vaultportal.identity.models import Membership, User

pytestmark = pytest.mark.django_db
FAR = [datetime(9999, 12, 31, 23, 59, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC)]


@pytest.mark.parametrize("end", FAR)
def test_no_end_is_stored_that_cannot_be_read_back(end: datetime) -> None:
    owner, role = as_owner(), make_role()
    made = make_personal(owner)

    with pytest.raises(Invalid):
        make_personal(owner, expires_at=end)
    with pytest.raises(Invalid):
        settings.change_settings(owner, ref(made), Settings(expires_at=end))
    with pytest.raises(Invalid):
        grants.give(owner, ref(made), Holder("role", role.uuid), "read", valid_until=end)
    chosen = bulk.chosen(owner, [made.id])
    assert isinstance(bulk.expire(owner, chosen, end)[0].refusal, Invalid)


def test_an_import_asks_again_whether_it_may() -> None:
    admin, upload = as_admin(), Upload(json.dumps({unique("kv"): {"a": "b"}}).encode())
    plan = Plan("kv-json", shared=True)
    staged = staging.stage(admin, plan, upload)
    planned = imports.plan_import(admin, plan)
    Membership.objects.filter(user_id=admin.user_id).delete()
    former = actor_of(User.objects.get(pk=admin.user_id))

    with pytest.raises(Forbidden):
        staging.run(former, staged.pk, conflict="skip")
    with pytest.raises(Forbidden):
        imports.run_import(former, planned.pk, upload)

    states = ImportJob.objects.filter(author_id=admin.user_id).order_by("id")
    assert [job.state for job in states] == ["staged", "waiting"]


def test_a_new_type_tells_nothing_to_who_may_not_read() -> None:
    admin, made = as_admin(), make_shared(data={"token": CANARY})

    for kind in ("api-token", "login"):
        with pytest.raises(Forbidden):
            settings.change_settings(admin, ref(made), Settings(type=kind))
    settings.change_settings(admin, ref(made), Settings(type=""))
    reader = make_role()
    typed = make_shared(data={"token": CANARY}, type="api-token", readers=(reader,))
    settings.change_settings(admin, ref(typed), Settings(type=""))

    assert Secret.objects.get(pk=typed.id).type == ""


def test_restoring_tells_nothing_to_who_may_not_read() -> None:
    writer, both = make_role(), make_role()
    kind = SecretType.objects.create(name=unique("kind"), title="Kind", schema={"type": "object"})
    made = make_shared(
        data={"one": CANARY}, type=kind.name, readers=(both,), writers=(writer, both)
    )
    member = as_member(both)
    secrets.replace_secret(member, ref(made), payload=Payload.of({"two": CANARY}))
    SecretType.objects.filter(pk=kind.pk).update(schema={"type": "object", "required": ["two"]})

    with pytest.raises(Invalid):
        versions.restore_version(member, ref(made), 1)
    assert versions.restore_version(as_member(writer), ref(made), 1).version == 3


def test_a_version_number_beyond_the_column_is_not_found() -> None:
    owner = as_owner()
    made = make_personal(owner)

    with pytest.raises(NotFound):
        versions.read_version(owner, ref(made), 2**31)


BITWARDEN: list[Any] = [
    {"type": 1, "login": "x", "name": "a", "fields": [None, 3], "folderId": {}},
    {"type": 1, "login": {"uris": ["x", {"uri": "u"}], "password": "p"}, "collectionIds": [{}]},
    {"type": 5, "sshKey": [], "fields": {"a": 1}, "collectionIds": 7},
    {"type": {}, "card": 3},
]


@pytest.mark.parametrize("item", BITWARDEN)
def test_odd_items_of_bitwarden_are_read_all_the_same(item: Any) -> None:
    document = {"items": [item], "folders": 5, "collections": [{"id": "c"}, 1]}

    assert len(formats.read("bitwarden-json", Upload(json.dumps(document).encode()))) == 1


def test_a_file_with_half_characters_fails_its_job() -> None:
    owner = as_owner()

    with pytest.raises(Invalid):
        staging.stage(owner, Plan("kv-json"), Upload(b'{"a": {"b": "\\ud800"}}'))

    assert ImportJob.objects.get(author_id=owner.user_id).state == "failed"


def test_control_characters_do_not_break_a_preview() -> None:
    owner = as_owner()
    job = staging.stage(owner, Plan("dotenv"), Upload(b"KEY=1\n", title="a\0b"))

    _, rows = staging.preview(owner, job.pk)
    assert [row.name for row in rows] == ["a b"]
    with pytest.raises(Invalid):
        staging.rename(owner, job.pk, {0: "a\0b"}, [])
    with pytest.raises(Invalid):
        imports.plan_import(owner, Plan("dotenv", folder="a\0b"))


def test_a_file_that_nobody_foresaw_fails_its_job(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = as_owner()

    def fail(*args: Any) -> None:
        raise OSError

    monkeypatch.setattr("secrets_app.transfer.formats.read", fail)
    with pytest.raises(OSError):
        staging.stage(owner, Plan("dotenv"), Upload(b"A=1"))

    assert ImportJob.objects.get(author_id=owner.user_id).state == "failed"


def test_an_export_leaves_out_what_somebody_else_holds() -> None:
    role = make_role()
    holder, reader = as_member(role), as_member(role)
    held, free = make_shared(readers=(role,)), make_shared(readers=(role,))
    checkouts.check_out(holder, ref(held), reason="INC-1", minutes=60)

    archive = exports.export_secrets(reader, "a passphrase of length")

    entries = formats.read(
        "keepass",
        Upload(archive, password="a passphrase of length"),
    )
    found = {entry.name for entry in entries}
    assert f"shared/{free.name}" in found and f"shared/{held.name}" not in found
