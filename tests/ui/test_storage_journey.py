"""A vault from nothing to its end in a real browser, over SSH to a machine with a real engine."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from playwright.sync_api import Page, expect

from tests.portal import Portal
from tests.s3vault_app.engine.lab import free_ports
from tests.s3vault_app.engine.sshd import SshServer, run_sshd, write_private
from tests.ui.conftest import Arrive, in_portal

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(420, func_only=True),
    pytest.mark.xdist_group("browser"),
]

HOST = "127.0.0.1"
LONGEST = 240_000  # milliseconds for an install on a machine that does much else
# Whether what has the focus, or the box around it, has a ring.
FOCUS_SHOWS = """
[document.activeElement, document.activeElement.closest("label")].some((each) => {
  const { outlineStyle, outlineWidth } = each ? getComputedStyle(each) : {};
  return each && outlineStyle !== "none" && parseFloat(outlineWidth) >= 2; })"""


@pytest.fixture
def server() -> Iterator[SshServer]:
    """A machine whose sockets have short paths."""
    with (
        tempfile.TemporaryDirectory(prefix="s3j-") as folder,
        run_sshd(Path(folder) / "sshd", HOST) as running,
    ):
        yield running


@pytest.fixture
def plan(portal: Portal) -> Iterator[dict[str, Any]]:
    """A pool and a plan of the journey's own; what is left on its machines goes with them."""
    name = f"journey-{secrets.token_hex(4)}"
    made = in_portal(
        portal,
        f"""
        import json
        from s3vault_app.services import plans, pools
        from vaultportal.identity import actor as actors
        root = actors.system()
        pool = pools.create_pool(root, pools.PoolFields(name={name!r}))
        fields = plans.PlanFields(
            name={name!r}, pool=pool.number, lock_mode="GOVERNANCE", retention_days=1)
        plan = plans.create_plan(root, fields)
        print(json.dumps({{"pool": pool.number, "number": plan.number, "name": plan.name}}))
        """,
    )
    yield made
    in_portal(
        portal,
        f"""
        from s3vault_app.drivers.hosts.local import LocalHost
        from s3vault_app.engine import places
        from s3vault_app.models import Machine
        for machine in Machine.objects.filter(pool__number={made["pool"]}):
            places.installer(machine, LocalHost()).remove(purge=True)
        print(1)
        """,
    )


def entries(portal: Portal, *names: str) -> list[str]:
    """The actions that were recorded of things with these names, the oldest first."""
    found: list[str] = in_portal(
        portal,
        f"""
        import json
        from vaultportal.audit.models import AuditEntry
        rows = AuditEntry.objects.filter(target_name__in={names!r}).order_by("id")
        print(json.dumps([row.action for row in rows]))
        """,
    )
    return found


def change_host_key(server: SshServer) -> None:
    """The machine shows another key from now on, as one that was installed anew."""
    server.stop()
    key = asyncssh.generate_private_key("ssh-ed25519")
    write_private(server.folder / "host_key", key.export_private_key())
    server.start()


def fingerprint(server: SshServer) -> str:
    """As somebody reads it on the machine."""
    public = asyncssh.read_private_key(server.folder / "host_key").convert_to_public()
    return str(public.get_fingerprint())


def add_machine(page: Page, server: SshServer, name: str) -> None:
    """Fill in the form of a machine; its engine lies beside the SSH server."""
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Host name or IP address").fill(server.host)
    page.get_by_label("SSH port").fill(str(server.port))
    page.get_by_label("SSH user").fill(server.user)
    page.get_by_label("Private key").fill(server.private_key)
    page.get_by_text("Folders, address and ports").click()
    page.get_by_label("Folder for the program").fill(str(server.folder.parent / "vault"))
    labels = {"s3": "the endpoint", "filer": "the filer", "master": "the master"}
    for role, port in free_ports(server.host).items():
        page.get_by_label(f"Port of {labels.get(role, 'the volumes')}").fill(str(port))
    page.get_by_role("button", name="Fetch host key").click()


def accept(page: Page, server: SshServer) -> None:
    """Compare the fingerprint with the machine's, and say so."""
    expect(page.get_by_text(fingerprint(server))).to_be_visible()
    page.get_by_label("The fingerprint matches").check()
    page.get_by_role("button", name="Accept host key").click()


