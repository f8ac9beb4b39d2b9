"""Vaults on an engine that stands: who gets in, how long, and what is proved about it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError  # type: ignore[import-untyped]  # it has none
from django.utils import timezone

from s3vault_app.drivers import s3
from s3vault_app.drivers.base import BucketHoldsData, EngineRefused, Pair
from s3vault_app.drivers.s3_iam import IamEngine
from s3vault_app.engine import jobs, keys, places, planning, probes, quota, verify
from s3vault_app.engine.vaults import rules_of
from s3vault_app.models import (
    EngineIdentity,
    Job,
    JobEvent,
    JobStep,
    KeyPair,
    Machine,
    StoragePlan,
    StoragePool,
    Vault,
)
from s3vault_app.services import keys as key_services
from tests.factories import make_person, make_role, member_of, unique
from tests.s3vault_app.engine.lab import Lab, client, finish, pair_of, story
from tests.s3vault_app.engine.site import Site
from vaultportal.identity.models import Membership

pytestmark = pytest.mark.xdist_group("s3")
REFUSED = ("AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch")


def refused(call: Any, **arguments: Any) -> str:
    """The store's word for its refusal."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return s3.code_of(caught.value)


def machines_of(lab: Lab) -> list[Machine]:
    return list(Machine.objects.filter(pool=lab.pool).order_by("-role"))


def test_rights_begin_and_end_with_grants_and_memberships(shared: Lab) -> None:
    team = make_role()
    owner, member = make_person(), make_person()
    member_of(member, team)
    vault = shared.installed(owners=(owner,), groups=(team.pk,)).vault
    machines = machines_of(shared)

    for user in (owner, member):
        client(machines[0], pair_of(user)).put_object(Bucket=vault.name, Key="k", Body=b"x")
        assert client(machines[1], pair_of(user)).list_objects_v2(Bucket=vault.name)["KeyCount"]
    kept = pair_of(member)
    Membership.objects.filter(user=member).delete()
    keys.sync()

    for machine in machines:
        assert refused(client(machine, kept).list_objects_v2, Bucket=vault.name) in REFUSED
    assert client(machines[1], pair_of(owner)).list_objects_v2(Bucket=vault.name)["KeyCount"]
    assert not EngineIdentity.objects.filter(user=member).exists()


def test_a_user_of_a_vault_may_do_just_what_the_role_says(shared: Lab) -> None:
    owner = make_person()
    vault = shared.installed(owners=(owner,)).vault
    theirs = shared.installed().vault
    s3_user = client(machines_of(shared)[0], pair_of(owner))
    made = s3_user.put_object(Bucket=vault.name, Key="k", Body=b"x")
    version = made["VersionId"]

    assert refused(s3_user.list_objects_v2, Bucket=theirs.name) == "AccessDenied"
    assert refused(s3_user.put_object, Bucket=theirs.name, Key="k") == "AccessDenied"
    assert refused(s3_user.create_bucket, Bucket=unique("own")) == "AccessDenied"
    for call in (
        "delete_bucket",
        "get_bucket_policy",
        "put_bucket_versioning",
        "put_object_lock_configuration",
    ):
        further: dict[str, Any] = {"Bucket": vault.name}
        if call == "put_bucket_versioning":
            further["VersioningConfiguration"] = {"Status": "Suspended"}
        assert refused(getattr(s3_user, call), **further) == "AccessDenied", call
    assert (
        refused(s3_user.delete_object, Bucket=vault.name, Key="k", VersionId=version)
        == "AccessDenied"
    )


def test_a_rotation_is_live_on_every_endpoint(shared: Lab) -> None:
    owner = make_person()
    vault = shared.installed(owners=(owner,)).vault
    old = pair_of(owner)

    shown = key_services.rotate(shared.admin, owner.number)
    keys.sync([owner.pk])

    for machine in machines_of(shared):
        new = client(machine, Pair(shown.access_key_id, shown.secret))
        assert new.list_objects_v2(Bucket=vault.name)["KeyCount"] == 0
        assert refused(client(machine, old).list_objects_v2, Bucket=vault.name) in REFUSED


