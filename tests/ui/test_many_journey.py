"""Many rows at once, and the way back in the notice, in a real browser."""

from __future__ import annotations

import re
import secrets
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.portal import Portal
from tests.ui.conftest import Arrive, in_portal

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

PROGRAMS = """
import json
from vaultportal.directory.services import clients
from vaultportal.identity import authentication
from vaultportal.identity.models import User
from vaultportal.identity.models.role import ADMIN
administrator = User.objects.filter(groups__name=ADMIN, kind="person").first()
actor = authentication.user_actor(administrator.pk)
made = [clients.create_client(actor, f"{word} {{n}}", []) for n in range(3)]
print(json.dumps([str(each.pk) for each in made]))
"""


def test_programs_are_switched_off_and_on_again_by_keys_alone(
    portal: Portal, arrive: Arrive, administrator: Any
) -> None:
    word = f"many-{secrets.token_hex(3)}"
    in_portal(portal, PROGRAMS.replace("{word}", word).replace("{{n}}", "{n}"))
    visitor = arrive(storage_state=administrator)
    page = visitor.page
    visitor.open(f"/access/clients/?q={word}")
    bar, notice = page.locator("[data-bulk]"), page.locator("toast-notice")
    expect(bar).to_be_hidden()

    page.get_by_role("checkbox", name=f"Select {word} 0").press("Space")
    page.get_by_role("checkbox", name=f"Select {word} 2").press("Space")
    expect(bar.get_by_role("status")).to_have_text("Selected: 2")
    visitor.check()
    bar.get_by_role("button", name="Disable").press("Enter")

    expect(notice.get_by_text("Disable: done for 2.")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile(f"{word} .*Disabled"))).to_have_count(2)
    visitor.check()
    page.keyboard.press("Control+z")
    expect(notice.get_by_text("Enable: done for 2.")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile(f"{word} .*Disabled"))).to_have_count(0)
    expect(notice.get_by_role("button", name="Undo")).to_have_count(0)


def test_the_notice_stays_while_it_is_used_and_then_goes(
    portal: Portal, arrive: Arrive, administrator: Any
) -> None:
    word = f"notice-{secrets.token_hex(3)}"
    [program, *_] = in_portal(portal, PROGRAMS.replace("{word}", word).replace("{{n}}", "{n}"))
    visitor = arrive(storage_state=administrator)
    page = visitor.page
    page.clock.install()
    visitor.open(f"/access/clients/{program}/")

    page.get_by_role("button", name="Disable").click()
    undo = page.locator("toast-notice").get_by_role("button", name="Undo")
    expect(page.locator("toast-notice[role=status]")).to_contain_text("API client disabled.")
    undo.focus()
    page.clock.run_for(30_000)
    expect(undo).to_be_focused()
    page.get_by_role("button", name="Enable").focus()
    page.clock.run_for(3_000)
    expect(undo).to_have_count(0)


def test_the_way_back_is_a_button_without_script(
    portal: Portal, arrive: Arrive, administrator: Any
) -> None:
    word = f"plain-{secrets.token_hex(3)}"
    [program, *_] = in_portal(portal, PROGRAMS.replace("{word}", word).replace("{{n}}", "{n}"))
    visitor = arrive(storage_state=administrator, java_script_enabled=False)
    page = visitor.page
    page.goto(f"{portal.url}/access/clients/{program}/")

    page.get_by_role("button", name="Disable").click()
    page.get_by_role("button", name="Undo").click()

    expect(page.get_by_text("API client enabled.")).to_be_visible()
