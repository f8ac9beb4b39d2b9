"""What is set for a secret as a whole: name, type, end, versions kept, tickets for looks."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from secrets_app import limits, names, queries, refusals, types
from secrets_app.models import Secret, SecretChange
from secrets_app.permissions import SecretPermission
from secrets_app.records import ANY, Condition, Ref, SecretInfo, Written
from secrets_app.services import secrets
from vaultportal import trail
from vaultportal.errors import Fault
from vaultportal.identity import access
from vaultportal.identity.actor import Actor

MAX_KEEP_VERSIONS = 1000
MAX_KEEP_DAYS = 32_000


class Unset:
    """The one value that says: leave it as it is. None says: no end, no limit of its own."""


UNSET = Unset()


@dataclass(frozen=True, slots=True)
class Settings:
    """What is to be changed. keep_versions, keep_days: None for what the portal keeps anyway."""

    name: str | Unset = UNSET
    type: str | Unset = UNSET
    expires_at: datetime | Unset | None = UNSET
    keep_versions: int | Unset | None = UNSET
    keep_days: int | Unset | None = UNSET
    needs_ticket: bool | Unset = UNSET

    def given(self) -> dict[str, Any]:
        """The settings that are to be changed, by name."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in values.items() if not isinstance(value, Unset)}


@trail.unit()
def change_settings(
    actor: Actor, ref: Ref, settings: Settings, *, condition: Condition = ANY
) -> Written:
    """Change what is set for a secret; its data stay as they are.

    Raises:
        NotFound: there is none, or none that the actor may know of.
        Forbidden: the actor neither owns it nor, for a shared one, manages secrets; or may not
            read it and gives it another type, whose fit would tell what it holds.
        Invalid: a value is not acceptable, or the data do not fit the new type.
        Conflict: the new name is taken; Stale: see ``condition``.
    """
    found = secrets.find(actor, ref, rights=(queries.READ, queries.OWN), sealed=True, lock=True)
    info = found.info
    if not may_manage(actor, info):
        raise refusals.forbidden("change the settings of this secret")
    condition.require(info.etag)
    values = settings.given()
    if faults := _faults(values):
        raise refusals.invalid(*faults)
    if "type" in values and values["type"] != info.type:
        if not info.may_read and values["type"] not in ("", "json"):
            raise refusals.forbidden("give this secret a type without reading it")
        types.check(values["type"], secrets.unsealed(found))
    if values.get("needs_ticket") == info.needs_ticket:
        del values["needs_ticket"]
    if "name" in values:
        values["folded"] = names.folded(values["name"])
    try:
        with transaction.atomic():
            Secret.objects.filter(pk=info.id).update(**values)
    except IntegrityError:
        raise refusals.taken() from None
    changed = sorted(values.keys() - {"folded"})
    renamed = replace(info, name=values.get("name", info.name))
    if "needs_ticket" in values:
        target = secrets.target_of(renamed)
        trail.record(actor, "secret.ticket", target, needs_ticket=values["needs_ticket"])
    return secrets.advance(actor, renamed, changed, SecretChange.Kind.UPDATED)


def may_manage(actor: Actor, info: SecretInfo) -> bool:
    """Whether the secret's settings are the actor's business. ``info`` must tell OWN."""
    if info.owner_id is None:
        return access.holds(actor, SecretPermission.CHANGE)
    return info.may_own


def _faults(values: dict[str, Any]) -> list[Fault]:
    found: list[Fault] = []
    if "name" in values and (fault := names.fault_of(values["name"])):
        found.append(fault)
    if fault := limits.fault_of_end(values.get("expires_at"), "expires_at"):
        found.append(fault)
    for name, most in (("keep_versions", MAX_KEEP_VERSIONS), ("keep_days", MAX_KEEP_DAYS)):
        value = values.get(name)
        if value is not None and not 1 <= value <= most:
            found.append(Fault(name, "range", f"must be from 1 to {most}"))
    return found
