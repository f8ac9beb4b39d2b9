"""The tab about backups: what stands there, who may press what, and when the overview complains."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tests import factories
from tests.vaultportal.ui.conftest import sign_in
from vaultportal.directory.permissions import SettingPermission
from vaultportal.identity.models import User
from vaultportal.ops.models import Backup

pytestmark = pytest.mark.django_db
TAB = "/settings/?tab=backup"
PART = "/settings/backup/"
ASKS_AGAIN = f'hx-get="{PART}"'


@pytest.fixture
def place(settings: Settings, tmp_path: Path) -> Path:
    settings.PORTAL_BACKUP_DIR = str(tmp_path)
    return tmp_path


@pytest.fixture
def whole(place: Path) -> Backup:
    return Backup.objects.create(
        state="done",
        place=str(place),
        name="vaultportal-one",
        bytes=5 * 1024 * 1024,
        asked_by=uuid4(),
        asked_name="ada",
    )


def text_of(client: Client, path: str = TAB, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.content[:3000]
    return answer.content.decode()


def test_without_a_folder_it_says_what_to_set(admin: Client) -> None:
    shown = text_of(admin)

    assert "PORTAL_BACKUP_DIR" in shown
    assert "python manage.py backup --to" in shown
    assert "Back up now" not in shown
    assert "S3 vaults" in shown
    assert "root key" in shown
    assert admin.post(PART).status_code == 405
    assert not Backup.objects.exists()


def test_with_a_folder_one_is_asked_for_and_followed(admin: Client, place: Path) -> None:
    assert "Back up now" in text_of(admin)

    answer = admin.post(PART)

    assert (answer.status_code, answer["Location"]) == (302, TAB)
    assert Backup.objects.get().state == "waiting"
    shown = text_of(admin)
    assert ASKS_AGAIN in shown
    assert "Back up now" not in shown
    admin.post(PART)  # pressed twice
    assert Backup.objects.count() == 1
    part = admin.get(PART, headers={"HX-Request": "true"})
    assert "waiting" in part.content.decode()
    assert "<html" not in part.content.decode()
    assert admin.get(PART)["Location"] == TAB


def test_a_whole_one_is_tested_and_says_when(admin: Client, whole: Backup) -> None:
    shown = text_of(admin)
    assert "5.0" in shown
    assert "never" in shown
    assert "Test restore" in shown
    place = f"{PART}{whole.pk}/test/"

    assert admin.post(place).status_code == 302
    admin.post(place)

    whole.refresh_from_db()
    assert whole.test_state == "waiting"
    assert "Test restore" not in text_of(admin)
    Backup.objects.update(test_state="passed", test_detail="212 tables", tested_at=timezone.now())
    assert "212 tables" in text_of(admin)
    assert "restored and readable" in text_of(admin)
    assert ASKS_AGAIN not in text_of(admin)
    assert admin.post(f"{PART}{uuid4()}/test/").status_code == 404
    assert admin.get(place).status_code == 405


def test_a_failure_says_why_and_what_is_gone_is_not_tested(admin: Client, place: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"state": "failed", "detail": "pg_dump failed: <no> space left"},
        {"state": "done", "name": "vaultportal-gone", "gone_at": timezone.now()},
        {"state": "done", "name": "vaultportal-bare", "keys_gone_at": timezone.now()},
    ]
    for fields in rows:
        Backup.objects.create(place=str(place), asked_by=uuid4(), asked_name="ada", **fields)

    shown = text_of(admin)

    assert "pg_dump failed: &lt;no&gt; space left" in shown
    assert "removed" in shown
    assert "with those of a younger one" in shown
    assert "Test restore" not in shown


def test_failures_hide_no_backup_that_is_kept(admin: Client, place: Path, whole: Backup) -> None:
    """A full disk for a day; and of the oldest keys what erasures wait for."""
    oldest = timezone.now() - timedelta(days=20)
    Backup.objects.filter(pk=whole.pk).update(created_at=oldest)
    bare, gone = timezone.now() - timedelta(days=40), timezone.now() - timedelta(days=60)
    states: list[dict[str, Any]] = [
        *[{"state": "failed", "detail": "full"}] * 30,
        {"state": "done", "name": "vaultportal-bare", "keys_gone_at": bare, "created_at": bare},
        {"state": "done", "name": "vaultportal-gone", "gone_at": gone, "created_at": gone},
    ]
    for fields in states:
        Backup.objects.create(place=str(place), asked_by=uuid4(), asked_name="ada", **fields)

    shown = text_of(admin)

    assert "vaultportal-one" in shown
    assert "vaultportal-bare" in shown
    assert "vaultportal-gone" not in shown  # the failures are younger
    assert shown.count("Test restore") == 1
    told = shown[shown.index("the oldest backup that has keys is of") :]
    assert f"{oldest:%Y-%m-%d}" in told[:300]
    assert admin.post(f"{PART}{whole.pk}/test/").status_code == 302
    whole.refresh_from_db()
    assert whole.test_state == "waiting"


def test_who_may_only_look_presses_nothing(whole: Backup, stranger: Client) -> None:
    reader = factories.make_person()
    factories.make_role(permissions=[SettingPermission.VIEW], members=[reader])
    browser = sign_in(reader)

    shown = text_of(browser)

    assert "vaultportal-one" in shown
    assert "Back up now" not in shown
    assert "Test restore" not in shown
    for client in (browser, stranger):
        assert client.post(PART).status_code == 403
        assert client.post(f"{PART}{whole.pk}/test/").status_code == 403
    assert stranger.get(TAB).status_code == 403
    assert stranger.get(PART, headers={"HX-Request": "true"}).status_code == 403
    assert Backup.objects.get().test_state == ""


def test_who_has_not_shown_who_they_are_lately_is_asked(administrator: User, whole: Backup) -> None:
    browser = sign_in(administrator, proved=False)

    for path in (PART, f"{PART}{whole.pk}/test/"):
        answer = browser.post(path)
        assert answer.status_code != 200
        assert answer.get("Location") != TAB
    assert Backup.objects.get().test_state == ""


def test_the_tab_costs_the_same_for_any_number(
    admin: Client, place: Path, django_assert_max_num_queries: Any
) -> None:
    text_of(admin)
    for number in range(30):
        Backup.objects.create(
            state="done", place=str(place), name=f"vaultportal-{number}", asked_by=uuid4()
        )

    with django_assert_max_num_queries(8):
        assert text_of(admin).count("vaultportal-") >= 20


def test_the_overview_says_what_is_amiss(
    admin: Client, stranger: Client, place: Path, settings: Settings
) -> None:
    settings.PORTAL_BACKUP_HOURS = 24
    Backup.objects.create(
        state="failed", place=str(place), detail="The disk is full.", asked_by=uuid4()
    )

    assert "The last backup failed." in text_of(admin, "/")
    assert "The last backup failed." not in text_of(stranger, "/")