def test_an_overlap_lets_the_old_pair_live_for_its_time(shared: Lab) -> None:
    owner = make_person()
    vault = shared.installed(owners=(owner,)).vault
    old, machine = pair_of(owner), machines_of(shared)[1]

    key_services.rotate(shared.admin, owner.number, overlap=timedelta(hours=1))
    keys.sync([owner.pk])
    client(machine, old).list_objects_v2(Bucket=vault.name)
    KeyPair.objects.filter(state=KeyPair.State.OVERLAP).update(overlap_until=timezone.now())
    assert key_services.end_overlaps() == 1
    keys.sync()

    assert refused(client(machine, old).list_objects_v2, Bucket=vault.name) in REFUSED
    client(machine, pair_of(owner)).list_objects_v2(Bucket=vault.name)


def test_the_pair_of_one_vault_opens_that_vault_alone(shared: Lab) -> None:
    owner = make_person()
    one = shared.installed(owners=(owner,)).vault
    other = shared.installed(owners=(owner,)).vault

    shown = key_services.rotate(shared.admin, owner.number, vault_number=one.number)
    keys.sync([owner.pk])

    narrow = client(machines_of(shared)[0], Pair(shown.access_key_id, shown.secret))
    narrow.list_objects_v2(Bucket=one.name)
    assert refused(narrow.list_objects_v2, Bucket=other.name) == "AccessDenied"


def test_a_stray_pair_that_a_dead_worker_left_is_taken_away(shared: Lab, site: Site) -> None:
    owner = make_person()
    vault = shared.installed(owners=(owner,)).vault
    [row] = EngineIdentity.objects.filter(user=owner)
    stray = Pair("VPKSTRAY" + "A" * 12, "s" * 40)
    iam = s3.iam(site.doors[0], site.engine.admin)
    s3.choose_pair(iam, stray)
    iam.create_access_key(UserName=row.name)
    EngineIdentity.objects.filter(pk=row.pk).update(applied={})

    keys.sync()

    assert refused(client(machines_of(shared)[0], stray).list_objects_v2, Bucket=vault.name)
    client(machines_of(shared)[0], pair_of(owner)).list_objects_v2(Bucket=vault.name)


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


def test_a_deletion_without_force_leaves_what_is_in_the_bucket(shared: Lab) -> None:
    """The engine itself deletes a versioned bucket with all that is in it."""
    owner = make_person()
    vault = shared.installed(owners=(owner,)).vault
    s3_user = client(machines_of(shared)[0], pair_of(owner))
    s3_user.put_object(Bucket=vault.name, Key="k", Body=b"x")

    job = Job.objects.create(type=Job.Type.DELETE, vault=vault, pool=shared.pool)
    jobs.run(job.pk)

    job.refresh_from_db()
    assert (job.state, job.reason) == (
        Job.State.FAILED,
        "1 objects and versions are in the bucket.",
    )
    assert s3_user.get_object(Bucket=vault.name, Key="k")["Body"].read() == b"x"


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
    users = s3.iam(site.doors[0], site.engine.admin).list_users()["Users"]
    assert verify.PROOF_USER not in {user["UserName"] for user in users}


def test_a_full_vault_gives_and_takes_nothing_new(shared: Lab) -> None:
    owner = make_person()
    vault = shared.installed(owners=(owner,)).vault
    theirs = client(machines_of(shared)[0], pair_of(owner))
    theirs.put_object(Bucket=vault.name, Key="k", Body=b"x" * 2**21)
    Vault.objects.filter(pk=vault.pk).update(quota_bytes=2**20)

    assert probes.probe_all() == 0
    quota.measure_all()

    vault.refresh_from_db()
    assert [each.probes.get().ok for each in vault.endpoints.all()] == [True, True]
    assert (vault.size_bytes, vault.object_count, vault.read_only) == (2**21, 1, True)
    assert refused(theirs.put_object, Bucket=vault.name, Key="more", Body=b"x") == "AccessDenied"
    assert theirs.get_object(Bucket=vault.name, Key="k")["ContentLength"] == 2**21
    Vault.objects.filter(pk=vault.pk).update(quota_bytes=0, usage_at=None)
    quota.measure_all()
    theirs.put_object(Bucket=vault.name, Key="more", Body=b"x")


def test_a_preview_touches_nothing(shared: Lab) -> None:
    seen = planning.preview(shared.plan, machines_of(shared))

    assert [each.role for each in seen.machines] == ["store", "gateway"]
    assert all(each.problem == "" and each.facts["free_kb"] for each in seen.machines)
    assert len(seen.machines[0].ports) == 8
    assert not Job.objects.filter(pool=shared.pool).exists()
    assert any(name.endswith("etc/master.toml") for name in seen.machines[0].files)


