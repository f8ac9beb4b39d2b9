"""The dashed permission names of the PrivX dialect, and the rights that they stand for.

A role on the wire carries names ("vault-add"); a role in the portal carries rights. A name that
stands for rights is kept as these rights and nothing else, so that the two cannot disagree; a name
that stands for none ("connections-view") is kept as it was given.

Source: PrivX role-store; contract section 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def _verbs(model: str, *verbs: str) -> frozenset[str]:
    return frozenset(f"identity.{verb}_{model}" for verb in verbs)


_ALL = ("view", "add", "change", "delete")

RIGHTS: Mapping[str, frozenset[str]] = {
    "users-view": _verbs("user", "view"),
    "users-manage": _verbs("user", *_ALL),
    "roles-view": _verbs("role", "view"),
    "roles-manage": _verbs("role", *_ALL) | _verbs("policy", *_ALL),
    "api-clients-manage": _verbs("apiclient", *_ALL) | _verbs("apikey", *_ALL),
    "sources-view": frozenset({"directory.view_source"}),
    "settings-view": frozenset({"directory.view_setting"}),
    "settings-manage": frozenset({"directory.view_setting", "directory.change_setting"}),
    "vault-add": frozenset({"secrets_app.add_secret"}),
    "vault-manage": frozenset(
        f"secrets_app.{verb}_secret" for verb in ("view", "add", "change", "delete")
    ),
    "logs-view": frozenset({"audit.view_auditentry"}),
}


def rights_of(names: Iterable[str]) -> frozenset[str]:
    """The rights that ``names`` give together; unknown names give none."""
    return frozenset[str]().union(*(RIGHTS.get(name, frozenset()) for name in names))


def unmapped(names: Iterable[str]) -> list[str]:
    """The names that stand for no right, in the order given, once each."""
    return [name for name in dict.fromkeys(names) if name not in RIGHTS]


def names_of(rights: frozenset[str], kept: Iterable[str] = ()) -> list[str]:
    """The names whose rights are all held, then those that were kept as given."""
    held = [name for name, needed in RIGHTS.items() if needed <= rights]
    return [*held, *(name for name in kept if name not in RIGHTS)]


def replaced(rights: frozenset[str], names: Iterable[str]) -> frozenset[str]:
    """``rights`` with those that a name stands for replaced by those of ``names``.

    What no name stands for, the capabilities of collections among it, is not this wire's to take.
    """
    of_this_wire = frozenset[str]().union(*RIGHTS.values())
    return (rights - of_this_wire) | rights_of(names)
