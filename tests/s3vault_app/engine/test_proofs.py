"""What is proved about a vault, and what a proof that fails does."""

from __future__ import annotations

import pytest

from s3vault_app import identities
from s3vault_app.drivers import s3
from s3vault_app.engine import jobs
from s3vault_app.models import (
    Job,
    StoragePlan,
    Vault,
)
from s3vault_app.services import trials
from tests.factories import make_person
from tests.s3vault_app.engine.lab import (
    Lab,
    client,
    finish,
    machines_of,
    pair_of,
    story,
)
from tests.s3vault_app.engine.site import Site

pytestmark = pytest.mark.xdist_group("s3")


def test_a_strict_lock_is_proved_and_holds_against_force(site: Site, shared: Lab) -> None:
    shared.plan.lock_mode = StoragePlan.Lock.COMPLIANCE
    shared.plan.save()
    owner = make_person()
    vault = shared.installed(owners=(owner,)).vault
    client(machines_of(shared)[0], pair_of(owner)).put_object(Bucket=vault.name, Key="k", Body=b"x")

    names = {check["name"] for check in vault.verify_report["checks"]}
    assert {"lock", "lock that nobody lifts", "back door: filer", "back door: master"} <= names
    job = Job.objects.create(
        type=Job.Type.DELETE, vault=vault, pool=shared.pool, options={"force": True}
    )
    jobs.run(job.pk)
    job.refresh_from_db()
    vault.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "locked" in job.reason
    assert (vault.state, vault.deleted_at) == (Vault.State.DEGRADED, None)


def test_a_failing_proof_degrades_the_vault_and_tells(site: Site, shared: Lab) -> None:
    made = shared.installed()
    # Somebody opens the bucket to the world behind the portal's back.
    everybody = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*",'
        f'"Action":["s3:*"],"Resource":["arn:aws:s3:::{made.vault.name}",'
        f'"arn:aws:s3:::{made.vault.name}/*"]}}]}}'
    )
    admin = s3.s3(site.doors[0], site.engine.admin)
    admin.put_bucket_policy(Bucket=made.vault.name, Policy=everybody)

    job = Job.objects.create(type=Job.Type.VERIFY, vault=made.vault, pool=shared.pool)
    jobs.run(job.pk)

    made.vault.refresh_from_db()
    assert made.vault.state == Vault.State.DEGRADED, story(job)
    assert made.vault.verify_ok is False
    failed = [each for each in made.vault.verify_report["checks"] if not each["ok"]]
    assert any(each["name"] == "unsigned read" for each in failed)

    admin.delete_bucket_policy(Bucket=made.vault.name)
    finish(Job.objects.create(type=Job.Type.VERIFY, vault=made.vault, pool=shared.pool))
    made.vault.refresh_from_db()
    assert made.vault.state == Vault.State.ACTIVE


def test_a_proof_leaves_nothing_behind(site: Site, shared: Lab) -> None:
    vault = shared.installed().vault

    listed = s3.s3(site.doors[0], site.engine.admin).list_object_versions(Bucket=vault.name)

    assert "Versions" not in listed
    tried = trials.try_endpoints(shared.admin, vault.number)
    assert [each.name for each in tried if each.milliseconds is not None] == [
        door.name for door in site.doors
    ]
    users = s3.iam(site.doors[0], site.engine.admin).list_users()["Users"]
    assert identities.PROOF_USER not in {user["UserName"] for user in users}
