"""Machines: logins go in, host keys are compared, and data stays."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from s3vault_app import hostkeys
from s3vault_app.models import Machine
from s3vault_app.services import machines
from tests.factories import as_admin, unique
from tests.s3vault_app.ui import rig

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Client:
    return rig.browser(rig.administrator())


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_login_goes_in_and_never_comes_out(admin: Client) -> None:
    secret = unique("password")
    machine = rig.machine(password=secret)
    form = {"name": machine.name, "host": machine.host, "port": 22, "user": "other"}

    page = text(admin.get(f"/storage/endpoints/{machine.number}/edit/"))
    saved = admin.post(f"/storage/endpoints/{machine.number}/edit/", form)
    moved = admin.post(f"/storage/endpoints/{machine.number}/edit/", {**form, "port": 2222})

    machine.refresh_from_db()
    assert secret not in page + text(saved) + text(moved)
    assert (saved.status_code, machine.password, machine.user) == (302, secret, "other")
    assert moved.status_code == 422
    assert "required anew for another host or port" in text(moved)


def test_a_host_key_is_accepted_only_compared_and_only_the_one_shown(admin: Client) -> None:
    machine = rig.machine(offered_host_key=rig.OTHER_KEY, state=Machine.State.KEY_CHANGED)
    url = f"/storage/endpoints/{machine.number}/host-key/"
    offered = hostkeys.fingerprint(rig.OTHER_KEY)
    assert offered in text(admin.get(url))

    blind = admin.post(url, {"act": "accept", "fingerprint": offered})
    other = admin.post(url, {"act": "accept", "fingerprint": "SHA256:x", "compared": "1"})
    machine.refresh_from_db()
    assert (blind.status_code, other.status_code) == (422, 409)
    assert machine.host_key == rig.HOST_KEY

    taken = admin.post(
        f"{url}?next=https://evil.example/",
        {"act": "accept", "fingerprint": offered, "compared": "1"},
    )
    machine.refresh_from_db()
    assert machine.host_key == rig.OTHER_KEY
    assert taken["Location"] == "/"
    assert offered in text(admin.get(f"/storage/endpoints/{machine.number}/"))


def test_the_trusted_key_shown_again_takes_back_what_was_offered() -> None:
    machine = rig.machine(failure="It shows a different SSH host key.")
    place, actor = (machine.host, machine.port), as_admin()

    changed = machines.note_host_key(actor, machine.number, rig.OTHER_KEY, place)
    assert (changed.state, changed.offered_host_key) == ("key_changed", rig.OTHER_KEY)
    back = machines.note_host_key(actor, machine.number, rig.HOST_KEY, place)

    assert (back.state, back.failure) == ("ready", "")
    assert (back.offered_host_key, back.offered_at) == ("", None)
    assert back.host_key == rig.HOST_KEY


@pytest.mark.parametrize("place", [("192.0.2.8", 22), ("192.0.2.7", 2222)])
def test_nothing_is_offered_of_a_machine_that_moved_meanwhile(place: tuple[str, int]) -> None:
    machine = rig.machine()

    machines.note_host_key(as_admin(), machine.number, rig.OTHER_KEY, place)

    machine.refresh_from_db()
    assert (machine.state, machine.offered_host_key) == ("ready", "")


def test_a_machine_that_is_wrong_says_where(admin: Client) -> None:
    taken = rig.machine()
    form = {"name": taken.name, "host": "not a host", "port": 99999, "user": ""}

    answer = admin.post("/storage/endpoints/new/", form)

    assert answer.status_code == 422
    assert text(answer).count('aria-invalid="true"') >= 2


def test_an_endpoint_with_data_stays(admin: Client) -> None:
    store = rig.endpoint_of(rig.pool())
    vault = rig.vault(rig.plan(pool=store.pool), store)

    asked = text(admin.get(f"/storage/endpoints/{store.number}/uninstall/"))
    form = {"word": store.name}
    answer = admin.post(f"/storage/endpoints/{store.number}/uninstall/", form, follow=True)

    assert vault.name in asked
    assert "keeps the data of vaults" in text(answer)
    assert not store.jobs.exists()


def test_latency_is_a_plot_with_a_table_and_a_sentence(admin: Client) -> None:
    machine = rig.endpoint_of(rig.pool())
    assert machine.pool is not None
    url = f"/storage/endpoints/{machine.number}/"
    assert "No answer was measured" in text(admin.get(url))

    rig.vault(rig.plan(pool=machine.pool), machine)

    page = text(admin.get(url))
    assert "Answers took 9 to 9 ms in the last 24 hours, 9 ms of late." in page
    assert page.count("data-at=") == 96
    assert "portal/lane-plot" in page
