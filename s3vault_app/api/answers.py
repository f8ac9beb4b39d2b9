"""Rows ⇄ the shapes of the wire; names of members are Commvault's.

Source: contract, sections 1.4 and 3 to 9.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from s3vault_app import selectors
from s3vault_app.models import Endpoint, Job, JobStep, Machine, StoragePlan, StoragePool, Vault
from vaultportal.errors import VaultError
from vaultportal.identity.models import Role, User

Document = dict[str, Any]

CLIENT, USER, GROUP, PLAN = 3, 13, 15, 158
RELEASE = 44
RPO_MINUTES = 1440

_UNINSTALLS = {Job.Type.UNINSTALL, Job.Type.DELETE}
_STEP_WORDS = {
    JobStep.State.WAITING: "Waiting",
    JobStep.State.RUNNING: "Running",
    JobStep.State.OK: "Completed",
    JobStep.State.FAILED: "Failed",
    JobStep.State.UNDONE: "Killed",
}


def at(moment: datetime | None) -> int:
    """Whole seconds since 1970; 0 for never."""
    return 0 if moment is None else int(moment.timestamp())


def idname(row: Any) -> Document:
    """The V4 form of anything that has a number and a name."""
    return {"id": row.number, "name": row.name}


def error(fault: VaultError, code: int) -> Document:
    """The object that V4 writes of the older kind tell failures with."""
    return {"errorCode": code, "errorMessage": fault.message, "component": ""}


# -- clients: machines and vaults ------------------------------------------------------------------


def client_entity(row: Machine | Vault) -> Document:
    """A client of the wire, in the legacy form."""
    host = row.host if isinstance(row, Machine) else row.name
    return {
        "clientId": row.number,
        "clientName": row.name,
        "hostName": host,
        "displayName": row.name,
        "clientGUID": str(row.pk),
        "_type_": CLIENT,
    }


def short_client(row: Machine | Vault | None) -> Document:
    """Id and name of a client; an empty object for none."""
    return {} if row is None else {"clientId": row.number, "clientName": row.name}


def client_row(row: Machine | Vault) -> Document:
    """A client as lists have it."""
    return {"client": {"clientEntity": client_entity(row), "versionInfo": {}}}


def client_properties(row: Machine | Vault) -> Document:
    """A client with all that the SDK indexes."""
    facts = row.facts if isinstance(row, Machine) else {}
    online = isinstance(row, Vault) or row.engine_state in (
        Machine.EngineState.ONLINE,
        Machine.EngineState.ABSENT,
    )
    os_info = {
        "Type": "Unix",
        "SubType": "Linux",
        "OsDisplayInfo": {
            "OSName": str(facts.get("system", "Linux")),
            "ProcessorType": str(facts.get("processor", "x64")),
        },
    }
    control = {
        "EnableDataRecovery": True,
        "EnableDataManagement": True,
        "EnableOnlineContentIndex": False,
    }
    options = [{"activityType": kind, "enableActivityType": True} for kind in (1, 2)]
    return {
        "client": {
            "clientEntity": client_entity(row),
            "osInfo": os_info,
            "cvdPort": 0,
            "TimeZone": {"TimeZoneName": "Etc/UTC"},
            "versionInfo": {"version": f"FeatureRelease:{RELEASE}"},
        },
        "clientProps": {
            "activityControl": control,
            "clientActivityControl": {"activityControlOptions": options},
            "EnableSnapBackups": 0,
            "CVS3BucketName": row.name if isinstance(row, Vault) else "",
            "networkReadiness": {"status": "ONLINE" if online else "OFFLINE"},
        },
    }


# -- vaults ----------------------------------------------------------------------------------------

_VAULT_WORDS = {
    Vault.State.NEW: "CREATING",
    Vault.State.INSTALLING: "CREATING",
    Vault.State.ACTIVE: "READY",
    Vault.State.DEGRADED: "DEGRADED",
    Vault.State.FAILED: "FAILED",
    Vault.State.DELETING: "DELETING",
}


def vault_status(vault: Vault) -> str:
    """One of CREATING READY DEGRADED READONLY FAILED DELETING."""
    takes_nothing = vault.read_only or vault.pool.may_refuse_writes
    if takes_nothing and vault.state == Vault.State.ACTIVE:
        return "READONLY"
    return _VAULT_WORDS[Vault.State(vault.state)]


def vault_row(vault: Vault, endpoint_count: int) -> Document:
    """A vault as lists have it."""
    return {
        "id": vault.number,
        "name": vault.name,
        "clientId": vault.number,
        "plan": idname(vault.plan),
        "status": vault_status(vault),
        "endpointCount": endpoint_count,
        "sizeOnDisk": vault.size_bytes,
        "objectCount": vault.object_count,
        "quotaInBytes": vault.quota_bytes,
        "immutable": vault.lock_mode != StoragePlan.Lock.NONE,
    }


def vault_details(vault: Vault) -> Document:
    """A vault with its endpoints and the people on it; no secret is in it."""
    held = selectors.vaults.holders_of(vault)
    jobs = selectors.vaults.latest_jobs([vault.pk])
    return {
        "id": vault.number,
        "name": vault.name,
        "plan": idname(vault.plan),
        "status": vault_status(vault),
        "creationTime": at(vault.created_at),
        "endpoints": [endpoint(row) for row in selectors.vaults.endpoints_of(vault)],
        "owners": [
            {"userId": user.number, "userName": user.username, "__type__": USER}
            for user in held.users
        ],
        "userGroups": [
            {"userGroupId": role.pk, "userGroupName": role.name, "__type__": GROUP}
            for role in held.roles
        ],
        "region": vault.region,
        "objectLock": {"mode": vault.lock_mode, "days": vault.lock_days},
        "versioning": vault.versioning,
        "quotaInBytes": vault.quota_bytes,
        "sizeOnDisk": vault.size_bytes,
        "objectCount": vault.object_count,
        "lastJobId": jobs.get(vault.pk, 0),
    }


def endpoint(row: Endpoint) -> Document:
    """One door of a vault."""
    machine = row.machine
    found: Document = {
        "clientId": machine.number if machine else 0,
        "clientName": machine.name if machine else "",
        "enabled": machine.enabled if machine else True,
        "status": row.state.upper(),
        "endpointUrl": row.url or (machine.url if machine else ""),
    }
    if machine and machine.engine_version:
        found["version"] = machine.engine_version
    if row.verified_at:
        found["lastVerified"] = at(row.verified_at)
    return found


# -- jobs ------------------------------------------------------------------------------------------


def job_summary(job: Job) -> Document:
    """A job as ``GET Job/{id}`` and the lists have it."""
    machines = list(job.machines.all())
    subject = short_client(machines[0] if machines else job.vault)
    end = job.finished_at or timezone.now()
    return {
        "jobId": job.pk,
        "status": job.state,
        "localizedStatus": job.state,
        "percentComplete": job.percent,
        "jobType": "Uninstall Software" if job.type in _UNINSTALLS else "Install Software",
        "localizedOperationName": str(job.get_type_display()),
        "currentPhaseName": job.phase,
        "jobStartTime": at(job.created_at),
        "lastUpdateTime": at(job.updated_at),
        "jobEndTime": at(job.finished_at),
        "jobElapsedTime": max(0, at(end) - at(job.created_at)),
        "isVisible": True,
        "isAged": False,
        "pendingReason": job.reason,
        "backupLevelName": "",
        "appTypeName": "",
        "subclient": subject,
        "destinationClient": subject,
        "destClientName": subject.get("clientName", ""),
    }


def attempt(step: JobStep) -> Document:
    """One step as ``JobDetails`` has it."""
    return {
        "phaseName": step.name,
        "status": _STEP_WORDS[JobStep.State(step.state)],
        "startTime": at(step.started_at),
        "endTime": at(step.finished_at),
        "client": step.machine.name if step.machine else "",
    }


# -- plans and pools -------------------------------------------------------------------------------


def plan_entity(plan: StoragePlan) -> Document:
    """A plan in the legacy form."""
    return {"planId": plan.number, "planName": plan.name}


def plan_details(plan: StoragePlan) -> Document:
    """A plan as ``GET V2/Plan/{id}`` has it; both windows are indexed by the SDK."""
    copy = {
        "StoragePolicyCopy": {"copyId": plan.number, "copyName": plan.copy_name},
        "useGlobalPolicy": {
            "storagePolicyId": plan.pool.number,
            "storagePolicyName": plan.pool.name,
        },
        "retentionRules": {"retainBackupDataForDays": plan.retention_days},
        "isDefault": 1,
        "isSnapCopy": 0,
    }
    return {
        "summary": {
            "plan": plan_entity(plan),
            "slaInMinutes": RPO_MINUTES,
            "type": 2,
            "subtype": 33554437,
        },
        "operationWindow": {"ruleId": 0},
        "fullOperationWindow": {"ruleId": 0},
        "storage": {"copy": [copy]},
    }


def server_plan(plan: StoragePlan) -> Document:
    """A plan as ``V4/ServerPlan`` has it, with what a client said that we only keep."""
    destination = {
        "planBackupDestination": {"id": plan.number, "name": plan.copy_name},
        "storagePool": idname(plan.pool),
        "storageType": "DISK" if plan.pool.installs else "CLOUD",
        "retentionPeriodDays": plan.retention_days,
        "isDefault": True,
    }
    rpo = plan.wire.get("rpo") or {"backupFrequency": {"schedules": []}}
    return {
        **{key: value for key, value in plan.wire.items() if key != "rpo"},
        "plan": idname(plan),
        "backupDestinations": [destination],
        "rpo": rpo,
    }


def plan_summary(plan: StoragePlan, vault_count: int) -> Document:
    """A plan as ``V4/Plan/Summary`` has it."""
    return {
        "plan": idname(plan),
        "planType": "Server",
        "numberOfCopies": 1,
        "associatedEntities": vault_count,
        "RPO": RPO_MINUTES,
        "status": "ENABLED",
    }


def pool_row(pool: StoragePool) -> Document:
    """A pool as ``GET StoragePool`` has it in JSON; sizes in mebibytes, as there."""
    total, free = pool.total_bytes or 0, pool.free_bytes or 0
    return {
        "storagePoolEntity": {"storagePoolName": pool.name, "storagePoolId": pool.number},
        "totalCapacity": total >> 20,
        "totalFreeSpace": free >> 20,
        "sizeOnDisk": max(0, total - free) >> 20,
        "status": "Offline" if pool.state == StoragePool.State.FAILED else "Online",
    }


def pool_type(pool: StoragePool) -> int:
    """1 for disks, 2 for stores elsewhere."""
    return 1 if pool.installs else 2


# -- people ----------------------------------------------------------------------------------------


def user(row: User) -> Document:
    """A user in the V4 form."""
    return {
        "id": row.number,
        "name": row.username,
        "GUID": str(row.pk),
        "email": row.email,
        "fullName": row.full_name,
        "enabled": row.is_active,
        "company": {"id": 0, "name": "Commcell"},
        "lastLoggedIn": at(row.last_login),
    }


def user_entity(row: User) -> Document:
    """Id and name of a user in the legacy form."""
    return {"userId": row.number, "userName": row.username, "_type_": USER}


def legacy_user(row: User) -> Document:
    """A user in the legacy form."""
    return {
        "userEntity": user_entity(row),
        "email": row.email,
        "fullName": row.full_name,
        "enableUser": row.is_active,
    }


def group(row: Role, members: list[User]) -> Document:
    """A user group in the V4 form."""
    return {
        "id": row.pk,
        "name": row.name,
        "description": row.comment,
        "GUID": str(row.uuid),
        "enabled": True,
        "users": [{"id": each.number, "name": each.username} for each in members],
    }
