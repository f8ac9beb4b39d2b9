"""What administrators do in the console: each leaves what the portal's page leaves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from collections_app.models import Collection, CollectionRoleGrant
from collections_app.permissions import Capability
from collections_app.schema.drafts import collection_from_json
from collections_app.services.collections import add_collection
from s3vault_app.models import Machine, StoragePlan, VaultUserGrant
from secrets_app.models import Secret, SecretRoleGrant, SecretUserGrant
from secrets_app.payload import Payload
from secrets_app.services import secrets
from tests import factories
from tests.s3vault_app.ui import rig
from tests.triggers_app.factories import make_subscription
from tests.vaultportal.console.conftest import staff
from tests.vaultportal.ui.conftest import sign_in
from triggers_app.models import Subscription
from vaultportal.audit.models import AuditEntry
from vaultportal.crypto.models import DataKey, KeyJob
from vaultportal.directory.permissions import UserPermission
from vaultportal.identity.models import Membership, Role, User

pytestmark = pytest.mark.django_db


def page(model: type[Model], what: str = "add", row: Model | None = None) -> str:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{what}"
    return reverse(name, args=[row.pk] if row else [])


def send(console: Client, place: str, **changes: Any) -> Any:
    """The form as the browser would send it, with changes; a box that is off is left out."""
    shown = console.get(place)
    assert shown.status_code == 200, shown
    form = shown.context["adminform"].form
    sent: dict[str, Any] = {}
    for name in form.fields:
        value = form[name].value()
        if value is True:
            sent[name] = "on"
        elif value is not None and value is not False:
            sent[name] = value
    sent = {name: value for name, value in (sent | changes).items() if value is not None}
    return console.post(place, sent)


def did(row: Any) -> list[str]:
    """What the trail says was done to it, the latest last."""
    entries = AuditEntry.objects.filter(target_id=str(row)).order_by("id")
    return list(entries.values_list("action", flat=True))


def errors(answer: Any) -> str:
    assert answer.status_code == 200
    return " ".join(str(each) for each in answer.context["errors"])


def test_people_are_made_changed_and_disabled(console: Client) -> None:
    role = factories.make_role()
    answer = send(console, page(User), username="grace", held=[role.pk], is_active="on")
    assert answer.status_code == 302, errors(answer)
    grace = User.objects.get(username="grace")
    assert did(grace.pk) == ["user.create", "user.set_roles"]

    send(console, page(User, "change", grace), full_name="Grace", is_staff="on")
    send(console, page(User, "change", grace), is_active=None)

    grace.refresh_from_db()
    assert (grace.full_name, grace.is_staff, grace.is_active) == ("Grace", True, False)
    assert did(grace.pk)[2:] == ["user.change", "user.set_staff", "user.change", "user.disable"]
    assert console.post(page(User, "delete", grace), {"post": "yes"}).status_code == 302
    assert not User.objects.filter(pk=grace.pk).exists()
    assert did(grace.pk)[-1] == "user.delete"


def test_what_is_refused_leaves_nothing_behind(console: Client) -> None:
    factories.make_person(username="taken")

    assert "is taken" in errors(send(console, page(User), username="Taken"))
    weak = send(console, page(User), username="weak", password="short")

    assert errors(weak)
    assert not User.objects.filter(username="weak").exists()


def test_a_half_made_change_is_none(manager: User) -> None:
    """The account would be made before the roles are refused."""
    role = factories.make_role()
    console = sign_in(manager)
    before = AuditEntry.objects.count()
    role.deleted_at = timezone.now()
    shown = console.get(page(User))
    role.save(update_fields=["deleted_at"])

    answer = console.post(page(User), {"username": "half", "held": [role.pk]})

    assert shown.status_code == 200
    assert errors(answer)
    assert not User.objects.filter(username="half").exists()
    assert AuditEntry.objects.count() == before


def test_roles_are_given_for_a_time_and_stay_so(console: Client) -> None:
    person, role, other = factories.make_person(), factories.make_role(), factories.make_role()
    times = {"valid_until_0": "2999-01-01", "valid_until_1": "00:00:00"}

    answer = send(console, page(Membership), person=person.username, role=role.pk, **times)
    assert answer.status_code == 302, errors(answer)
    given = Membership.objects.get(user=person)
    send(console, page(User, "change", person), held=[role.pk, other.pk])

    given.refresh_from_db()
    assert given.valid_until is not None
    assert Membership.objects.filter(user=person).count() == 2
    console.post(page(Membership, "delete", given), {"post": "yes"})
    assert not Membership.objects.filter(pk=given.pk).exists()
    assert did(person.pk) == ["user.add_role", "user.change", "user.set_roles", "user.remove_role"]
    assert "not found" in errors(send(console, page(Membership), person="nobody", role=role.pk))


def test_the_last_administrator_stays(manager: User, console: Client) -> None:
    User.objects.exclude(pk=manager.pk).update(is_active=False)

    answer = send(console, page(User, "change", manager), is_active=None)

    assert "nobody in charge" in errors(answer)
    gone = console.post(page(User, "delete", manager), {"post": "yes"}, follow=True)
    assert "nobody in charge" in gone.content.decode()
    manager.refresh_from_db()
    assert manager.is_active


def test_roles_are_made_changed_and_retired(console: Client) -> None:
    answer = send(console, page(Role), name="auditors", comment="They look.")
    assert answer.status_code == 302, errors(answer)
    role = Role.objects.get(name="auditors")
    send(console, page(Role, "change", role), comment="They read.")
    console.post(page(Role, "delete", role), {"post": "yes"})

    assert did(role.uuid) == ["role.create", "role.change", "role.retire"]
    assert console.get(page(Role, "history", role))["Location"] == f"/audit/?target={role.uuid}"
    built_in = Role.objects.get(name="privx-user")
    told = console.post(page(Role, "delete", built_in), {"post": "yes"}, follow=True)
    assert "The role is built in." in told.content.decode()


def shared_secret(manager: User) -> Secret:
    draft = secrets.Draft(name=factories.unique("shared"), payload=Payload.of({"k": "v"}))
    made = secrets.create_secret(factories.actor_of(manager), draft)
    return Secret.objects.get(pk=made.id)


def test_the_right_on_a_secret_is_given_and_taken(manager: User, console: Client) -> None:
    secret, person = shared_secret(manager), factories.make_person()
    role = factories.make_role()

    to_person = send(
        console, page(SecretUserGrant), thing=secret.name, person=person.username,
        right="read_secret",
    )  # fmt: skip
    to_role = send(
        console, page(SecretRoleGrant), thing=str(secret.pk), role=role.pk, right="write_secret",
    )  # fmt: skip

    assert to_person.status_code == 302, errors(to_person)
    assert to_role.status_code == 302, errors(to_role)
    grant = SecretUserGrant.objects.get(user=person, content_object=secret)
    send(console, page(SecretUserGrant, "change", grant), until_0="2999-01-01", until_1="00:00:00")
    grant.refresh_from_db()
    assert grant.valid_until is not None
    past = send(
        console, page(SecretUserGrant, "change", grant), until_0="2001-01-01", until_1="00:00:00"
    )
    assert "must lie in the future" in errors(past)
    told = console.get(page(SecretUserGrant, "changelist")).content.decode()
    assert person.username in told
    assert f"/secrets/{secret.pk}/" in told

    console.post(page(SecretUserGrant, "delete", grant), {"post": "yes"})

    assert not SecretUserGrant.objects.filter(user=person).exists()
    assert did(secret.pk) == ["secret.create", *["secret.update"] * 4]


def test_who_owns_a_secret_is_not_the_consoles_business(console: Client) -> None:
    owner = factories.make_person()
    draft = secrets.Draft(
        name=factories.unique("own"), payload=Payload.of({"k": "v"}), owner_id=owner.pk
    )
    made = secrets.create_secret(factories.actor_of(owner), draft)
    grant = SecretUserGrant.objects.get(user=owner, content_object_id=made.id)

    assert console.post(page(SecretUserGrant, "delete", grant), {"post": "yes"}).status_code == 403
    answer = send(
        console, page(SecretUserGrant), thing=str(made.id), person=owner.username,
        right="read_secret",
    )  # fmt: skip
    assert errors(answer)


def test_the_right_on_a_collection_is_given_and_taken(manager: User, console: Client) -> None:
    properties = [{"name": "email", "data_type_name": "EMAIL", "is_encrypted": True}]
    body = {"name": f"c{uuid4().hex[:12]}", "type": "PERSONS", "properties": properties}
    collection = add_collection(factories.actor_of(manager), collection_from_json(body))
    role = factories.make_role()
    right = Capability.COLLECTIONS_READER.codename

    answer = send(
        console, page(CollectionRoleGrant), thing=collection.name, role=role.pk, right=right
    )

    assert answer.status_code == 302, errors(answer)
    grant = CollectionRoleGrant.objects.get(group_id=role.pk)
    console.post(page(CollectionRoleGrant, "delete", grant), {"post": "yes"})
    row = Collection.objects.get(name=collection.name)
    assert did(row.pk)[-2:] == ["collection.grant", "collection.revoke"]


def test_a_vault_is_opened_and_closed_to_somebody(console: Client) -> None:
    vault, person = rig.vault(), factories.make_person()

    answer = send(
        console, page(VaultUserGrant), thing=vault.name, person=person.username, right="use_vault"
    )

    assert answer.status_code == 302, errors(answer)
    grant = VaultUserGrant.objects.get(user=person, content_object=vault)
    console.post(page(VaultUserGrant, "delete", grant), {"post": "yes"})
    assert not VaultUserGrant.objects.filter(user=person).exists()
    assert did(vault.pk) == ["s3_vault.change"] * 2


def test_plans_are_made_and_changed(console: Client) -> None:
    pool, name = rig.pool(), factories.unique("plan")
    given = {"pool": pool.pk, "lock_mode": "GOVERNANCE", "retention_days": 7, "versioning": "on"}

    answer = send(console, page(StoragePlan), name=name, **given)
    assert answer.status_code == 302, errors(answer)
    plan = StoragePlan.objects.get(name=name)
    send(console, page(StoragePlan, "change", plan), retention_days=8)
    refused = send(console, page(StoragePlan, "change", plan), retention_days=0)

    plan.refresh_from_db()
    assert plan.retention_days == 8
    assert did(plan.pk) == ["s3_plan.create", "s3_plan.change"]
    assert "must be 1 to" in errors(refused)
    assert refused.context["adminform"].form.errors.keys() == {"retention_days"}
    assert "is taken" in errors(send(console, page(StoragePlan), name=name, **given))


def test_client_machines_are_added_and_changed(console: Client) -> None:
    name = factories.unique("db")
    given = {"host": "192.0.2.9", "port": 22, "user": "vault"}

    answer = send(console, page(Machine), name=name, **given)
    assert answer.status_code == 302, errors(answer)
    machine = Machine.objects.get(name=name)
    send(console, page(Machine, "change", machine), host="192.0.2.10")

    assert did(machine.pk) == ["s3_machine.register", "s3_machine.change"]
    for ports in ('["s3"]', "7", '{"s3": "x"}', '{"no": 1}'):
        assert errors(send(console, page(Machine, "change", machine), ports=ports))
    assert "is taken" in errors(send(console, page(Machine), name=name, **given))


def test_subscriptions_are_switched_and_changed(console: Client, settings: Any) -> None:
    settings.TRIGGERS_EGRESS_ALLOW = ["127.0.0.0/8"]
    row = make_subscription(url="https://127.0.0.1/in", enabled=True)
    place = page(Subscription, "change", row)

    off = send(console, place, enabled=None)
    assert off.status_code == 302, errors(off)
    assert not Subscription.objects.get(pk=row.pk).enabled
    send(console, place, enabled="on", name="renamed")

    changed = Subscription.objects.get(pk=row.pk)
    assert (changed.enabled, changed.name) == (True, "renamed")
    assert did(row.pk) == ["subscription.change"] * 2
    refused = send(console, place, filter="$[?(")
    assert refused.context["adminform"].form.errors.keys() == {"filter"}


def test_generations_of_keys_are_asked_for(console: Client) -> None:
    answer = send(console, page(KeyJob), kind="data")

    assert answer.status_code == 302, errors(answer)
    job = KeyJob.objects.get()
    assert did(job.pk) == ["key.rotate"]
    assert "Keys are being rotated" in errors(send(console, page(KeyJob), kind="root"))
    assert console.get(page(KeyJob, "change", job)).status_code == 200


def test_an_old_key_of_secrets_is_ended_and_no_other(manager: User, console: Client) -> None:
    def old(scope: str, version: int = 900) -> DataKey:
        made = DataKey.objects.create(
            scope=scope, version=version, state="decrypt_only", wrapped=b"x", provider="local",
            kek_version=1,
        )  # fmt: skip
        long_ago = timezone.now() - timedelta(hours=2)
        DataKey.objects.filter(pk=made.pk).update(created_at=long_ago)
        return made

    old("secrets:shared", 901)  # what came after it
    secret, portal = old("secrets:shared"), old("portal")

    console.post(page(DataKey, "delete", secret), {"post": "yes"})
    told = console.post(page(DataKey, "delete", portal), {"post": "yes"}, follow=True)

    secret.refresh_from_db()
    portal.refresh_from_db()
    assert (secret.state, portal.state) == ("destroyed", "decrypt_only")
    assert "cannot be counted" in told.content.decode()
    assert did(secret.pk) == ["key.end"]


def test_the_door_asks_for_staff_a_second_factor_and_a_recent_proof() -> None:
    plain = sign_in(staff(factor=False))
    assert plain.get("/admin/identity/user/")["Location"].startswith("/admin/login/")
    old = sign_in(staff(), proved=False)

    answer = old.post(page(User), {"username": "unproved", "is_active": "on"})

    assert answer["Location"] == "/me/prove/?next=%2Fadmin%2Fidentity%2Fuser%2Fadd%2F"
    assert not User.objects.filter(username="unproved").exists()


def test_a_refusal_is_told_and_recorded() -> None:
    person = factories.make_person(is_staff=True)
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={})
    factories.make_role(permissions=[UserPermission.VIEW, UserPermission.ADD], members=[person])
    half = sign_in(person)

    answer = send(half, page(User), username="chief", is_staff="on")

    assert errors(answer)
    assert not User.objects.filter(username="chief").exists()
