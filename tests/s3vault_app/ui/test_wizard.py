"""The wizard: each step keeps what was chosen, and only the last one makes anything."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from s3vault_app.models import Job, Machine, StoragePlan, Vault, VaultDraft
from s3vault_app.permissions import PlanPermission, VaultPermission
from s3vault_app.ui.views import wizard
from tests.factories import as_admin, make_person, make_role, unique
from tests.s3vault_app.ui import rig
from vaultportal.audit.models import AuditEntry
from vaultportal.identity import access
from vaultportal.identity.models import User

pytestmark = pytest.mark.django_db
NEW = "/storage/vaults/new/"


@pytest.fixture
def user() -> User:
    return rig.administrator()


@pytest.fixture
def admin(user: User) -> Client:
    return rig.browser(user)


@pytest.fixture
def plan() -> StoragePlan:
    return rig.plan()


def text(answer: Any) -> str:
    return str(answer.content.decode())


def begin(client: Client, plan: StoragePlan, name: str) -> Any:
    return client.post(NEW, {"name": name, "plan": plan.number, "go": "on"})


def test_from_the_first_step_to_the_job(admin: Client, user: User, plan: StoragePlan) -> None:
    store, name = rig.endpoint_of(plan.pool), unique("vault")
    role = make_role()

    assert begin(admin, plan, name)["Location"] == f"{NEW}endpoints/"
    chosen = admin.post(f"{NEW}endpoints/", {"machines": [store.number, "x"], "go": "on"})
    assert chosen["Location"] == f"{NEW}owners/"
    owners = {"owners": [user.number], "groups": [role.pk], "go": "on"}
    assert admin.post(f"{NEW}owners/", owners)["Location"] == f"{NEW}review/"
    page = text(admin.get(f"{NEW}review/"))
    assert "Create vault on 1 machine" in page
    assert role.name in page
    assert "/commandcenter/api/V4/CVS3Store" in page
    made = admin.post(f"{NEW}review/", {"go": "create"})

    vault = Vault.objects.get(name=name)
    assert made["Location"] == f"/storage/jobs/{vault.jobs.get().pk}/"
    assert [door.machine for door in vault.endpoints.all()] == [store]
    assert AuditEntry.objects.filter(target_id=str(vault.pk), action="s3_vault.create").exists()
    assert not VaultDraft.objects.filter(user=user).exists()


def test_back_loses_nothing_and_nobody_else_sees_it(admin: Client, plan: StoragePlan) -> None:
    name, store = unique("vault"), rig.endpoint_of(plan.pool)
    begin(admin, plan, name)

    back = admin.post(f"{NEW}endpoints/", {"machines": [store.number], "go": "back"})

    assert back["Location"] == NEW
    assert f'value="{name}"' in text(admin.get(NEW))
    row = text(admin.get(f"{NEW}endpoints/")).split(f'aria-label="{store.name}"')[1]
    assert row.startswith(" checked")
    assert name not in text(rig.browser(rig.administrator()).get(NEW))
    admin.post(f"{NEW}discard/")
    assert name not in text(admin.get(NEW))


@pytest.mark.parametrize("name", ["", "Archive EU", "ab", "192.168.1.1", "vault-portal-x"])
def test_a_name_that_s3_refuses_goes_no_further(
    admin: Client, plan: StoragePlan, name: str
) -> None:
    assert begin(admin, plan, name).status_code == 422
    assert not VaultDraft.objects.exists()


def test_a_taken_name_is_told_while_typing(admin: Client, plan: StoragePlan) -> None:
    taken = rig.vault(plan).name

    told = text(admin.get(NEW, {"part": "name", "name": taken}))
    free = text(admin.get(NEW, {"part": "name", "name": unique("free")}))

    assert "A vault of this name exists." in told
    assert "Free" in free
    assert begin(admin, plan, taken).status_code == 422


def test_a_plan_that_is_not_ones_to_use_cannot_be_chosen(plan: StoragePlan) -> None:
    person = make_person()
    access.grant(as_admin(), person, PlanPermission.USE, plan)
    client, other = rig.browser(person), rig.plan()

    assert plan.name in text(client.get(NEW))
    assert other.name not in text(client.get(NEW))
    assert begin(client, other, unique("vault")).status_code == 422
    assert begin(client, plan, unique("vault")).status_code == 302
    assert client.get(f"{NEW}endpoints/").status_code == 200
    assert "Endpoints are chosen for you" in text(client.get(f"{NEW}endpoints/"))


def test_a_later_step_leads_to_the_first_without_a_plan(admin: Client) -> None:
    for step in ("endpoints", "owners", "review"):
        assert admin.get(f"{NEW}{step}/")["Location"] == NEW


def test_what_changed_meanwhile_is_told_and_kept(admin: Client, plan: StoragePlan) -> None:
    name = unique("vault")
    free = rig.machine(state=Machine.State.READY)
    begin(admin, plan, name)
    admin.post(f"{NEW}endpoints/", {"machines": [free.number]})
    Machine.objects.filter(pk=free.pk).update(state=Machine.State.KEY_CHANGED)

    refused = admin.post(f"{NEW}review/", {"go": "create"})

    assert refused.status_code == 409
    assert "host key of a machine has changed" in text(refused)
    assert not Vault.objects.filter(name=name).exists()
    assert not Job.objects.filter(vault__name=name).exists()
    assert VaultDraft.objects.filter(name=name).exists()


def test_machines_say_why_they_cannot_be_chosen(admin: Client, plan: StoragePlan) -> None:
    begin(admin, plan, unique("vault"))
    rig.endpoint_of(rig.pool())
    new = rig.machine(state=Machine.State.NEW, host_key="")

    page = text(admin.get(f"{NEW}endpoints/"))

    assert "Serves another storage pool" in page
    assert f"/storage/endpoints/{new.number}/host-key/?next={NEW}endpoints/" in page


def test_a_machine_that_an_address_adds_is_ticked_and_kept_by_a_post_alone(
    admin: Client, user: User, plan: StoragePlan
) -> None:
    begin(admin, plan, unique("vault"))
    added, gone = rig.machine(), rig.machine(deleted_at=timezone.now())

    page = text(admin.get(f"{NEW}endpoints/?add={added.number}"))

    row = page.split(f'aria-label="{added.name}"')[1]
    assert row.startswith(" checked")
    assert VaultDraft.objects.get(user=user).machines == []
    given = {"machines": [added.number, gone.number, 999_999_999], "go": "on"}
    admin.post(f"{NEW}endpoints/?add={gone.number}", given)
    assert VaultDraft.objects.get(user=user).machines == [added.number]


def test_a_draft_keeps_only_so_many_machines(
    admin: Client, user: User, plan: StoragePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wizard, "MOST_MACHINES", 2)
    begin(admin, plan, unique("vault"))
    given = [rig.machine().number for _ in range(3)]

    admin.post(f"{NEW}endpoints/", {"machines": given, "go": "on"})

    assert VaultDraft.objects.get(user=user).machines == given[:2]


def test_who_may_make_no_vault_is_refused_at_every_step() -> None:
    client, other = rig.browser(make_person()), make_person(full_name=unique("Mara"))

    for step in ("", "endpoints/", "owners/", "review/"):
        for part in ("", "?part=found", "?part=look", "?part=name&name=abc"):
            assert client.get(f"{NEW}{step}{part}").status_code == 403
            answer = client.post(f"{NEW}{step}{part}", {"owners": [other.number]})
            assert answer.status_code == 403
            assert other.full_name not in text(answer)
    assert not VaultDraft.objects.exists()


def test_numbers_name_nobody_whom_one_may_not_see(plan: StoragePlan) -> None:
    person, other = make_person(full_name=unique("Ana")), make_person(full_name=unique("Mara"))
    access.grant(as_admin(), person, PlanPermission.USE, plan)
    client = rig.browser(person)
    begin(client, plan, unique("vault"))

    url = f"{NEW}owners/?part=found"
    found = text(client.post(url, {"owners": [person.number, other.number]}))
    VaultDraft.objects.filter(user=person).update(owners=[person.number, other.number])
    pages = text(client.get(f"{NEW}owners/")) + text(client.get(f"{NEW}review/"))

    assert person.full_name in found
    assert other.full_name not in found + pages


def test_who_changes_a_vault_sees_its_owners_and_nobody_else(plan: StoragePlan) -> None:
    person, owner, other = make_person(), *(make_person(full_name=unique("Mara")) for _ in "12")
    vault = rig.vault(plan)
    rig.give(person, vault, VaultPermission.CHANGE)
    rig.give(owner, vault)
    client, url = rig.browser(person), f"/storage/vaults/{vault.number}/owners/change/"

    given = {"owners": [owner.number, other.number]}
    pages = text(client.post(f"{url}?part=found", given)), text(client.get(url, given))

    assert [owner.full_name in page for page in pages] == [True, True]
    assert [other.full_name in page for page in pages] == [False, False]


def test_people_are_found_by_name_and_stay_chosen(admin: Client, plan: StoragePlan) -> None:
    begin(admin, plan, unique("vault"))
    wanted = make_person(full_name=unique("Mara"))

    url = f"{NEW}owners/?part=found"
    found = text(admin.post(url, {"q": wanted.full_name, "owners": [wanted.number]}))
    searched = admin.post(f"{NEW}owners/", {"owners": [wanted.number], "go": "search", "q": "z z"})

    assert wanted.full_name in found
    assert searched["Location"] == f"{NEW}owners/?q=z+z"
    assert wanted.full_name in text(admin.get(f"{NEW}owners/?q=zz"))


def test_a_step_that_is_gone_back_to_keeps_the_one_that_is_left(
    admin: Client, user: User, plan: StoragePlan
) -> None:
    """The steps above are buttons of the form: what was ticked is kept on the way."""
    begin(admin, plan, unique("vault"))
    page = text(admin.get(f"{NEW}owners/"))
    assert 'form="step" name="go" value="new_endpoints" formnovalidate' in page

    back = admin.post(f"{NEW}owners/", {"rotate_keys": "1", "go": "new_endpoints"})
    first = admin.post(f"{NEW}review/", {"go": "new"})
    ahead = admin.post(f"{NEW}endpoints/", {"go": "new_review"})

    assert back["Location"] == f"{NEW}endpoints/"
    assert VaultDraft.objects.get(user=user).rotate_keys
    assert first["Location"] == NEW
    assert ahead["Location"] == f"{NEW}owners/", "no step is skipped"
    assert not Vault.objects.exists()
