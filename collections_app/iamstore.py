"""The IAM file in the portal's own tables: roles, policies, and users that come with a key.

Only what the file made is the file's: roles marked in ``wire``, users marked in ``attributes``.
The portal's people and its other roles are not seen and not touched. Policies are of collections
only, so all of them but Admin's belong to the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Permission
from django.db import connections, transaction

from collections_app import iamconf
from collections_app.iamconf import BUILT_IN, IamConf, PolicyConf, RoleConf, UserConf, refuse
from collections_app.models import IdentityProvider
from collections_app.permissions import WILDCARD
from collections_app.providerconf import ProviderConf
from vaultportal.identity.models import Membership, Policy, Role, User

MARK = "piiano"
DEFAULT_FILE = Path(__file__).with_name("default_iam.toml")


def roles_of_file() -> dict[str, Role]:
    """The file's roles by name."""
    return {role.name: role for role in Role.objects.live().filter(wire__has_key=MARK)}


def users_of_file() -> dict[str, User]:
    """The file's users by name."""
    return {user.username: user for user in User.objects.filter(attributes__has_key=MARK)}


def load() -> IamConf:
    """The file as the tables have it."""
    roles = roles_of_file()
    return IamConf(
        users={
            name: UserConf(str(user.attributes[MARK]["role"]), not user.is_active)
            for name, user in users_of_file().items()
        },
        roles={
            name: RoleConf(**{key: tuple(each) for key, each in role.wire[MARK].items()})
            for name, role in roles.items()
        },
        policies={
            row.name: PolicyConf(
                row.policy_type, tuple(row.operations), tuple(row.reasons), tuple(row.resources)
            )
            for row in Policy.objects.exclude(name=BUILT_IN)
        },
        idps=providers(),
    )


def providers() -> dict[str, ProviderConf]:
    """The file's issuers of tokens by name, in the order of the file."""
    return {
        row.name: ProviderConf(
            row.type, row.conf, row.is_disabled, tuple(row.allowed_roles), row.roles_map
        )
        for row in IdentityProvider.objects.all()
    }


def store(conf: IamConf) -> None:
    """Make and change what ``conf`` names; what it no longer names is the caller's to end.

    Raises:
        Invalid: PV9015, a name is taken by somebody or something that is not the file's.
    """
    policies = {name: _save_policy(name, each) for name, each in conf.policies.items()}
    present = roles_of_file()
    roles = {name: _save_role(name, each, present) for name, each in conf.roles.items()}
    for name, each in conf.roles.items():
        wanted = policies.values() if WILDCARD in each.policies else _pick(policies, each.policies)
        roles[name].policies.set(wanted)
        roles[name].trusted_roles.set(_pick(roles, each.trusted_roles))
    known = users_of_file()
    for name, user in conf.users.items():
        _save_user(name, user, known.get(name), roles)
    if conf.idps != providers() or [*conf.idps] != [*providers()]:
        IdentityProvider.objects.all().delete()
        IdentityProvider.objects.bulk_create(
            IdentityProvider(
                name=name,
                position=place,
                is_disabled=each.disabled,
                type=each.type,
                allowed_roles=list(each.allowed_roles),
                roles_map=dict(each.roles_map),
                conf=dict(each.conf),
            )
            for place, (name, each) in enumerate(conf.idps.items())
        )


def _pick(found: Mapping[str, Any], names: Iterable[str]) -> list[Any]:
    return [found[name] for name in names]


def _save_policy(name: str, conf: PolicyConf) -> Policy:
    row, _ = Policy.objects.update_or_create(
        name=name,
        defaults={
            "policy_type": conf.policy_type,
            "operations": list(conf.operations),
            "reasons": list(conf.reasons),
            "resources": list(conf.resources),
        },
    )
    return row


def _save_role(name: str, conf: RoleConf, present: Mapping[str, Role]) -> Role:
    role = present.get(name)
    if role is None:
        if Role.objects.filter(name=name).exists():
            raise refuse(f"The portal has a role {name} that is not of this file.")
        role = Role(name=name, comment="From the IAM file of the collections.")
    kept = {
        "capabilities": list(conf.capabilities),
        "policies": list(conf.policies),
        "trusted_roles": list(conf.trusted_roles),
    }
    if role.wire.get(MARK) != kept:
        role.wire = {**role.wire, MARK: kept}
        role.save()
    ours = Permission.objects.filter(content_type__app_label="collections_app")
    wanted = ours.filter(codename__in=[each.codename for each in conf.held()])
    others = role.permissions.exclude(content_type__app_label="collections_app")
    role.permissions.set([*wanted, *others])
    return role


def _save_user(name: str, conf: UserConf, user: User | None, roles: Mapping[str, Role]) -> None:
    if user is None:
        if User.objects.filter(username__iexact=name).exists():
            raise refuse(f"The portal has a user {name} that is not of this file.")
        user = User(username=name, full_name=name, kind=User.Kind.CLIENT)
        user.set_unusable_password()
    attributes = {**user.attributes, MARK: {"role": conf.role}}
    if user._state.adding or user.attributes != attributes or user.is_active == conf.disabled:
        user.attributes, user.is_active = attributes, not conf.disabled
        user.save()
    role = roles[conf.role]
    of_file = [each.pk for each in roles_of_file().values()]
    Membership.objects.filter(user=user, group_id__in=of_file).exclude(group_id=role.pk).delete()
    Membership.objects.get_or_create(user=user, group_id=role.pk)


def ensure_default(using: str = "default", **signal: Any) -> None:
    """Lay the default file into an empty vault; the receiver of ``post_migrate``."""
    tables = set(connections[using].introspection.table_names())
    if not {"identity_role", "identity_policy", "collections_app_collection"} <= tables:
        return  # migrated backwards
    with transaction.atomic(), connections[using].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('collections.iam'))")
        if roles_of_file() or Policy.objects.exclude(name=BUILT_IN).exists():
            return
        # The rights of this app may come after this receiver; the roles need them now.
        create_permissions(apps.get_app_config("collections_app"), verbosity=0, using=using)
        store(iamconf.parse(DEFAULT_FILE.read_text(encoding="utf-8")))
