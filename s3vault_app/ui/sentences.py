"""What the rules of a plan mean for somebody who keeps data under them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from s3vault_app.models import StoragePlan, Vault
from s3vault_app.models.pool import FOR_EVER
from s3vault_app.ui import words

Lock = StoragePlan.Lock


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for a bucket, of a plan, a vault, or a form that is being filled in."""

    lock_mode: str
    days: int
    versioning: bool
    quota_bytes: int
    lifecycle: Mapping[str, Any]

    @classmethod
    def of_plan(cls, plan: StoragePlan) -> Rules:
        return cls(
            plan.lock_mode,
            plan.retention_days,
            plan.versioning,
            plan.quota_bytes,
            plan.lifecycle,
        )

    @classmethod
    def of_vault(cls, vault: Vault) -> Rules:
        return cls(
            vault.lock_mode,
            vault.lock_days,
            vault.versioning,
            vault.quota_bytes,
            vault.lifecycle,
        )


def effect(rules: Rules) -> list[str]:
    """Sentences: what is kept, for how long, from whom it is safe, and how much fits."""
    return [*_lock(rules), *_versions(rules), *_room(rules)]


def short(rules: Rules) -> str:
    """The same in one line, for lists."""
    days = words.period(rules.days)
    if rules.lock_mode == Lock.COMPLIANCE:
        kept = _("Locked for everybody, %(period)s") % {"period": days}
    elif rules.lock_mode == Lock.GOVERNANCE:
        kept = _("Locked, %(period)s") % {"period": days}
    else:
        kept = _("Not locked")
    return kept


def _lock(rules: Rules) -> list[str]:
    if rules.lock_mode == Lock.NONE:
        return [_("Objects can be deleted at any time.")]
    days = words.period(rules.days)
    if rules.days == FOR_EVER:
        days = ""
    strict = rules.lock_mode == Lock.COMPLIANCE
    if not days:
        kept = (
            _("Objects are kept for ever and cannot be deleted by anyone.")
            if strict
            else _("Objects are kept for ever; only those who run the store may lift that.")
        )
        return [kept]
    kept = (
        _("Objects are kept %(period)s and cannot be deleted by anyone.")
        if strict
        else _("Objects are kept %(period)s; only those who run the store may lift that.")
    )
    until = timezone.localdate() + timedelta(days=rules.days)
    first = _("What is written today cannot be deleted before %(date)s.")
    return [kept % {"period": days}, first % {"date": date_format(until, "DATE_FORMAT")}]


def _versions(rules: Rules) -> list[str]:
    if not rules.versioning:
        return [_("An object that is overwritten is gone.")]
    found = [_("Every version of an object is kept.")]
    days = rules.lifecycle.get("noncurrent_days")
    if days:
        told = _("Old versions go %(period)s after they were replaced, unless they are locked.")
        found = [told % {"period": words.period(int(days))}]
    expire = rules.lifecycle.get("expire_days")
    if expire:
        told = _("Objects go by themselves after %(period)s, unless they are locked.")
        found.append(told % {"period": words.period(int(expire))})
    return found


def _room(rules: Rules) -> list[str]:
    if rules.quota_bytes:
        room = words.size(rules.quota_bytes)
        return [_("Each vault takes up to %(size)s.") % {"size": room}]
    return [_("No limit to what a vault takes.")]


def reach(vaults: int) -> str:
    """For whom a changed plan holds."""
    if not vaults:
        return _("It holds for vaults made from now on. No vault uses it yet.")
    told = ngettext(
        "It holds for vaults made from now on. %(n)d vault that stands keeps its own rules.",
        "It holds for vaults made from now on. %(n)d vaults that stand keep their own rules.",
        vaults,
    )
    return told % {"n": vaults}


def holding(vaults: int, held: int) -> str:
    """How many of a plan's vaults have data, and how much; "" for none."""
    if not vaults:
        return ""
    told = ngettext(
        "%(n)d vault already holds %(size)s.", "%(n)d vaults already hold %(size)s.", vaults
    )
    return told % {"n": vaults, "size": words.size(held)}
