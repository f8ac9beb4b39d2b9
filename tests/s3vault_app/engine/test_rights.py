"""Who gets into a vault on an engine that stands, and for how long."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from s3vault_app.drivers import s3
from s3vault_app.drivers.base import Pair
from s3vault_app.engine import keys, probes, quota
from s3vault_app.models import (
    EngineIdentity,
    Job,
    JobEvent,
    KeyPair,
    Vault,
)
from s3vault_app.services import keys as key_services
from tests.factories import make_person, make_role, member_of, unique
from tests.s3vault_app.engine.lab import (
    REFUSED,
    Lab,
    client,
    finish,
    machines_of,
    pair_of,
    refused,
)
from tests.s3vault_app.engine.site import Site
from vaultportal.identity.models import Membership

pytestmark = pytest.mark.xdist_group("s3")


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
    with s3.chosen(stray):
        iam.create_access_key(UserName=row.name)
    EngineIdentity.objects.filter(pk=row.pk).update(applied={})

    keys.sync()

    assert refused(client(machines_of(shared)[0], stray).list_objects_v2, Bucket=vault.name)
    client(machines_of(shared)[0], pair_of(owner)).list_objects_v2(Bucket=vault.name)


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


def test_people_are_out_before_the_bucket_goes(shared: Lab) -> None:
    shared.installed()  # machines without any vault would be cleared with this one
    vault = shared.installed(owners=(make_person(),)).vault
    Vault.objects.filter(pk=vault.pk).update(state=Vault.State.DELETING)

    job = finish(Job.objects.create(type=Job.Type.DELETE, vault=vault, pool=shared.pool))

    ends = [step.name for step in job.steps.filter(machine=None).order_by("started_at")]
    assert ends == ["identities", "bucket"]


def test_no_secret_is_in_the_log_of_a_job(site: Site, shared: Lab) -> None:
    owner = make_person()
    job = shared.installed(owners=(owner,)).job

    text = " ".join(JobEvent.objects.filter(job=job).values_list("text", flat=True))
    for secret in (site.secrets["admin"][1], site.secrets["sse"], pair_of(owner).secret_key):
        assert secret not in text
