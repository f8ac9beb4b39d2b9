"""The pages of one secret: what each may see and do there, and what stays hidden."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from secrets_app.models import Checkout, Secret, SecretRoleGrant, SecretUserGrant, SecretVersion
from secrets_app.payload import Payload
from secrets_app.records import Ref
from secrets_app.services import fieldwise, secrets
from secrets_app.ui.grid import grid_of
from tests.factories import (
    as_admin,
    as_member,
    as_owner,
    as_stranger,
    make_client,
    make_person,
    make_role,
    member_of,
    unique,
)
from tests.secrets_app.factories import CANARY, make_personal, make_shared, ref
from tests.secrets_app.ui.conftest import HTMX, SignIn
from vaultportal.audit.models import AuditEntry
from vaultportal.errors import Pending

pytestmark = pytest.mark.django_db
WHY = {"reason": "Debugging", "note": "", "seconds": "30", "purpose": "reveal"}


def text(response: Any) -> str:
    page: str = response.content.decode()
    return page


def reads(secret_id: Any) -> list[str]:
    rows = AuditEntry.objects.filter(target_id=str(secret_id), action="secret.read").order_by("id")
    return [row.document["custom"] for row in rows]


def test_every_tab_is_there_without_a_value(
    sign_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    role = make_role()
    member = as_member(role)
    made = make_shared(readers=(role,), writers=(role,))
    secrets.replace_secret(member, ref(made), payload=Payload.of({"user": "ci", "new": CANARY}))
    client = sign_in(member)
    client.get(f"/secrets/{made.id}/")

    for tab in ("", "versions", "activity", "use"):
        with django_assert_max_num_queries(22):
            page = text(client.get(f"/secrets/{made.id}/?tab={tab}"))
        assert CANARY not in page
    versions = text(client.get(f"/secrets/{made.id}/?tab=versions"))
    assert "<code>new</code>" in versions and "Added" in versions and "Removed" in versions
    use = text(client.get(f"/secrets/{made.id}/?tab=use"))
    assert f"/api/v1/secrets/{made.id}/data" in use and "ExternalSecret" in use


def test_who_may_not_know_gets_the_same_page_for_all_addresses(sign_in: SignIn) -> None:
    made = make_shared()
    stranger = sign_in(as_stranger())
    below = ("", "reveal/?field=0", "reveal-all/?field=all", "edit/", "settings/", "share/")
    further = ("readers/", "links/", "checkout/", "versions/1/", "versions/1/restore/")

    for path in (*below, *further):
        assert stranger.get(f"/secrets/{made.id}/{path}").status_code == 404, path
    for path in ("grants/", "return/", "take-back/", "delete/", "versions/1/destroy/"):
        answer = stranger.post(f"/secrets/{made.id}/{path}", {"right": "read"})
        assert answer.status_code == 404, path


def test_who_may_view_only_is_told_which_roles_open_it(sign_in: SignIn) -> None:
    role = make_role(name=unique("Payments"))
    made = make_shared(readers=(role,))
    admin = sign_in(as_admin())

    page = text(admin.get(f"/secrets/{made.id}/"))

    assert "You can see that this secret exists, not what it holds" in page and role.name in page
    for path in ("reveal/?field=0", "reveal-all/", "checkout/"):
        assert admin.get(f"/secrets/{made.id}/{path}").status_code == 403, path


def test_all_fields_are_revealed_at_once_with_an_entry_for_each(sign_in: SignIn) -> None:
    owner = as_owner()
    made = make_personal(owner)
    client, place = sign_in(owner), f"/secrets/{made.id}/reveal-all/"

    asked = client.get(f"{place}?field=all", headers=HTMX)
    assert "Why do you need all fields?" in text(asked) and CANARY not in text(asked)
    given = {**WHY, "field": "all", "version": "1"}
    shown = client.post(place, given, headers=HTMX)

    assert CANARY in text(shown) and shown["Cache-Control"] == "no-store"
    assert reads(made.id) == ["reveal field 1", "reveal field 2", "reveal field 3"]
    assert CANARY in text(client.post(place, given))  # without script
    assert client.post(place, {**given, "purpose": "copy"}).status_code == 404
    assert client.post(place, {**given, "version": "9"}).status_code == 409


def test_an_old_proof_is_not_enough(sign_in: SignIn) -> None:
    owner = as_owner()
    made = make_personal(owner)
    client = sign_in(owner, age=3600)

    answer = client.post(f"/secrets/{made.id}/reveal/", {**WHY, "field": "0"}, headers=HTMX)

    assert answer.status_code == 401 and CANARY not in text(answer)
    assert reads(made.id) == []


def test_an_old_version_is_revealed_restored_and_erased(sign_in: SignIn) -> None:
    owner = as_owner()
    made = make_personal(owner, data={"token": CANARY})
    secrets.replace_secret(owner, ref(made), payload=Payload.of({"token": "two"}))
    client, place = sign_in(owner), f"/secrets/{made.id}/versions/1/"

    assert CANARY not in text(client.get(place))
    shown = client.post(f"{place}reveal/", {**WHY, "field": "0"}, headers=HTMX)
    assert CANARY in text(shown) and reads(made.id) == ["reveal field 1"]
    assert "Restore version 1" in text(client.get(f"{place}restore/"))
    client.post(f"{place}restore/")
    assert Secret.objects.get(pk=made.id).version == 3
    client.post(f"{place}destroy/")
    assert SecretVersion.objects.get(secret_id=made.id, number=1).sealed is None
    assert "The data of this version is erased" in text(client.get(place))
    assert client.get(f"/secrets/{made.id}/versions/77/").status_code == 404


def test_a_gate_holds_a_reveal_and_the_row_says_so(
    sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = as_owner()
    made = make_personal(owner)
    place = "/api/v1/approvals/01900000-0000-7000-8000-000000000000"

    def hold(*args: Any, **kwargs: Any) -> None:
        raise Pending(reason="gate.pending", context={"approval": place})

    monkeypatch.setattr("secrets_app.services.approval.approved", hold)
    client, given = sign_in(owner), {**WHY, "field": "0", "version": "1"}

    row = client.post(f"/secrets/{made.id}/reveal/", given, headers=HTMX)
    copied = client.post(f"/secrets/{made.id}/reveal/", {**given, "purpose": "copy"}, headers=HTMX)

    assert row.status_code == 200 and "Waiting for a decision" in text(row)
    assert "every 5000ms" in text(row) and "Debugging" in text(row)
    assert "/access/requests/01900000-0000-7000-8000-000000000000/" in text(row)
    assert copied.status_code == 403 and "Waiting for a decision" in text(copied)
    assert client.post(f"/secrets/{made.id}/reveal/", given).status_code == 403


def test_a_widening_grant_shows_whom_it_adds_before_it_is_saved(sign_in: SignIn) -> None:
    role, owner = make_role(), as_owner()
    for _ in range(3):
        member_of(make_person(), role)
    member_of(make_client(), role)
    made = make_personal(owner)
    client, place = sign_in(owner), f"/secrets/{made.id}/share/"
    given = {"role": str(role.uuid), "rights": ["read", "write"], "until": "hour"}

    asked = client.post(place, given)
    assert "+3 people and 1 API client" in " ".join(text(asked).split())
    assert not SecretRoleGrant.objects.filter(content_object_id=made.id).exists()
    assert client.post(place, {**given, "go": "1"}).status_code == 302

    grants = SecretRoleGrant.objects.filter(content_object_id=made.id)
    assert [grant.valid_until is not None for grant in grants] == [True, True]
    page = " ".join(text(client.get(f"/secrets/{made.id}/")).split())
    assert "4 people and 1 API client can read this now." in page
    readers = text(client.get(f"/secrets/{made.id}/readers/"))
    assert f"The role {role.name} may read it" in readers and "Owns it" in readers


@pytest.mark.parametrize(
    "wrong",
    [
        {"rights": ["read"]},
        {"person": "nobody-at-all", "rights": ["read"]},
        {"role": "none", "rights": ["read"]},
        {"person": "nobody-at-all", "rights": ["own"]},
    ],
)
def test_a_wrong_grant_is_a_form_again(sign_in: SignIn, wrong: dict[str, Any]) -> None:
    owner = as_owner()
    made = make_personal(owner)

    assert sign_in(owner).post(f"/secrets/{made.id}/share/", wrong).status_code == 422


def test_a_person_is_let_in_by_name_taken_out_and_let_in_again(sign_in: SignIn) -> None:
    owner, friend = as_owner(), make_person(email="friend@example.com")
    made = make_personal(owner)
    client = sign_in(owner)
    given = {"person": "FRIEND@example.com", "rights": ["read"], "go": "1"}
    client.post(f"/secrets/{made.id}/share/", given)
    grants = SecretUserGrant.objects.filter(content_object_id=made.id, user=friend)
    assert grants.count() == 1

    cell = {"kind": "user", "holder": str(friend.pk), "right": "read"}
    taken = client.post(f"/secrets/{made.id}/grants/", cell, headers=HTMX)
    assert grants.count() == 0 and 'name="undo"' in text(taken)
    client.post(f"/secrets/{made.id}/grants/", {**cell, "give": "1"}, headers=HTMX)
    assert grants.count() == 1
    assert client.post(f"/secrets/{made.id}/grants/", {**cell, "right": "own"}).status_code == 404
    other = sign_in(as_stranger())
    assert other.post(f"/secrets/{made.id}/grants/", cell).status_code == 404


def test_an_expired_secret_is_renewed(sign_in: SignIn) -> None:
    owner = as_owner()
    made = make_personal(owner, expires_at=timezone.now() - timedelta(days=1))
    client = sign_in(owner)

    page = text(client.get(f"/secrets/{made.id}/"))
    assert "This secret has expired" in page and "Renew" in page
    etag = secrets.find(owner, ref(made), rights=()).info.etag
    moved = unique("moved")
    given = {"name": f"{moved}/here", "kind": "json", "expires_at": "", "etag": etag}
    assert client.post(f"/secrets/{made.id}/settings/", given).status_code == 302
    row = Secret.objects.get(pk=made.id)
    assert (row.name, row.expires_at) == (f"{moved}/here", None)
    stale = client.post(f"/secrets/{made.id}/settings/", given)
    assert stale.status_code == 409 and "Somebody else saved it meanwhile" in text(stale)
    wrong = {**given, "name": "a//b"}
    assert client.post(f"/secrets/{made.id}/settings/", wrong).status_code == 422


def test_a_shared_secret_is_held_waited_for_and_taken_back(sign_in: SignIn) -> None:
    role = make_role()
    one, two, made = as_member(role), as_member(role), make_shared(readers=(role,))
    first, second, admin = sign_in(one), sign_in(two), sign_in(as_admin())
    given = {"reason": "INC-1", "minutes": "60"}

    assert first.post(f"/secrets/{made.id}/checkout/", {"minutes": "60"}).status_code == 422
    first.post(f"/secrets/{made.id}/checkout/", given)
    second.post(f"/secrets/{made.id}/checkout/", given)
    page = text(second.get(f"/secrets/{made.id}/"))
    assert f"Checked out by {one.name}" in page and "1 waits in line" in page
    assert "Leave the line" in page and "has this secret alone" in page
    assert second.post(f"/secrets/{made.id}/checkout/", given).status_code == 422
    assert "Return" in text(first.get(f"/secrets/{made.id}/"))
    admin.post(f"/secrets/{made.id}/take-back/")
    states = Checkout.objects.filter(secret_id=made.id).order_by("id")
    assert [row.state for row in states] == ["forced", "held"]
    second.post(f"/secrets/{made.id}/return/")
    assert second.post(f"/secrets/{made.id}/return/").status_code == 404


def test_a_new_shared_secret_has_fields_of_its_type_and_its_roles(sign_in: SignIn) -> None:
    role, name = make_role(), unique("prod/db")
    admin = sign_in(as_admin())

    filled = text(admin.get("/secrets/new/?folder=prod&kind=database"))
    assert 'value="prod/"' in filled and 'value="password"' in filled
    given = {
        "name": name, "kind": "database", "readers": [str(role.uuid)],
        "name-0": "host", "value-0": "db1", "name-1": "port", "value-1": "5432",
        "name-2": "password", "value-2": CANARY, "name-3": "engine", "value-3": "",
    }  # fmt: skip
    assert admin.post("/secrets/new/", given).status_code == 302
    opened = secrets.read_data(as_member(role), Ref.shared(name))
    assert opened.payload is not None
    assert opened.payload.value == {"host": "db1", "port": 5432, "password": CANARY}
    again = admin.post("/secrets/new/", given)
    assert again.status_code == 422 and "There is a shared secret of this name" in text(again)
    wrong = admin.post("/secrets/new/", {**given, "name": unique("n"), "value-1": "many"})
    assert wrong.status_code == 422 and "do not fit the type" in text(wrong)
    stranger = sign_in(as_stranger())
    assert stranger.get("/secrets/new/").status_code == 403
    assert stranger.post("/secrets/new/", given).status_code == 403


def test_a_right_that_nobody_used_for_long_is_marked(sign_in: SignIn) -> None:
    used, unused, fresh = make_role(), make_role(), make_role()
    owner, reader = as_owner(), as_member(used)
    made = make_personal(owner, readers=(used, unused, fresh))
    secrets.read_data(reader, ref(made))
    old = SecretRoleGrant.objects.filter(group_id__in=[used.pk, unused.pk])
    old.update(created_at=timezone.now() - timedelta(days=91))

    marked = {row.name: row.is_unused for row in grid_of(owner, info_of(owner, made)).rows}
    seen = grid_of(reader, info_of(reader, made)).rows

    assert marked == {owner.name: False, used.name: False, unused.name: True, fresh.name: False}
    assert not any(row.is_unused for row in seen)
    assert "Unused for 90 days" in text(sign_in(owner).get(f"/secrets/{made.id}/"))


def info_of(actor: Any, made: Any) -> Any:
    return fieldwise.outline(actor, ref(made)).info


def test_the_owner_sees_what_others_see(sign_in: SignIn) -> None:
    role, owner = make_role(), as_owner()
    made = make_personal(owner, readers=(role,))

    mine = text(sign_in(owner).get(f"/secrets/{made.id}/"))
    theirs = text(sign_in(as_member(role)).get(f"/secrets/{made.id}/"))

    assert "What others see" in mine and CANARY not in mine
    assert "What others see" not in theirs
