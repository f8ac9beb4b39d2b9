"""What a new portal offers at once: the machine that it runs on, a pool there, and a plan."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction

from s3vault_app.models import Machine, StoragePlan, StoragePool

MACHINE = "localhost"
POOL = "local"
PLAN = "standard"


def ensure_builtin() -> None:
    """Make them once; what an administrator takes away later does not come back."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('s3vault.builtin'))")
        if not Machine.objects.exists():
            Machine.objects.create(
                name=MACHINE,
                kind=Machine.Kind.LOCAL,
                host="127.0.0.1",
                state=Machine.State.READY,
            )
        if not StoragePool.objects.exists():
            pool = StoragePool.objects.create(name=POOL)
            # Immutable to every user, and still removable by those who run the portal.
            StoragePlan.objects.create(
                name=PLAN, pool=pool, lock_mode=StoragePlan.Lock.GOVERNANCE, retention_days=7
            )


def after_migrate(**_: Any) -> None:
    """post_migrate: the tables may be gone again, when somebody migrated backwards."""
    tables = connection.introspection.table_names()
    if {Machine._meta.db_table, StoragePlan._meta.db_table} <= set(tables):
        ensure_builtin()
