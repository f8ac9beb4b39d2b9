"""What storage tells the rail, the palette and the overview, and how it words things."""

from __future__ import annotations

from typing import Any

import pytest

from s3vault_app.engine import keys
from s3vault_app.models import EngineIdentity, Job, Machine, Vault
from s3vault_app.permissions import VaultPermission
from s3vault_app.selectors import strips
from s3vault_app.ui import sentences, shell, words
from s3vault_app.ui.sentences import Rules
from tests.factories import actor_of, make_person, unique
from tests.s3vault_app.ui import rig
from vaultportal.identity.models import User
from vaultportal.ui import attention, palette

pytestmark = pytest.mark.django_db


def text(answer: Any) -> str:
    return str(answer.content.decode())


TIB = 1024**4


def needs(user: User) -> list[str]:
    actor = actor_of(user)
    return [need.text for need in attention.needs(actor)]


def test_what_wants_attention_is_told_to_who_may_see_it() -> None:
    vault = rig.vault(rig.plan(), state=Vault.State.DEGRADED, failure="it does not answer")
    full = rig.vault(vault.plan, quota_bytes=10 * TIB, size_bytes=9 * TIB)
    changed = rig.machine(state=Machine.State.KEY_CHANGED)
    rig.job(full, state="Failed", reason="it broke")

    told = " ".join(needs(rig.administrator()))

    assert f"Vault {vault.name}: Degraded" in told
    assert f"Vault {full.name} is full to 90 %" in told
    assert f"{changed.name} shows another SSH host key" in told
    assert f"Create vault {full.name} failed" in told
    assert vault.name not in " ".join(needs(make_person()))


@pytest.mark.parametrize("kind", [Job.Type.UPGRADE, Job.Type.DRAIN])
def test_a_failed_job_on_a_machine_is_named_until_a_later_one_went_well(kind: str) -> None:
    pool = rig.pool()
    machine, other = rig.endpoint_of(pool), rig.machine(pool=pool, role="gateway")
    failed = Job.objects.create(type=kind, pool=pool, state=Job.State.FAILED)
    failed.machines.set([machine])
    told = f"{words.title_of(failed)} failed"
    person = rig.administrator()
    assert told in needs(person)

    elsewhere = Job.objects.create(type=kind, pool=pool, state=Job.State.COMPLETED)
    elsewhere.machines.set([other])
    assert told in needs(person)

    again = Job.objects.create(type=kind, pool=pool, state=Job.State.COMPLETED)
    again.machines.set([machine, other])
    assert told not in needs(person)


def test_a_store_that_was_not_told_of_a_lost_right_is_named_until_it_was() -> None:
    pool = rig.pool()
    rig.endpoint_of(pool, engine_state="failed")
    row = EngineIdentity.objects.create(pool=pool, name="u1", state="applied")

    keys.sync_pool(pool.pk)
    keys.sync_pool(pool.pk)

    row.refresh_from_db()
    assert (row.state, row.failure) == ("pending", "No endpoint of the store answers.")
    told = f"Store {pool.name} does not know yet whose access changed"
    assert told in needs(rig.administrator())
    assert told not in needs(make_person())
    keys.forget_pool(pool)
    assert told not in needs(rig.administrator())


def test_the_palette_finds_vaults_machines_and_plans() -> None:
    machine = rig.machine(name=unique("finding"))
    vault = rig.vault(rig.plan(name=unique("finding")), name=unique("finding"))
    owner = rig.give(make_person(), vault, VaultPermission.OWN)

    def found(user: User) -> list[str]:
        heaps = palette.search(actor_of(user), "finding")
        return [line.label for heap in heaps for line in heap.found]

    assert {machine.name, vault.name, vault.plan.name} <= {*found(rig.administrator())}
    assert found(owner) == [vault.name]
    assert found(make_person()) == ["New secret “finding”"]


def test_the_rail_shows_storage_to_who_has_any() -> None:
    vault = rig.vault()
    owner = rig.give(make_person(), vault)

    assert "/storage/vaults/" in text(rig.browser(owner).get("/me/"))
    assert "/storage/vaults/" not in text(rig.browser(make_person()).get("/me/"))
    assert not shell.sees_machines(actor_of(owner))


def test_the_overview_adds_up() -> None:
    rig.vault(size_bytes=TIB, object_count=7)
    page = text(rig.browser(rig.administrator()).get("/"))

    assert "1 TiB" in page
    assert 'id="home-storage"' in page


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (TIB, "1 TiB"), (int(3.6 * TIB), "3.6 TiB")],
)
def test_sizes_read_as_people_say_them(count: int, said: str) -> None:
    assert words.size(count) == said


def test_what_rules_mean() -> None:
    rules = Rules("none", 0, versioning=False, quota_bytes=0, lifecycle={})

    assert sentences.effect(rules) == [
        "Objects can be deleted at any time.",
        "An object that is overwritten is gone.",
        "No limit to what a vault takes.",
    ]
    assert (
        sentences.short(Rules("GOVERNANCE", -1, versioning=True, quota_bytes=0, lifecycle={}))
        == "Locked, for ever"
    )


def test_a_vault_that_grows_will_be_full_on_a_day() -> None:
    vault = rig.vault(quota_bytes=100, size_bytes=50)
    rig.usage(vault, 30, 40, 50)
    days = strips.usage_by_day(vault)

    full = strips.full_on(vault, days)

    assert [day.bytes for day in days] == [30, 40, 50]
    assert full is not None
    assert (full - days[-1].on).days == 5
    assert strips.full_on(vault, days[:1]) is None
