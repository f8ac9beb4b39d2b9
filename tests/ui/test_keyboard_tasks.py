"""The main task of a page by its keys alone: Tab, arrows, Space, Enter and letters.

Tasks that journeys do by keys (secrets, objects, audit, plans, subscriptions, gates, the wizard)
are not here once more.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import FilePayload, expect

from tests.portal import Portal
from tests.ui import pages
from tests.ui.conftest import Arrive, in_portal
from tests.ui.keys import Keys

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

# The request for a decision is of somebody else, and the administrator's to decide.
MORE = """
from uuid import uuid4
from triggers_app.models import Pending
from vaultportal.identity.models import Membership
asked = Pending.objects.filter(pk=things["approval"])
asked.update(actor_id=uuid4(), actor_name="crm-export")
for role in asked.get().gate.approvers.all():
    Membership.objects.get_or_create(user_id=actor.user_id, group_id=role.pk)
"""


FILE: FilePayload = {
    "name": "my.csv",
    "mimeType": "text/csv",
    "buffer": b"name,user,password\nmail,mara,x\n",
}


@dataclass(frozen=True)
class Step:
    """Go there with Tab; then type, and press. leads: to what page."""

    place: str
    text: str = ""
    press: tuple[str, ...] = ()
    leads: str = ""


@dataclass(frozen=True)
class Task:
    """From where, step by step, and what is read at the end.

    key: opens the form from the page; {word} is new for each.
    """

    name: str
    path: str
    steps: tuple[Step, ...]
    says: str
    key: str = ""


def typed(place: str, text: str) -> Step:
    return Step(place, text)


def pressed(place: str, *keys: str) -> Step:
    return Step(place, press=keys or ("Enter",))


SEND = "main form .btn-primary[type=submit]"
TASKS = (
    Task(
        "tokenize",
        "/tokens/?collection={collection}",
        (typed("#id_lines", "{object}"), pressed(SEND)),
        "1 token",
    ),
    Task(
        "import",
        "/secrets/import/",
        (
            pressed("#id_source", "ArrowDown"),
            pressed("#id_content"),
            pressed(SEND),
        ),
        "1 entry",
    ),
    Task(
        "one-time link",
        "/secrets/{secret}/links/",
        (
            typed("#id_passphrase", "blue-otter"),
            pressed(SEND),
        ),
        "Link made",
    ),
    Task(
        "check-out",
        "/secrets/{secret_shared}/checkout/",
        (typed("#id_reason", "Rotation"), pressed(SEND)),
        "Checked out by Administrator",
    ),
    Task(
        "approval",
        "/access/requests/{approval}/",
        (typed("#comment", "Once, for the audit."), pressed('button[value="allow"]')),
        "[Aa]llowed",
    ),
    Task(
        "person",
        "/access/people/",
        (typed("#id_username", "{word}"), pressed(SEND)),
        "Password of {word}",
        key="n",
    ),
    Task(
        "API client",
        "/access/clients/",
        (
            typed("#id_name", "{word}"),
            typed("#id_expires", "01012040"),
            pressed(SEND),
        ),
        "{word}",
        key="n",
    ),
    Task(
        "own API key",
        "/me/keys/",
        (typed("#id_label", "{word}"), pressed(SEND)),
        "I have stored it",
        key="n",
    ),
    Task(
        "explain",
        "/access/explain/",
        (
            typed("#id_actor", "admin@localhost"),
            pressed("#id_permission", "ArrowDown"),
            pressed(SEND),
        ),
        "Can Administrator .*, for all objects",
    ),
    Task(
        "settings",
        "/settings/",
        (
            typed('textarea[name="actions.pci_http_destinations"]', "{word}.example.com"),
            pressed(SEND),
        ),
        "Settings saved.",
    ),
    Task(
        "bundle",
        "/bundles/code/{bundle}/",
        (
            typed("#id_function", "last4"),
            typed("#id_sample", "{sample}"),
            pressed('button[value="try"]'),
        ),
        "Works",
    ),
    Task(
        "host key",
        "/storage/endpoints/{s3_stopped}/",
        (
            Step('.vp-note a[href$="/host-key/"]', press=("Enter",), leads="/host-key/"),
            pressed("#compared", "Space"),
            pressed(SEND),
        ),
        "The host key is accepted.",
    ),
)


@pytest.fixture(scope="module")
def things(portal: Portal) -> dict[str, str]:
    found: dict[str, str] = in_portal(portal, pages.seed(MORE))
    return found


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_a_task_is_done_by_keys(
    task: Task, arrive: Arrive, administrator: Any, things: dict[str, str]
) -> None:
    words = {**things, "word": f"keys-{secrets.token_hex(3)}", "sample": '"4111"'}
    visitor = arrive(storage_state=administrator)
    page = visitor.page
    page.on("filechooser", lambda chooser: chooser.set_files([FILE]))
    keys = Keys(page)
    visitor.open(task.path.format(**words))
    if task.key:
        keys.press(task.key)
        page.wait_for_url("**/new/")
    keys.into_the_page()

    for step in task.steps:
        keys.to(page.locator(step.place))
        keys.type(step.text.format(**words))
        for key in step.press:
            keys.press(key)
        if step.leads:
            page.wait_for_url(f"**{step.leads}")
            keys.into_the_page()

    expect(page.locator("body")).to_contain_text(re.compile(task.says.format(**words)))
    assert visitor.complaints == []
