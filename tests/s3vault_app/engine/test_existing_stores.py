"""Stores that somebody else runs, as pools."""

from __future__ import annotations

import pytest

from s3vault_app.drivers import s3
from s3vault_app.drivers.base import EngineRefused
from s3vault_app.engine import places
from s3vault_app.engine.vaults import rules_of
from s3vault_app.models import (
    StoragePlan,
    StoragePool,
    Vault,
)
from tests.factories import make_person, unique
from tests.s3vault_app.engine.lab import (
    Lab,
    pair_of,
)
from tests.s3vault_app.engine.site import Site

pytestmark = pytest.mark.xdist_group("s3")


@pytest.fixture
def foreign(site: Site, db: None) -> StoragePool:
    """A store that somebody else runs, as far as the portal knows."""
    with open(site.doors[0].ca or "") as file:  # noqa: PTH123 a str
        ca = file.read()
    pool = StoragePool.objects.create(
        name=unique("foreign"),
        engine=StoragePool.Engine.IAM,
        settings={"endpoints": [door.url for door in site.doors], "ca": ca},
        credentials=dict(zip(("access_key", "secret_key"), site.secrets["admin"], strict=True)),
    )
    pool.refresh_from_db()
    return pool


def test_an_existing_store_with_users_becomes_a_pool(
    foreign: StoragePool, shared: Lab, site: Site
) -> None:
    owner = make_person()
    lab = _plan_on(foreign, shared)
    made = lab.installed(owners=(owner,))

    assert {each.url for each in made.vault.endpoints.all()} == {door.url for door in site.doors}
    assert made.vault.verify_ok
    mine = s3.s3(site.doors[1], pair_of(owner))
    mine.put_object(Bucket=made.vault.name, Key="k", Body=b"x")


def test_an_existing_bucket_with_one_pair_becomes_a_vault(
    foreign: StoragePool, shared: Lab, site: Site
) -> None:
    bucket = unique("given")
    s3.s3(site.doors[0], site.engine.admin).create_bucket(Bucket=bucket)
    foreign.engine = StoragePool.Engine.STATIC
    foreign.settings = foreign.settings | {"bucket": bucket}
    foreign.save()
    lab = _plan_on(foreign, shared)
    lab.plan.lock_mode = StoragePlan.Lock.NONE
    lab.plan.save()

    made = lab.installed(name=bucket)

    assert made.vault.verify_ok
    other = Vault.objects.get(pk=made.vault.pk)
    other.name = unique("other")
    with pytest.raises(EngineRefused, match="must bear its name"):
        places.engine_of(foreign).ensure_bucket(rules_of(other))


def _plan_on(pool: StoragePool, shared: Lab) -> Lab:
    plan = StoragePlan.objects.create(
        name=unique("plan"), pool=pool, lock_mode="GOVERNANCE", retention_days=1
    )
    plan.refresh_from_db()
    return Lab(shared.folder, pool, plan, shared.admin)
