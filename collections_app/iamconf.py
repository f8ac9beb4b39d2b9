"""The IAM file: users, roles, policies and issuers of tokens as TOML, both ways. Pure.

What the file may name is checked as a whole, so that a mistake is told before anything changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from collections_app import providerconf
from collections_app.permissions import BY_WIRE_NAME, WILDCARD, Capability
from collections_app.providerconf import ProviderConf
from vaultportal.errors import Invalid

OPERATIONS = (
    "read", "write", "delete", "search", "tokenize", "detokenize", "encrypt", "decrypt", "hash",
    "stats", "invoke",
)  # fmt: skip
TABLES = frozenset({"users", "roles", "policies", "idps"})
BUILT_IN = "Admin"
LONGEST = 1_000_000  # characters
LONGEST_ITEM = {
    "capabilities": 64,
    "policies": 150,
    "trusted_roles": 150,
    "operations": 64,
    "reasons": 255,
    "resources": 1024,
}


@dataclass(frozen=True, slots=True)
class UserConf:
    """A program's account: its one role, and whether it is switched off."""

    role: str
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class RoleConf:
    """capabilities by their names on the wire; policies by name; ``*`` in either is all."""

    capabilities: tuple[str, ...]
    policies: tuple[str, ...] = ()
    trusted_roles: tuple[str, ...] = ()

    def held(self) -> frozenset[Capability]:
        """The capabilities meant: with ``*`` all but the one that only Admin holds."""
        if WILDCARD in self.capabilities:
            return frozenset(Capability) - {Capability.SYSTEM}
        return frozenset(BY_WIRE_NAME[name] for name in self.capabilities)


@dataclass(frozen=True, slots=True)
class PolicyConf:
    """What a policy allows or denies."""

    policy_type: str
    operations: tuple[str, ...]
    reasons: tuple[str, ...]
    resources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IamConf:
    """The whole file."""

    users: Mapping[str, UserConf] = field(default_factory=dict)
    roles: Mapping[str, RoleConf] = field(default_factory=dict)
    policies: Mapping[str, PolicyConf] = field(default_factory=dict)
    idps: Mapping[str, ProviderConf] = field(default_factory=dict)


def refuse(message: str) -> Invalid:
    """PV9015."""
    return Invalid(message=message, reason="iam.invalid")


def parse(text: str) -> IamConf:
    """The file in ``text``; PV9015 names the first mistake."""
    if len(text) > LONGEST:
        raise refuse("The IAM configuration is too long.")
    try:
        document: dict[str, Any] = tomlkit.parse(text).unwrap()
    except (TOMLKitError, RecursionError, ValueError) as fault:
        place = getattr(fault, "line", None)
        raise refuse(
            f"The IAM configuration is not valid TOML, line {place}."
            if place
            else "The IAM configuration is not valid TOML."
        ) from None
    if unknown := document.keys() - TABLES:
        raise refuse(f"The IAM configuration has {len(unknown)} unknown tables.")
    conf = IamConf(
        users={name: _user(name, body) for name, body in _table(document, "users")},
        roles={name: _role(name, body) for name, body in _table(document, "roles")},
        policies={name: _policy(name, body) for name, body in _table(document, "policies")},
        idps={name: providerconf.parse(name, body) for name, body in _table(document, "idps")},
    )
    _check_names(conf)
    return conf


def render(conf: IamConf) -> str:
    """The file as text, everything sorted by name."""
    document = tomlkit.document()
    for table, entries in (
        ("users", {name: _user_body(user) for name, user in conf.users.items()}),
        ("roles", {name: _role_body(role) for name, role in conf.roles.items()}),
        ("policies", {name: _policy_body(each) for name, each in conf.policies.items()}),
        ("idps", {name: providerconf.render(each) for name, each in conf.idps.items()}),
    ):
        if table == "idps" and not entries:
            continue
        parent = tomlkit.table(is_super_table=True)
        # The order of issuers has a meaning: the first that a token fits is asked.
        for name in entries if table == "idps" else sorted(entries):
            parent.add(name, entries[name])
        document.add(table, parent)
    return tomlkit.dumps(document)


def _table(document: Mapping[str, Any], name: str) -> list[tuple[str, Mapping[str, Any]]]:
    table = document.get(name, {})
    if not isinstance(table, dict) or not all(isinstance(body, dict) for body in table.values()):
        raise refuse(f"{name} must be a table of tables.")
    for entry in table:
        if not 1 <= len(entry) <= 150 or not entry.isprintable():
            raise refuse(f"A name in {name} must have 1 to 150 printable characters.")
    return list(table.items())


