"""The pictures of the README, with sample data: `make screenshots`; no part of the tests.

pytest takes this file when it is named. The portal that it draws is thrown away: the reads of the
overview are rows beside the chain.
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.portal import Portal
from tests.ui import pages
from tests.ui.browser import TAKE_THEME, Visitor
from tests.ui.conftest import Arrive, in_portal
from vaultportal.runtime.paths import BASE_DIR

FOLDER = BASE_DIR / "docs" / "screenshots"
WINDOW = {"width": 1360, "height": 900}

# A day of reads: more by day than by night, and one hour that stands out.
READS = """
import math
from datetime import timedelta
from django.db import connection
from django.utils import timezone
now = timezone.now()
def put(slot, count, action, reason, body):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_auditentry (id, shard, seq, epoch, at, body, mac, actor_id,"
            " actor_name, action, target_kind, target_id, target_name, outcome, reason, request_id,"
            " address) SELECT gen_random_uuid(), 0, 1000000000 + (random() * 1e15)::bigint, 1,"
            " %s::timestamptz - n * interval '20 seconds', %s, ''::bytea, %s, 'crm-export', %s,"
            " 'collection', 'c', 'customers', 'success', %s, '', '' FROM generate_series(1, %s) n",
            [now - timedelta(hours=slot), body, actor.user_id, action, reason, count])
MASKED, PLAIN = b'{"note":"","custom":"masked"}', b'{"note":"","custom":""}'
for slot in range(24 * 8):
    busy = 1 + math.sin(math.pi * ((now - timedelta(hours=slot)).hour - 6) / 12)
    put(slot, int(30 + 60 * busy), "object.read", "AppFunctionality", MASKED)
    put(slot, int(6 + 18 * busy), "object.read", "AccountManagement", MASKED)
    put(slot, int(2 + 6 * busy), "token.search", "FraudPreventionSecurityAndCompliance", MASKED)
    put(slot, int(3 + 8 * busy), "secret.read", "Deployment", PLAIN)
    put(slot, int(1 + 2 * busy), "secret.read", "Rotation", PLAIN)
put(7, 58, "secret.read", "IncidentResponse", PLAIN)
"""
SECRET = """
from secrets_app.payload import Payload
from secrets_app.services import secrets
shown = {"user": "psp-live", "api_key": "pk-7Qd2-mVx9-Lr41-c0Ty", "webhook_secret": "not shown"}
draft = secrets.Draft(name="prod/payments/psp-live", payload=Payload.of(shown),
                      owner_id=actor.user_id)
things["shown"] = secrets.create_secret(actor, draft).id
"""


@pytest.fixture(scope="module")
def sample(portal: Portal) -> dict[str, str]:
    """People, roles, secrets and reads as the documents speak of them."""
    portal.manage("demo")
    found: dict[str, str] = in_portal(portal, pages.seed(SECRET, READS))
    return found


@pytest.fixture
def visitor(arrive: Arrive, administrator: Any) -> Visitor:
    return arrive(storage_state=administrator, viewport=WINDOW)


def keep(visitor: Visitor, name: str, scheme: str = "light") -> None:
    """What stands in the window, as docs/screenshots/<name>.png."""
    visitor.page.evaluate(TAKE_THEME, scheme)
    FOLDER.mkdir(parents=True, exist_ok=True)
    # Colours that are on their way arrive first.
    visitor.page.screenshot(path=FOLDER / f"{name}.png", animations="disabled")


def test_overview(visitor: Visitor, sample: dict[str, str]) -> None:
    visitor.page.set_viewport_size({"width": 1360, "height": 1130})
    visitor.open("/")
    expect(visitor.page.locator("lane-plot canvas")).to_have_count(2)
    keep(visitor, "overview")


def test_secret(visitor: Visitor, sample: dict[str, str]) -> None:
    visitor.open(f"/secrets/{sample['shown']}/")
    page = visitor.page
    page.get_by_role("link", name="Reveal api_key").click()
    page.get_by_role("dialog").get_by_text("Deployment").click()
    page.get_by_role("dialog").get_by_role("button", name="Reveal").click()
    expect(page.locator("[data-value]")).to_be_visible()
    keep(visitor, "secret")


def test_collection(visitor: Visitor, sample: dict[str, str]) -> None:
    visitor.say_why("AccountManagement")
    visitor.open(f"/collections/{sample['collection']}/")
    keep(visitor, "collection", "dark")


def test_job(visitor: Visitor, sample: dict[str, str]) -> None:
    visitor.open(f"/storage/jobs/{sample['s3_failed']}/")
    keep(visitor, "job", "dark")
