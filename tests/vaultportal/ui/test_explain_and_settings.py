"""Explaining access by the rule itself; settings and the limits of sessions."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from secrets_app.models import Secret
from secrets_app.payload import Payload
from secrets_app.permissions import SecretPermission
from secrets_app.services import secrets
from tests import factories
from tests.vaultportal.ui.conftest import sign_in
from vaultportal.directory.models import Setting
from vaultportal.identity import access
from vaultportal.identity.models import Session
from vaultportal.ui import settings_tabs

pytestmark = pytest.mark.django_db

READ = "secrets_app.read_secret"


def text_of(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.content[:3000]
    return answer.content.decode()


def shared_secret(name: str) -> Secret:
    owner = factories.as_owner()
    draft = secrets.Draft(name=name, payload=Payload.of({"k": "v"}), owner_id=owner.user_id)
    return Secret.objects.get(pk=secrets.create_secret(owner, draft).id)


def test_a_no_says_which_step_failed_and_what_would_help(admin: Client) -> None:
    secret = shared_secret("explained/no")
    role = factories.make_role(name=factories.unique("payments"))
    access.grant(factories.as_admin(), role, SecretPermission.READ, secret)
    factories.make_person(username="outsider")

    answer = admin.get(f"/access/explain/?actor=outsider&permission={READ}&object={secret.pk}")

    assert answer.status_code == 200
    assert not answer.context["answer"].allowed
    assert role.name in answer.context["answer"].would_help
    assert "What would change it" in answer.content.decode()


def test_a_yes_names_the_role_that_it_comes_through(admin: Client) -> None:
    secret = shared_secret("explained/yes")
    role = factories.make_role(name=factories.unique("payments"))
    access.grant(factories.as_admin(), role, SecretPermission.READ, secret)
    factories.member_of(factories.make_person(username="insider"), role)

    shown = text_of(admin, f"/access/explain/?actor=insider&permission={READ}&object=explained/yes")

    assert f"Granted to the role {role.name}" in shown


def test_a_right_for_all_rows_is_answered_without_an_object(admin: Client) -> None:
    answer = admin.get("/access/explain/?permission=identity.view_user")

    assert answer.context["answer"].allowed


def test_others_ask_about_themselves_and_about_what_they_may_see(stranger: Client) -> None:
    secret = shared_secret("explained/hidden")
    factories.make_person(username="another")

    hidden = stranger.get(f"/access/explain/?permission={READ}&object={secret.pk}")
    none = stranger.get(f"/access/explain/?permission={READ}&object={factories.unique('none')}")
    other = stranger.get("/access/explain/?actor=another&permission=identity.view_user")

    assert (hidden.status_code, none.status_code) == (422, 422)
    assert "answer" not in hidden.context
    assert other.status_code in (403, 422)
    assert stranger.get("/access/explain/?permission=identity.view_user").status_code == 200


def test_a_question_without_sense_is_said_so(admin: Client) -> None:
    assert admin.get("/access/explain/?permission=no.such").status_code == 422


@pytest.mark.parametrize("tab", ["general", "sign-in", "reasons", "retention", "keys", "about"])
def test_each_tab_is_there(admin: Client, tab: str) -> None:
    text_of(admin, f"/settings/?tab={tab}")


def test_there_is_no_other_tab(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_tabs, "TABS", (*settings_tabs.TABS, ("nothing", "Nothing on it")))

    assert admin.get("/settings/?tab=nothing").status_code == 404
    shown = text_of(admin, "/settings/")
    assert "Nothing on it" not in shown
    assert "Reasons and tickets" in shown
    assert admin.get("/settings/?tab=else").status_code == 404


def test_settings_are_saved_reset_and_refused_out_of_range(admin: Client) -> None:
    place = "/settings/?tab=sign-in"
    sent = {"login.throttle": "on", "session.minutes": "240", "session.idle_minutes": "15"}

    admin.post(place, sent)
    assert Setting.objects.get(name="session.idle_minutes").value == 15

    assert admin.post(place, {**sent, "session.minutes": "100000"}).status_code == 422
    assert admin.post(place, {**sent, "session.minutes": "soon"}).status_code == 422
    assert Setting.objects.get(name="session.minutes").value == 240
    admin.post(place, {"reset": "session.idle_minutes"})
    assert not Setting.objects.filter(name="session.idle_minutes").exists()


def test_what_the_environment_decides_is_locked(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_SESSION_IDLE_MINUTES", "7")

    shown = text_of(admin, "/settings/?tab=sign-in")
    sent = {"login.throttle": "on", "session.minutes": "480", "session.idle_minutes": "15"}
    admin.post("/settings/?tab=sign-in", sent)

    assert "PORTAL_SESSION_IDLE_MINUTES" in shown
    assert not Setting.objects.filter(name="session.idle_minutes").exists()


def test_an_idle_browser_is_signed_out_and_a_busy_one_is_not() -> None:
    person = factories.make_person(username=factories.unique("idle"))
    browser = sign_in(person)
    rows = Session.objects.filter(user=person)
    rows.update(last_seen_at=timezone.now() - timedelta(minutes=59))
    assert browser.get("/me/").status_code == 200

    rows.update(last_seen_at=timezone.now() - timedelta(minutes=61))
    assert browser.get("/me/").status_code == 302


def test_an_idle_limit_of_none_keeps_the_browser_signed_in() -> None:
    Setting.objects.create(name="session.idle_minutes", value=0)
    person = factories.make_person(username=factories.unique("idle"))
    browser = sign_in(person)
    Session.objects.filter(user=person).update(last_seen_at=timezone.now() - timedelta(hours=7))

    assert browser.get("/me/").status_code == 200


def test_a_session_ends_after_the_longest_time_however_busy() -> None:
    Setting.objects.create(name="session.minutes", value=30)
    person = factories.make_person(username=factories.unique("long"))

    sign_in(person)

    left = Session.objects.get(user=person).expires_at - timezone.now()
    assert timedelta(minutes=28) < left <= timedelta(minutes=30)
