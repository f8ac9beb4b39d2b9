"""The IAM file, and the API keys of its users."""

from __future__ import annotations

from datetime import datetime, timedelta

from collections_app import iamconf, iamstore
from collections_app.errors import bad_request, capability_missing, resource_missing
from collections_app.iamconf import BUILT_IN
from collections_app.permissions import Capability
from collections_app.services import guard, tracing
from collections_app.services.options import LONGEST_SECONDS
from vaultportal import trail
from vaultportal.directory.builtin import vault_admin
from vaultportal.directory.services import clients, keys, policies, roles
from vaultportal.directory.services.keys import IssuedKey
from vaultportal.errors import Forbidden, NotFound
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import ApiKey, Role, User

KEY_LIFETIME = timedelta(days=365)


def get_conf(actor: Actor) -> str:
    """The file as TOML.

    Source: Piiano Vault, ``GET /ctl/iam/conf``.
    """
    guard.require(actor, Capability.IAM_READER)
    return iamconf.render(iamstore.load())


@trail.unit()
def set_conf(actor: Actor, text: str) -> None:
    """Replace the whole file. Users that are no longer named lose their keys, others keep theirs.

    Raises:
        Invalid: PV9015; nothing has changed then.

    Source: Piiano Vault, ``POST /ctl/iam/conf``.
    """
    guard.require(actor, Capability.IAM_WRITER)
    conf = iamconf.parse(text)
    before = iamstore.load()
    users, old_roles = iamstore.users_of_file(), iamstore.roles_of_file()
    manager = _manager(actor)
    gone_users = sorted(users.keys() - conf.users.keys())
    for name in gone_users:
        clients.delete_keyed_user(manager, users[name].pk)
    for name in sorted(users.keys() & conf.users.keys()):
        if conf.users[name].disabled and users[name].is_active:
            clients.set_keyed_user_active(manager, users[name].pk, active=False)
    iamstore.store(conf)
    gone_roles = sorted(old_roles.keys() - conf.roles.keys())
    for name in gone_roles:
        roles.retire_role(manager, old_roles[name].uuid)
    gone_policies = sorted(before.policies.keys() - conf.policies.keys())
    for name in gone_policies:
        policies.delete_policy(manager, name)
    changed = [
        f"{table}.{name}"
        for table in ("users", "roles", "policies", "idps")
        for name, value in getattr(conf, table).items()
        if getattr(before, table).get(name) != value
    ]
    barred = [
        users[name].pk
        for name, user in conf.users.items()
        if name in users and conf.roles[user.role].trusted_roles
    ]  # others act for such a role, and nobody signs in with it
    for key_id in ApiKey.objects.filter(user__in=barred, revoked_at=None).values_list("pk"):
        keys.revoke_key(manager, *key_id)
    gone = [
        *(f"users.{name}" for name in gone_users),
        *(f"roles.{name}" for name in gone_roles),
        *(f"policies.{name}" for name in gone_policies),
        *(f"idps.{name}" for name in sorted(before.idps.keys() - conf.idps.keys())),
    ]
    trail.record(
        actor,
        "iam.set",
        trail.Target("iam", "conf", "IAM configuration"),
        **tracing.listed("changed", changed),
        **tracing.listed("removed", gone),
    )


def get_user(actor: Actor, name: str) -> datetime | None:
    """When the user's API key ends; None for no key or one without an end.

    Source: Piiano Vault, ``GET /ctl/iam/user/{user}``.
    """
    guard.require(actor, Capability.IAM_READER)
    user = _user(name)
    key = ApiKey.objects.filter(user=user, revoked_at=None).order_by("-created_at").first()
    return key.expires_at if key is not None else None


@trail.unit()
def regenerate_key(actor: Actor, name: str) -> IssuedKey:
    """A new API key for a user of the file; the old one is dead at once.

    Raises:
        Forbidden: PV2021 for Admin. NotFound: no such user. Invalid: PV9015 for one whose role
            trusts others to act for it, since nobody signs in with such a role.

    Source: Piiano Vault, ``POST /ctl/iam/user/regen``.
    """
    guard.require(actor, Capability.IAM_WRITER)
    if name == BUILT_IN:
        raise Forbidden(
            message="The key of Admin is not regenerated here.", reason="admin.regenerate"
        )
    user = _user(name)
    if Role.objects.filter(user=user, trusted_roles__isnull=False).exists():
        raise iamconf.refuse("Others act for the role of this user, who cannot sign in.")
    return keys.replace_keys(_manager(actor), user.pk, lifetime=KEY_LIFETIME)


@trail.unit()
def set_expiration(actor: Actor, name: str, seconds: int) -> datetime | None:
    """Let a user's key end ``seconds`` from now; the new end.

    Source: Piiano Vault, ``POST /ctl/iam/user/update-expiration``.
    """
    guard.require(actor, Capability.IAM_WRITER)
    if not 0 <= seconds <= LONGEST_SECONDS:
        raise bad_request("expiration_secs", f"must be from 0 to {LONGEST_SECONDS}")
    try:
        return keys.set_expiry(_manager(actor), _user(name).pk, timedelta(seconds=seconds))
    except NotFound:
        raise resource_missing("API key") from None


@trail.unit()
def set_admin_key(actor: Actor, key: str) -> None:
    """Give Admin a key of the caller's choice; only Admin may.

    Raises:
        Forbidden: somebody else asks. Invalid: fewer than 15 characters, or without a digit, a
            lower or an upper case letter.

    Source: Piiano Vault, ``POST /ctl/iam/admin/set-api-key``.
    """
    require_vault_admin(actor)
    strong = (
        15 <= len(key) <= 512
        and key.isascii()
        and key.isprintable()
        and " " not in key
        and any(each.isdigit() for each in key)
        and any(each.islower() for each in key)
        and any(each.isupper() for each in key)
    )
    if not strong:
        raise bad_request(
            "key", "must have 15 or more characters with a digit, a lower and an upper case letter"
        )
    keys.replace_keys(_manager(actor), vault_admin().pk, key=key)


def require_vault_admin(actor: Actor) -> None:
    """PV1007 for everybody but the built-in user Admin."""
    if not guard.is_vault_admin(actor):
        raise capability_missing(actor.name)


def _user(name: str) -> User:
    found = iamstore.users_of_file().get(name)
    if found is None:
        raise resource_missing("user")
    return found


def _manager(actor: Actor) -> Actor:
    """The actor with every right to manage: CapIAMWriter is that, for what is the file's."""
    return actor.with_(is_superuser=True)
