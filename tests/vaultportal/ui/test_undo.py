"""The way back in the notice: what it posts brings back what was, once, for who may do that."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests import factories
from tests.triggers_app.factories import make_subscription
from tests.vaultportal.ui.conftest import sign_in
from vaultportal.audit.models import AuditEntry, LogTarget
from vaultportal.directory.permissions import RolePermission, UserPermission
from vaultportal.directory.services import memberships
from vaultportal.directory.services.memberships import Given
from vaultportal.identity.models import Membership, User
from vaultportal.shipping.services import targets

pytestmark = pytest.mark.django_db
_FORM = re.compile(
    r'<toast-notice[^>]*role="status"[^>]*>.*?<form method="post" action="([^"]+)".*?</form>', re.S
)
_FIELD = re.compile(r'name="([^"]+)" value="([^"]*)"')


def way_back(answer: Any) -> tuple[str, dict[str, str]] | None:
    """Where the notice on this page posts what; None where it offers no way back."""
    found = _FORM.search(answer.content.decode())
    if found is None:
        return None
    fields = {name: unescape(value) for name, value in _FIELD.findall(found[0])}
    fields.pop("csrfmiddlewaretoken")
    return unescape(found[1]), fields


def undone(browser: Client, answer: Any) -> Any:
    """The answer to pressing "Undo"."""
    found = way_back(answer)
    assert found is not None
    return browser.post(*found, follow=True)


def last(action: str) -> AuditEntry | None:
    return AuditEntry.objects.filter(action=action).order_by("-at").first()


def test_a_role_that_was_taken_comes_back_for_the_same_time(admin: Client) -> None:
    person, role = factories.make_person(), factories.make_role()
    start, end = timezone.now() - timedelta(days=1), timezone.now() + timedelta(days=9)
    memberships.add_role(factories.as_admin(), person.pk, Given(role.uuid, start, end))
    page = f"/access/people/{person.pk}/"

    taken = admin.post(page, {"action": "take", "role": str(role.uuid)}, follow=True)
    assert not Membership.objects.filter(user=person).exists()
    back = undone(admin, taken)

    given = Membership.objects.get(user=person)
    assert (given.valid_from, given.valid_until) == (start, end)
    assert last("user.add_role") is not None
    assert way_back(back) is None  # it does not go to and fro
    undone(admin, taken)  # sent twice
    assert Membership.objects.filter(user=person).count() == 1


def test_a_role_that_was_given_goes_again(admin: Client) -> None:
    person, role = factories.make_person(), factories.make_role()
    page = f"/access/people/{person.pk}/"

    given = admin.post(page, {"action": "give", "role": str(role.uuid)}, follow=True)
    assert Membership.objects.filter(user=person).exists()
    undone(admin, given)

    assert not Membership.objects.filter(user=person).exists()


def test_a_role_is_given_back_by_who_may_give_it() -> None:
    person, role = factories.make_person(), factories.make_role()
    held = factories.make_role(permissions=[UserPermission.VIEW, RolePermission.VIEW])
    viewer = sign_in(factories.member_of(factories.make_person(), held))
    page = f"/access/people/{person.pk}/"
    back = {"action": "back", "role": str(role.uuid), "from": "", "until": "", "undo": "1"}

    assert viewer.post(page, back).status_code == 403
    assert not Membership.objects.filter(user=person).exists()


def test_a_bound_that_is_none_gives_nothing_for_good(admin: Client) -> None:
    person, role = factories.make_person(), factories.make_role()
    back = {"action": "back", "role": str(role.uuid), "from": "", "until": "tomorrow"}

    assert admin.post(f"/access/people/{person.pk}/", back).status_code == 404
    assert not Membership.objects.filter(user=person).exists()


def test_a_person_is_switched_off_on_and_off(admin: Client) -> None:
    person = factories.make_person()
    page = f"/access/people/{person.pk}/"

    off = admin.post(f"{page}disable/", follow=True)
    assert not User.objects.get(pk=person.pk).is_active
    undone(admin, off)
    assert User.objects.get(pk=person.pk).is_active

    admin.post(f"{page}disable/", follow=True)
    on = admin.post(page, {"action": "enable"}, follow=True)
    undone(admin, on)
    assert not User.objects.get(pk=person.pk).is_active


def test_a_program_is_switched_off_and_on(admin: Client) -> None:
    program = factories.make_client()
    off = admin.post(f"/access/clients/{program.pk}/", {"action": "disable"}, follow=True)
    assert not User.objects.get(pk=program.pk).is_active

    undone(admin, off)

    assert User.objects.get(pk=program.pk).is_active
    assert last("api_client.enable") is not None


def test_a_failing_subscription_goes_on_without_a_test_when_it_was_on(admin: Client) -> None:
    row = make_subscription()
    row.health.last_failure_at = timezone.now()
    row.health.save()
    url = f"/events/subscriptions/{row.pk}/switch/"

    off = admin.post(url, {"to": "off"}, follow=True)
    row.refresh_from_db()
    assert not row.enabled
    undone(admin, off)

    row.refresh_from_db()
    assert row.enabled


def test_a_log_target_waits_and_goes_on(admin: Client) -> None:
    fields = targets.TargetFields(factories.unique("log"), "syslog-tls", "192.0.43.10:6514")
    target = targets.create_target(factories.as_admin(), fields)
    page = f"/settings/log-shipping/{target.pk}/"

    off = admin.post(page, {"do": "off"}, follow=True)
    assert not LogTarget.objects.get(pk=target.pk).is_enabled
    undone(admin, off)

    assert LogTarget.objects.get(pk=target.pk).is_enabled
