"""What governing pages say beyond the lists: what changed, who reads, which keys, whose way."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests import factories
from tests.vaultportal.ui.conftest import sign_in
from tests.vaultportal.ui.test_govern_edges import READ, half_manager
from vaultportal.audit import reads
from vaultportal.audit.models import AuditEntry
from vaultportal.audit.selectors import first_id
from vaultportal.crypto.models import KeyJob
from vaultportal.directory.difference import Difference
from vaultportal.directory.permissions import (
    ApiClientPermission,
    RolePermission,
    SettingPermission,
    UserPermission,
)
from vaultportal.directory.services import clients, memberships, roles
from vaultportal.directory.services.memberships import Given
from vaultportal.directory.services.roles import RoleFields
from vaultportal.directory.tasks import rotate_keys
from vaultportal.identity.models import ApiClient, User

pytestmark = pytest.mark.django_db


def text_of(browser: Client, path: str, status: int = 200) -> str:
    answer = browser.get(path)
    assert answer.status_code == status, answer.content[:2000]
    return answer.content.decode()


def place_of(action: str) -> str:
    entry = AuditEntry.objects.filter(action=action).latest("id")
    return f"/audit/{entry.shard}-{entry.seq}/"


def test_an_entry_shows_what_a_role_gained_and_lost(admin: Client) -> None:
    actor = factories.as_admin()
    role = roles.create_role(
        actor, RoleFields("clerks", rights=frozenset({"identity.view_user", "identity.add_user"}))
    )
    roles.change_role(
        actor, role.uuid, RoleFields("desk", rights=frozenset({"identity.view_user"}))
    )

    shown = text_of(admin, place_of("role.change"))

    assert "<del>identity.add_user</del>" in shown
    assert "<ins>" not in shown
    assert "clerks" in shown
    assert "<ins>identity.add_user</ins>" in text_of(admin, place_of("role.create"))


def test_an_entry_shows_which_roles_somebody_got_and_lost(admin: Client) -> None:
    actor, person = factories.as_admin(), factories.make_person()
    old, new = factories.make_role(members=[person]), factories.make_role()
    memberships.set_roles(actor, person.pk, [Given(new.uuid)])

    shown = text_of(admin, place_of("user.set_roles"))

    assert f"<del>{old.name}</del>" in shown
    assert f"<ins>{new.name}</ins>" in shown


def test_more_rights_than_an_entry_holds_are_counted() -> None:
    detail = Difference.of([], [f"right {number}" for number in range(150)]).detail()

    assert len(detail["gained"]) == 100
    assert detail["gained_in_all"] == 150


def test_the_histogram_can_be_dragged_over_and_its_edges_are_times(admin: Client) -> None:
    answer = admin.get("/audit/?outcome=success")

    edges = answer.context["brush"].edges.split(" ")
    assert len(edges) == 41
    assert answer.context["brush"].query == "outcome=success"
    chosen = admin.get(f"/audit/?outcome=success&since={edges[0]}&until={edges[-1]}")
    assert chosen.context["histogram"].total == answer.context["histogram"].total
    assert "<time-brush" in answer.content.decode()


def test_reads_of_thirty_days_stand_beside_people(admin: Client) -> None:
    person = factories.make_person(username=factories.unique("reader"))
    now = timezone.now()
    with connection.cursor() as cursor:
        for place, age in enumerate((0, 29, 31)):
            cursor.execute(
                READ.replace("gen_random_uuid()", "%s"),
                [
                    str(first_id(now - timedelta(days=age))),
                    2_000_000 + place,
                    now - timedelta(days=age),
                    person.pk,
                ],
            )

    listed = admin.get(f"/access/people/?q={person.username}")

    assert [found for _, _, found in listed.context["lines"]] == [2]
    assert admin.get(f"/access/people/{person.pk}/").context["reads"] == 2
    assert reads.count_of([], now) == {}
    half = half_manager(UserPermission.VIEW)
    assert "Reads, 30 days" not in text_of(half, f"/access/people/?q={person.username}")
    assert half.get(f"/access/people/{person.pk}/").context["reads"] is None


def test_a_program_is_held_to_its_addresses(admin: Client) -> None:
    made = clients.create_client(factories.as_admin(), factories.unique("fixed"))
    place = f"/access/clients/{made.pk}/"

    wrong = admin.post(place, {"action": "networks", "networks": "10.0.0.0/8\nhome"})
    assert wrong.status_code == 422
    assert "This is not in the right form." in wrong.content.decode()
    assert admin.post(place, {"action": "networks", "networks": "10.0.0.0/8"}).status_code == 302

    assert User.objects.get(pk=made.pk).networks == ["10.0.0.0/8"]
    assert "10.0.0.0/8" in text_of(admin, place)
    half = half_manager(ApiClientPermission.VIEW)
    assert half.post(place, {"action": "networks", "networks": ""}).status_code == 403
    assert User.objects.get(pk=made.pk).networks == ["10.0.0.0/8"]


def test_a_secret_is_rotated_with_an_overlap(admin: Client, administrator: User) -> None:
    made = clients.create_client(factories.as_admin(), factories.unique("slow"))
    place, old = f"/access/clients/{made.pk}/rotate/", made.secret
    assert "opens for one more day" in text_of(admin, place)
    assert admin.post(place, {"overlap": "99999999"}).status_code == 422
    old_proof = sign_in(administrator, proved=False)
    assert old_proof.post(place, {"overlap": "0"}).status_code in (302, 401)
    assert ApiClient.objects.get(pk=made.pk).secret == old

    new = admin.post(place, {"overlap": "86400"}).context["values"][1][1]

    assert clients.verified(str(made.pk), old) is not None
    assert clients.verified(str(made.pk), new) is not None
    assert "Old secret opens until" in text_of(admin, f"/access/clients/{made.pk}/")


def test_a_programs_key_always_ends(admin: Client) -> None:
    made = clients.create_client(factories.as_admin(), factories.unique("ends"))
    sent = {"action": "issue", "label": "x", "lifetime": "", "reach": "all"}

    assert admin.post(f"/access/clients/{made.pk}/", sent).status_code == 422


def test_an_explanation_leads_to_where_it_is_decided(admin: Client) -> None:
    person = factories.make_person()
    role = factories.make_role(permissions=[RolePermission.VIEW])

    answer = admin.get(
        "/access/explain/", {"actor": str(person.pk), "permission": "identity.view_role"}
    )

    shown = answer.content.decode()
    assert (role.name, f"/access/roles/{role.uuid}/") in answer.context["helping"]
    assert f'href="/access/people/{person.pk}/"' in shown
    own = sign_in(person).get("/access/explain/?permission=identity.view_role")
    assert all(not link for _, link in own.context["helping"])
    assert "/me/keys/" in [link for _, _, link in own.context["steps"]]


def test_keys_are_rotated_by_a_job_that_is_asked_for_once(
    admin: Client, administrator: User
) -> None:
    place = "/settings/keys/rotate/data/"
    assert "Make new data keys" in text_of(admin, place)
    assert sign_in(administrator, proved=False).post(place).status_code in (302, 401)
    assert not KeyJob.objects.exists()

    assert admin.post(place)["Location"] == "/settings/?tab=keys"
    admin.post("/settings/keys/rotate/root/")

    job = KeyJob.objects.get()
    assert (job.kind, job.asked_name) == ("data", administrator.username)
    shown = text_of(admin, "/settings/?tab=keys")
    assert 'hx-get="/settings/keys/"' in shown
    assert "/settings/keys/rotate/" not in shown
    part = admin.get("/settings/keys/", headers={"HX-Request": "true"}).content.decode()
    assert "running" in part
    KeyJob.objects.update(state="broken", found=2, broken=[str(uuid4())])
    assert "2 do not open" in text_of(admin, "/settings/?tab=keys")


def test_the_end_of_a_rotation_is_in_the_trail() -> None:
    # Cut off too often: it ends before it touches a key.
    job = KeyJob.objects.create(kind="data", asked_by=uuid4(), asked_name="ada", tries=5)

    rotate_keys(str(job.pk))
    rotate_keys(str(job.pk))

    job.refresh_from_db()
    assert job.state == KeyJob.State.FAILED
    (entry,) = AuditEntry.objects.filter(action="key.rotated", target_id=str(job.pk))
    assert entry.outcome == "failure"


def test_keys_are_the_business_of_few(stranger: Client) -> None:
    for path in ("/settings/keys/", "/settings/keys/rotate/root/"):
        assert stranger.get(path).status_code == 403
        assert stranger.post(path).status_code in (403, 405)
    half = half_manager(SettingPermission.VIEW)
    assert "Rotations" not in text_of(half, "/settings/?tab=keys")
    assert not KeyJob.objects.exists()


def test_there_are_two_kinds_of_rotation(admin: Client) -> None:
    assert admin.post("/settings/keys/rotate/all/").status_code == 404
    assert admin.get("/settings/keys/").status_code == 302
