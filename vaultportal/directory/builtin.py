"""The administrator of collections, who is built in: user, role and policy of the name Admin.

The two roles of the whole portal are made by ``vaultportal.identity.builtin``.

Source: Piiano Vault's IAM documents; contract of collections, section 6.14.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction

from vaultportal.identity import builtin
from vaultportal.identity.models import Membership, Policy, Role, User
from vaultportal.identity.models.role import ADMIN

VAULT_ADMIN = "Admin"


def ensure_builtin() -> None:
    """Make what is missing; safe to repeat and to run beside itself."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            # A role spans two tables, for which there is no ON CONFLICT: one at a time instead.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('directory.builtin'))")
        builtin.ensure_roles()
        vault_admin()


def vault_admin() -> User:
    """The user Admin: a program's account that manages all, and whose only way in is a key.

    It may read data as far as ``options.ADMIN_MAY_READ_DATA`` says.
    """
    user, _ = User.objects.get_or_create(
        username=VAULT_ADMIN,
        defaults={"kind": User.Kind.CLIENT, "full_name": VAULT_ADMIN, "password": "!"},
    )
    role, _ = Role.objects.get_or_create(
        name=VAULT_ADMIN,
        defaults={"system": True, "comment": "The built-in administrator of collections."},
    )
    policy, _ = Policy.objects.get_or_create(
        name=VAULT_ADMIN,
        defaults={
            "policy_type": Policy.Type.ALLOW,
            "operations": ["*"],
            "reasons": ["*"],
            "resources": ["*"],
        },
    )
    role.policies.add(policy)
    administrators = Role.objects.get(name=ADMIN)
    for each in (role, administrators):
        Membership.objects.get_or_create(user=user, group_id=each.pk)
    return user


def after_migrate(**_: Any) -> None:
    """post_migrate: the tables may be gone again, when somebody migrated backwards."""
    tables = connection.introspection.table_names()
    if {"identity_role", "identity_membership", "directory_setting"} <= set(tables):
        ensure_builtin()