def test_no_secret_is_in_the_log_of_a_job(site: Site, shared: Lab) -> None:
    owner = make_person()
    job = shared.installed(owners=(owner,)).job

    text = " ".join(JobEvent.objects.filter(job=job).values_list("text", flat=True))
    for secret in (site.secrets["admin"][1], site.secrets["sse"], pair_of(owner).secret_key):
        assert secret not in text


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


def test_a_bucket_that_is_not_the_vaults_is_never_taken_over(shared: Lab, site: Site) -> None:
    store = s3.s3(site.doors[0], site.engine.admin)
    shared.installed()  # machines without any vault would be cleared with this one
    name = unique("theirs")
    store.create_bucket(Bucket=name)
    store.put_object(Bucket=name, Key="k", Body=b"x")
    made = shared.create(name=name)

    jobs.run(made.job.pk)

    assert "has a bucket of this name" in story(made.job)
    made.vault.refresh_from_db()
    assert (made.vault.state, made.vault.has_bucket) == (Vault.State.FAILED, False)
    gone = Job.objects.create(
        type=Job.Type.DELETE, vault=made.vault, pool=shared.pool, options={"force": True}
    )
    finish(gone)
    assert store.get_object(Bucket=name, Key="k")["Body"].read() == b"x"


def test_a_bucket_that_a_dead_worker_made_is_known_for_the_vaults(shared: Lab, site: Site) -> None:
    made = shared.create()
    Vault.objects.filter(pk=made.vault.pk).update(bucket_claimed_at=timezone.now())
    site.engine.ensure_bucket(rules_of(made.vault))

    finish(made.job)

    made.vault.refresh_from_db()
    assert made.vault.state == Vault.State.ACTIVE


def test_people_are_out_before_the_bucket_goes(shared: Lab) -> None:
    shared.installed()  # machines without any vault would be cleared with this one
    vault = shared.installed(owners=(make_person(),)).vault
    Vault.objects.filter(pk=vault.pk).update(state=Vault.State.DELETING)

    job = finish(Job.objects.create(type=Job.Type.DELETE, vault=vault, pool=shared.pool))

    ends = [step.name for step in job.steps.filter(machine=None).order_by("started_at")]
    assert ends == ["identities", "bucket"]


class Late(IamEngine):
    """Somebody writes between the emptying and the end."""

    def _empty(self, client: Any, bucket: str, versions: Any) -> None:
        super()._empty(client, bucket, versions)
        client.put_object(Bucket=bucket, Key="late", Body=b"x")


def test_what_was_written_meanwhile_keeps_the_bucket(shared: Lab, site: Site) -> None:
    name = shared.installed().vault.name
    with pytest.raises(BucketHoldsData, match="meanwhile"):
        Late(site.doors, site.engine.admin).delete_bucket(name, force=True)
    store = s3.s3(site.doors[0], site.engine.admin)
    assert store.get_object(Bucket=name, Key="late")["Body"].read() == b"x"


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


def test_a_store_that_its_last_vault_no_longer_names_keeps_the_data(shared: Lab) -> None:
    vault = shared.installed().vault
    [store] = Machine.objects.filter(pool=shared.pool, role=Machine.Role.STORE)
    vault.endpoints.filter(machine=store).update(state="removing")

    finish(Job.objects.create(type=Job.Type.UPDATE, vault=vault, pool=shared.pool))

    store.refresh_from_db()
    assert (store.pool, store.engine_state) == (shared.pool, Machine.EngineState.ONLINE)
    assert [row.machine_id == store.pk for row in vault.endpoints.all()] == [False]


def test_a_killed_job_leaves_what_somebody_has_written(shared: Lab) -> None:
    owner = make_person()
    vault = shared.installed(owners=(owner,)).vault
    [store] = Machine.objects.filter(pool=shared.pool, role=Machine.Role.STORE)
    client(store, pair_of(owner)).put_object(Bucket=vault.name, Key="k", Body=b"x")
    job = Job.objects.create(
        type=Job.Type.CREATE, vault=vault, pool=shared.pool, kill_asked_at=timezone.now()
    )
    for machine, name, notes in ((store, "preflight", "fresh"), (None, "bucket", "made")):
        JobStep.objects.create(
            job=job, machine=machine, name=name, changed=True, data={notes: True}
        )
    JobStep.objects.create(job=job, machine=store, name="ship", changed=True)

    jobs.run(job.pk)

    job.refresh_from_db()
    assert job.state == Job.State.KILLED
    got = client(store, pair_of(owner)).get_object(Bucket=vault.name, Key="k")
    assert got["Body"].read() == b"x"