def _known(where: str, body: Mapping[str, Any], *names: str) -> None:
    if body.keys() - set(names):
        raise refuse(f"{where} has a key beside {', '.join(names)}.")


def _texts(where: str, body: Mapping[str, Any], name: str, *, required: bool) -> tuple[str, ...]:
    found = body.get(name, [])
    if not isinstance(found, list) or not all(isinstance(item, str) and item for item in found):
        raise refuse(f"{where}: {name} must be a list of strings.")
    if any(len(item) > LONGEST_ITEM[name] or "\0" in item for item in found):
        raise refuse(f"{where}: {name} has an item over {LONGEST_ITEM[name]} characters.")
    if required and not found:
        raise refuse(f"{where}: {name} needs at least one value.")
    return tuple(found)


def _user(name: str, body: Mapping[str, Any]) -> UserConf:
    where = f"users.{name}"
    _known(where, body, "role", "disabled")
    role, disabled = body.get("role"), body.get("disabled", False)
    if not isinstance(role, str) or not isinstance(disabled, bool):
        raise refuse(f"{where} needs a role, and disabled is true or false.")
    return UserConf(role, disabled)


def _role(name: str, body: Mapping[str, Any]) -> RoleConf:
    where = f"roles.{name}"
    _known(where, body, "capabilities", "policies", "trusted_roles")
    capabilities = _texts(where, body, "capabilities", required=False)
    unknown = [each for each in capabilities if each != WILDCARD and each not in BY_WIRE_NAME]
    if unknown or Capability.SYSTEM.wire in capabilities:
        raise refuse(f"{where} names a capability that does not exist or is Admin's alone.")
    return RoleConf(
        capabilities,
        _texts(where, body, "policies", required=False),
        _texts(where, body, "trusted_roles", required=False),
    )


def _policy(name: str, body: Mapping[str, Any]) -> PolicyConf:
    where = f"policies.{name}"
    _known(where, body, "policy_type", "operations", "reasons", "resources")
    kind = body.get("policy_type")
    if kind not in ("allow", "deny"):
        raise refuse(f"{where}: policy_type must be allow or deny.")
    operations = _texts(where, body, "operations", required=True)
    if any(each not in OPERATIONS and each != WILDCARD for each in operations):
        raise refuse(f"{where}: operations are {', '.join(OPERATIONS)} or *.")
    return PolicyConf(
        str(kind),
        operations,
        _texts(where, body, "reasons", required=True),
        _texts(where, body, "resources", required=True),
    )


def _check_names(conf: IamConf) -> None:
    """Everything that is named exists; the built-in names are not the file's to give."""
    if BUILT_IN in {*conf.users, *conf.roles, *conf.policies}:
        raise refuse(f"{BUILT_IN} is built in and no part of the file.")
    folded = [name.casefold() for name in conf.users]
    if len(set(folded)) < len(folded):
        raise refuse("Two users differ in letter case only.")
    for name, user in conf.users.items():
        if user.role not in conf.roles:
            raise refuse(f"users.{name} has a role that does not exist.")
    for name, role in conf.roles.items():
        if not set(role.policies) <= {*conf.policies, WILDCARD}:
            raise refuse(f"roles.{name} names a policy that does not exist.")
        if not set(role.trusted_roles) <= conf.roles.keys():
            raise refuse(f"roles.{name} trusts a role that does not exist.")

    for name, provider in conf.idps.items():
        if not provider.roles <= conf.roles.keys():
            raise refuse(f"idps.{name} names a role that does not exist.")


def _user_body(user: UserConf) -> dict[str, Any]:
    return {"disabled": user.disabled, "role": user.role}


def _role_body(role: RoleConf) -> dict[str, Any]:
    body: dict[str, Any] = {
        "capabilities": list(role.capabilities),
        "policies": list(role.policies),
    }
    if role.trusted_roles:
        body["trusted_roles"] = list(role.trusted_roles)
    return body


def _policy_body(policy: PolicyConf) -> dict[str, Any]:
    return {
        "operations": list(policy.operations),
        "policy_type": policy.policy_type,
        "reasons": list(policy.reasons),
        "resources": list(policy.resources),
    }
