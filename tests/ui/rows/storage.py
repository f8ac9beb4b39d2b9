"""Pages of storage: vaults, the wizard, endpoints, plans, pools and jobs."""

from __future__ import annotations

from tests.ui.rows.row import Row

ROWS = (
    Row("vaults", "/storage/vaults/", "storage:vaults"),
    Row("vaults-filtered-empty", "/storage/vaults/?q=zzzzzz", "storage:vaults"),
    Row("vault", "/storage/vaults/{s3_vault}/", "storage:vault"),
    Row("vault-degraded", "/storage/vaults/{s3_degraded}/", "storage:vault"),
    Row("vault-endpoints", "/storage/vaults/{s3_vault}/endpoints/", "storage:vault_endpoints"),
    Row(
        "vault-endpoints-change",
        "/storage/vaults/{s3_vault}/endpoints/change/",
        "storage:choose_endpoints",
    ),
    Row("vault-keys", "/storage/vaults/{s3_vault}/keys/", "storage:vault_keys"),
    Row("vault-owners", "/storage/vaults/{s3_vault}/owners/", "storage:vault_owners"),
    Row(
        "vault-owners-change",
        "/storage/vaults/{s3_vault}/owners/change/",
        "storage:choose_owners",
    ),
    Row("vault-jobs", "/storage/vaults/{s3_vault}/jobs/", "storage:vault_jobs"),
    Row("vault-rules", "/storage/vaults/{s3_vault}/rules/", "storage:rules"),
    Row("vault-delete", "/storage/vaults/{s3_vault}/delete/", "storage:delete_vault"),
    Row("new-vault", "/storage/vaults/new/", "storage:new"),
    Row("new-vault-endpoints", "/storage/vaults/new/endpoints/", "storage:new_endpoints"),
    Row("new-vault-owners", "/storage/vaults/new/owners/", "storage:new_owners"),
    Row("new-vault-review", "/storage/vaults/new/review/", "storage:new_review"),
    Row("endpoints", "/storage/endpoints/", "storage:endpoints"),
    Row("endpoint", "/storage/endpoints/{s3_store}/", "storage:endpoint"),
    Row("endpoint-stopped", "/storage/endpoints/{s3_stopped}/", "storage:endpoint"),
    Row("endpoint-edit", "/storage/endpoints/{s3_store}/edit/", "storage:edit_machine"),
    Row("endpoint-host-key", "/storage/endpoints/{s3_stopped}/host-key/", "storage:host_key"),
    Row("endpoint-install", "/storage/endpoints/{s3_free}/install/", "storage:install"),
    Row(
        "endpoint-install-held",
        "/storage/endpoints/{s3_gated}/install/",
        "storage:install",
        status=202,
        form=(("pool", "{s3_pool}"),),
    ),
    Row("endpoint-uninstall", "/storage/endpoints/{s3_store}/uninstall/", "storage:uninstall"),
    Row("endpoint-drain", "/storage/endpoints/{s3_store}/drain/", "storage:drain"),
    Row("endpoint-upgrade", "/storage/endpoints/{s3_gateway}/upgrade/", "storage:upgrade"),
    Row(
        "key-rotated",
        "/storage/vaults/{s3_vault}/keys/rotate/",
        "storage:rotate",
        form=(("reach", "all"), ("overlap", "0")),
    ),
    Row("new-machine", "/storage/endpoints/new/", "storage:new_machine"),
    Row("plans", "/storage/plans/", "storage:plans"),
    Row("plan", "/storage/plans/{s3_plan}/", "storage:plan"),
    Row("plan-in-use", "/storage/plans/{s3_plan}/delete/", "storage:delete_plan"),
    Row("new-plan", "/storage/plans/new/", "storage:new_plan"),
    Row("pools", "/storage/pools/", "storage:pools"),
    Row("pool", "/storage/pools/{s3_pool}/", "storage:pool"),
    Row("new-pool", "/storage/pools/new/", "storage:new_pool"),
    Row("jobs", "/storage/jobs/", "storage:jobs"),
    Row("job-running", "/storage/jobs/{s3_running}/", "storage:job"),
    Row("job-stopped", "/storage/jobs/{s3_failed}/", "storage:job"),
    Row("storage-refused", "/storage/vaults/2147483647/", "storage:vault", status=404),
)
# Posts, files and questions that resemble one above; tested without a browser.
ELSEWHERE = {
    "storage:authority",
    "storage:delete_pool",
    "storage:discard",
    "storage:drop_endpoint",
    "storage:job_log",
    "storage:retire",
    "storage:revoke_key",
    "storage:show_key",
    "storage:steer",
    "storage:switch",
    "storage:take_back",
    "storage:test",
    "storage:verify",
}
# Rows as jobs would leave them: nothing is installed, and nobody is asked. The engine's states are
# such that neither probes nor sweeps of the running portal touch them.
SEED = """
from datetime import timedelta
from django.utils import timezone
from s3vault_app.models import (
    Endpoint, Job, JobEvent, JobStep, Machine, Probe, StoragePlan, StoragePool, UsageSample, Vault)
from s3vault_app.permissions import VaultPermission
from s3vault_app.services import drafts, keys
from vaultportal.identity import access
from vaultportal.identity.models import User
now = timezone.now()
tail = random.token_hex(3)
tib = 1024**4
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJx5V0b4nSLhU0W4YlVtV9Xr1o2Q5sJm0n6v3rYb"
def made(model, **fields):
    row = model.objects.create(**fields)
    row.refresh_from_db()
    return row
def machine(name, **fields):
    facts = {"system": "Debian GNU/Linux 12", "processor": "x86_64", "free_kb": 228_000_000,
             "total_kb": 480_000_000, "memory_kb": 8_000_000}
    valid = {"host": "192.0.2.7", "user": "vault", "facts": facts, "state": "ready",
             "host_key": HOST_KEY}
    return made(Machine, name=name + "-" + tail, **{**valid, **fields})
pool = made(StoragePool, name="fra-" + tail, state="ready", total_bytes=8 * tib,
            free_bytes=4 * tib)
plan = made(StoragePlan, name="Archive, 7 years " + tail, pool=pool, lock_mode="COMPLIANCE",
            retention_days=2555, quota_bytes=4 * tib)
serving = {"pool": pool, "engine_state": "online", "engine_version": "4.48",
           "certificate_expires_at": now + timedelta(days=61), "last_seen_at": now}
store = machine("db-03.fra", role="store", url="https://db-03.fra.example:9443", **serving)
gate = machine("db-04.fra", role="gateway", url="https://db-04.fra.example:9443",
               **{**serving, "engine_version": "4.40",
                  "certificate_expires_at": now + timedelta(days=9)})
stopped = machine("db-07.fra", state="key_changed", offered_at=now,
    failure="The machine shows another host key than the one that was accepted.",
    offered_host_key=HOST_KEY[:-8] + "SLhU0W4Y")
free = machine("db-08.fra")
gated = machine("db-09.fra")
def vault(name, **fields):
    checks = [{"name": name, "endpoint": where, "ok": True, "message": "answered AccessDenied"}
              for name in ("unsigned read", "unknown key write", "lock")
              for where in (store.name, gate.name)]
    valid = {"plan": plan, "pool": pool, "state": "active", "lock_mode": "COMPLIANCE",
             "lock_days": 2555, "quota_bytes": 4 * tib, "size_bytes": int(3.6 * tib),
             "object_count": 48211, "usage_at": now + timedelta(days=3650), "verify_ok": True,
             "verified_at": now, "verify_report": {"checks": checks}}
    return made(Vault, name=name + "-" + tail, **{**valid, **fields})
archive = vault("archive-eu")
degraded = vault("ledger-eu", state="degraded", failure="db-04.fra does not answer.",
                 verify_ok=False, size_bytes=5 * tib)
for each in (store, gate):
    door = Endpoint.objects.create(vault=archive, machine=each, url=each.url, role=each.role,
                                   state="disabled", verify_ok=True, verified_at=now)
    Endpoint.objects.create(vault=degraded, machine=each, url=each.url, role=each.role,
                            state="disabled", verify_ok=False, verified_at=now)
    gaps = (40, 41) if each is gate else ()
    Probe.objects.bulk_create([
        Probe(endpoint=door, at=now - timedelta(minutes=15 * n), ok=n not in gaps,
              milliseconds=None if n in gaps else 8 + n % 5)
        for n in range(90)])
Endpoint.objects.filter(vault=archive, machine=store).update(state="online")
Vault.objects.filter(pk=archive.pk).update(bucket_made_at=None)
UsageSample.objects.bulk_create([
    UsageSample(vault=archive, at=now - timedelta(days=n), bytes=int((3.6 - n / 50) * tib),
                objects_held=1) for n in range(30)])
me = User.objects.get(pk=actor.user_id)
access.grant(actor, me, VaultPermission.OWN, archive)
access.grant(actor, me, VaultPermission.USE, archive)
keys.ensure_pairs([me.pk])
far = now + timedelta(days=3650)
def job(state, percent, **fields):
    row = made(Job, type="create", state=state, vault=archive, pool=pool, percent=percent,
               created_by=me, started_at=now, lease_owner="pages", lease_until=far,
               **fields)
    row.machines.set([store, gate, stopped])
    return row
def steps(of, rows):
    for place, (where, name, state, message) in enumerate(rows):
        JobStep.objects.create(job=of, machine=where, name=name, position=place, state=state,
            message=message, started_at=None if state == "todo" else now - timedelta(seconds=72),
            finished_at=now if state in ("ok", "failed") else None)
    for where, name, state, message in rows:
        if message:
            JobEvent.objects.create(job=of, machine=where, step=name, text=name + ": " + message,
                                    severity=6 if state == "failed" else 0)
whole = [(store, name, "ok", message) for name, message in (
    ("preflight", "Debian GNU/Linux 12, 222656 MiB free"), ("ship", "4.48 is there now"),
    ("configure", "written"), ("start", "started"), ("health", "answers in 9 ms"))]
half = [(gate, "preflight", "ok", "Debian GNU/Linux 12, 222656 MiB free"),
        (gate, "ship", "running", ""), (gate, "configure", "todo", ""),
        (gate, "start", "todo", ""), (gate, "health", "todo", "")]
lost = [(stopped, "preflight", "failed",
         "The machine shows another host key than the one that was accepted."),
        (stopped, "ship", "todo", "")]
running = job("Running", 62, phase="ship")
steps(running, [*whole, *half, *lost])
failed = job("Completed w/ one or more errors", 100, finished_at=now,
             reason="db-07.fra: The machine shows another host key than the one accepted.")
steps(failed, [*whole, *lost, (None, "bucket", "ok", "made"),
               (None, "identities", "ok", "people have their pairs and rights"),
               (None, "verify", "ok", "34 checks held")])
here = Machine.objects.live().get(kind="local").number
drafts.change_draft(actor, name="archive-us-" + tail, plan=plan.number, machines=[here])
things |= {"s3_vault": archive.number, "s3_degraded": degraded.number, "s3_plan": plan.number,
           "s3_pool": pool.number, "s3_gateway": gate.number, "s3_store": store.number,
           "s3_stopped": stopped.number, "s3_free": free.number, "s3_gated": gated.number,
           "s3_running": running.pk, "s3_failed": failed.pk}
"""