def test_from_the_wizard_to_a_vault_that_was_stopped_by_a_host_key(
    portal: Portal, arrive: Arrive, administrator: Any, server: SshServer, plan: dict[str, Any]
) -> None:
    visitor = arrive(storage_state=administrator)
    page = visitor.page
    name, machine = f"j-{secrets.token_hex(5)}", f"db-{secrets.token_hex(4)}"
    visitor.open("/storage/vaults/")
    press(page, "New vault")
    if page.get_by_role("button", name="Start over").is_visible():  # a draft of before goes on
        press(page, "Start over")
        press(page, "New vault")
    _tab_to(page, "Name of the vault and its bucket")
    page.keyboard.type("Archive EU")
    expect(page.get_by_text("S3 does not take this name")).to_be_visible()
    page.keyboard.press("Control+a")
    page.keyboard.type(name)
    expect(page.locator("#name-free").get_by_text("Free")).to_be_visible()
    page.keyboard.press("Tab")
    _arrow_to(page, plan["name"])
    visitor.picture("focus-on-a-plan")
    press(page, "Choose endpoints")

    press(page, "Add a machine")
    add_machine(page, server, machine)
    accept(page, server)
    expect(page.get_by_role("checkbox", name=machine)).to_be_checked()
    press(page, "Choose owners")
    press(page, "Back")
    expect(page.get_by_role("checkbox", name=machine)).to_be_checked()
    press(page, "Choose owners")
    _tab_to(page, "Give everybody chosen a new key pair")
    page.keyboard.press("Space")
    press(page, "Name and plan")  # the steps above keep it too
    expect(page.get_by_label("Name of the vault and its bucket")).to_have_value(name)
    press(page, "Choose endpoints")
    press(page, "Choose owners")
    expect(page.get_by_label("Give everybody chosen a new key pair")).to_be_checked()
    press(page, "Review")
    expect(page.locator("#look").get_by_text("Ready for it")).to_be_visible(timeout=60_000)
    visitor.check()

    change_host_key(server)
    press(page, "Create vault on 1 machine")
    stopped = page.get_by_text(f"{machine} shows a different SSH host key.")
    expect(stopped).to_be_visible(timeout=LONGEST)
    expect(page.get_by_role("button", name="Try again")).to_be_visible(timeout=LONGEST)
    visitor.picture("journey-job-stopped")
    page.get_by_role("link", name="Review key").click()
    page.get_by_role("button", name="Ask the machine now").click()
    accept(page, server)
    first = page.url
    page.get_by_role("button", name="Try again").click()
    expect(page).not_to_have_url(first)
    expect(page.locator("#job").get_by_text("Completed")).to_be_visible(timeout=LONGEST)
    expect(page.locator("#job-machines").get_by_text("Ready", exact=True)).to_be_visible()
    visitor.picture("journey-job-done")
    visitor.check()

    page.get_by_role("button", name="Show once").click()
    expect(page.get_by_role("heading", name="Key pair")).to_be_visible()
    page.get_by_text("Reveal", exact=True).click()
    secret = page.locator(".vp-once pre").inner_text().strip()
    assert len(secret) == 40
    page.get_by_role("link", name="I have stored it").click()
    expect(page.get_by_role("heading", name=f"Create vault {name}")).to_be_visible()
    expect(page.get_by_role("button", name="Show once")).to_have_count(0)
    page.locator("#job-side").get_by_role("link", name=name).click()
    assert secret not in page.content()
    expect(page.get_by_text("checks held")).to_be_visible()
    page.get_by_role("navigation", name="Vault").get_by_role("link", name="Keys").click()
    expect(page.get_by_role("cell", name="You", exact=True)).to_be_visible()
    assert secret not in page.content()

    page.get_by_role("link", name="Delete").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("to go on").fill(name)
    dialog.get_by_role("button", name="Delete vault").click()
    expect(page.locator("#job").get_by_text("Completed")).to_be_visible(timeout=LONGEST)
    assert visitor.complaints == []

    assert entries(portal, machine) == [
        "s3_machine.register",
        "s3_machine.see_host_key",
        "s3_machine.accept_host_key",
        "s3_machine.see_host_key",
        "s3_machine.accept_host_key",
    ]
    assert entries(portal, name) == ["s3_vault.create", "s3_vault.delete"]
    recorded = in_portal(
        portal,
        """
        import json
        from vaultportal.audit.models import AuditEntry
        rows = AuditEntry.objects.filter(action__in=["s3_job.resubmit", "s3_key.show"])
        print(json.dumps(sorted({row.action for row in rows})))
        """,
    )
    assert recorded == ["s3_job.resubmit", "s3_key.show"]
    assert secret not in portal.log()


def test_a_plan_is_made_by_keys_alone(portal: Portal, arrive: Arrive, administrator: Any) -> None:
    visitor = arrive(storage_state=administrator)
    page = visitor.page
    name = f"by-keys-{secrets.token_hex(4)}"
    visitor.open("/storage/plans/new/")
    _tab_to(page, "Name")
    page.keyboard.type(name)
    _tab_to(page, "Days of retention")
    page.keyboard.press("Control+a")
    page.keyboard.type("365")
    expect(page.get_by_text("Objects are kept 1 year;")).to_be_visible()
    _tab_to(page, "Make plan")
    visitor.picture("focus-on-make-plan")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name=name)).to_be_visible()
    assert entries(portal, name) == ["s3_plan.create"]


def press(page: Page, words: str) -> None:
    """By keys alone: go to the button or link of these words, and by it to another page."""
    _tab_to(page, words)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def _tab_to(page: Page, words: str) -> None:
    """Press Tab until what these words name has the focus, and shows it."""
    for _ in range(150):
        page.keyboard.press("Tab")
        if _focused(page).startswith(words):
            assert page.evaluate(FOCUS_SHOWS), f"nobody sees that {words} has the focus"
            return
    raise AssertionError(f"Tab does not lead to {words}")


def _arrow_to(page: Page, words: str) -> None:
    """Go on with the arrow within what is to be chosen from, until this is chosen."""
    for _ in range(150):
        if _focused(page).startswith(words):
            page.keyboard.press("Space")
            assert page.evaluate(FOCUS_SHOWS), f"nobody sees that {words} has the focus"
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"The arrow does not lead to {words}")


def _focused(page: Page) -> str:
    return str(
        page.evaluate(
            "(document.activeElement.labels?.[0] ?? document.activeElement).innerText.trim()"
        )
    )
