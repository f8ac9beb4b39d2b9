"""The rules of a plan, as somebody sets them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from s3vault_app.models import StoragePlan, StoragePool
from s3vault_app.models.pool import FOR_EVER
from s3vault_app.services.plans import MOST_DAYS, PlanFields
from s3vault_app.ui.sentences import Rules

GIB = 1024**3
PLACES = {"planName": "name", "retentionPeriodDays": "days", "storagePool.id": "pool"}
LIFECYCLE = ("noncurrent_days", "abort_multipart_days", "expire_days")


def gib(count: int) -> Decimal | None:
    """Bytes as a person types them; None for no limit."""
    return (Decimal(count) / GIB).quantize(Decimal("0.001")).normalize() if count else None


class PlanForm(forms.Form):
    """pools: those to choose from. is_used: vaults stand on the plan, so its pool stays.

    since: when the first of them was made, for who may see one.
    """

    name = forms.CharField(label=gettext_lazy("Name"), max_length=255)
    pool = forms.TypedChoiceField(label=gettext_lazy("Storage pool"), coerce=int)
    lock_mode = forms.ChoiceField(
        label=gettext_lazy("Object lock"),
        initial=StoragePlan.Lock.GOVERNANCE,
        widget=forms.RadioSelect,
        choices=[
            (StoragePlan.Lock.NONE, gettext_lazy("None")),
            (StoragePlan.Lock.GOVERNANCE, gettext_lazy("Governance")),
            (StoragePlan.Lock.COMPLIANCE, gettext_lazy("Compliance")),
        ],
        help_text=gettext_lazy(
            "Governance can be lifted by those who run the store, compliance by nobody at all."
        ),
    )
    days = forms.IntegerField(
        label=gettext_lazy("Days of retention"),
        initial=30,
        min_value=1,
        max_value=MOST_DAYS,
        required=False,
        help_text=gettext_lazy("For how long an object cannot be deleted after it was written."),
    )
    for_ever = forms.BooleanField(label=gettext_lazy("For ever"), required=False)
    versioning = forms.BooleanField(
        label=gettext_lazy("Keep every version"), required=False, initial=True
    )
    quota = forms.DecimalField(
        label=gettext_lazy("Quota of a vault, in GiB"),
        required=False,
        min_value=Decimal("0.001"),
        max_value=Decimal(4_000_000_000),
        decimal_places=3,
        help_text=gettext_lazy("No limit when left empty."),
    )
    region = forms.CharField(label=gettext_lazy("Region"), max_length=32, initial="us-east-1")
    noncurrent_days = forms.IntegerField(
        label=gettext_lazy("Old versions go after, in days"),
        required=False,
        min_value=1,
        max_value=MOST_DAYS,
    )
    expire_days = forms.IntegerField(
        label=gettext_lazy("Objects go after, in days"),
        required=False,
        min_value=1,
        max_value=MOST_DAYS,
    )
    abort_multipart_days = forms.IntegerField(
        label=gettext_lazy("Unfinished uploads go after, in days"),
        required=False,
        min_value=1,
        max_value=MOST_DAYS,
    )

    def __init__(
        self,
        *args: Any,
        pools: Sequence[StoragePool],
        plan: StoragePlan | None = None,
        is_used: bool = False,
        since: datetime | None = None,
        **kwargs: Any,
    ) -> None:
        if plan is not None:
            kwargs["initial"] = _of(plan)
        super().__init__(*args, **kwargs)
        self.plan, self.is_used = plan, is_used
        choices = [(pool.number, pool.name) for pool in pools]
        self.fields["pool"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField
        if is_used:
            self.fields["pool"].disabled = True
            self.fields["pool"].help_text = _locked(since)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        locks = given.get("lock_mode") not in (None, StoragePlan.Lock.NONE)
        if locks and not given.get("for_ever") and not given.get("days") and "days" in given:
            self.add_error("days", _("Say for how many days, or for ever."))
        if locks and not given.get("versioning"):
            self.add_error("versioning", _("Objects can be locked only where versions are kept."))
        return given

    @property
    def rules(self) -> Rules | None:
        """What the form says so far; None while that cannot hold."""
        if not self.is_valid():
            return None
        given = self.cleaned_data
        return Rules(
            lock_mode=given["lock_mode"],
            days=self._days,
            versioning=given["versioning"],
            quota_bytes=self.quota_bytes,
            lifecycle=self._lifecycle,
        )

    def plan_fields(self) -> PlanFields:
        """For the service."""
        given = self.cleaned_data
        return PlanFields(
            name=given["name"].strip(),
            pool=given["pool"],
            lock_mode=given["lock_mode"],
            retention_days=self._days,
            versioning=given["versioning"],
            quota_bytes=self.quota_bytes,
            lifecycle=self._lifecycle,
            region=given["region"].strip(),
        )

    @property
    def quota_bytes(self) -> int:
        """0 for no limit."""
        return int((self.cleaned_data.get("quota") or 0) * GIB)

    @property
    def _days(self) -> int:
        if self.cleaned_data.get("for_ever"):
            return FOR_EVER
        known = self.plan.retention_days if self.plan else 30
        return int(self.cleaned_data.get("days") or known)

    @property
    def _lifecycle(self) -> dict[str, int]:
        given = self.cleaned_data
        return {name: given[name] for name in LIFECYCLE if given.get(name)}


class RulesForm(forms.Form):
    """What of a standing vault may change: its quota, and its lock within limits."""

    quota = forms.DecimalField(
        label=gettext_lazy("Quota, in GiB"),
        required=False,
        min_value=Decimal("0.001"),
        max_value=Decimal(4_000_000_000),
        decimal_places=3,
        help_text=gettext_lazy("No limit when left empty."),
    )
    lock_mode = forms.ChoiceField(label=gettext_lazy("Object lock"), widget=forms.RadioSelect)
    days = forms.IntegerField(
        label=gettext_lazy("Days of retention"), min_value=1, max_value=MOST_DAYS, required=False
    )

    def __init__(self, *args: Any, vault: Any, **kwargs: Any) -> None:
        initial = {
            "quota": gib(vault.quota_bytes),
            "lock_mode": vault.lock_mode,
            "days": vault.lock_days if vault.lock_days > 0 else None,
        }
        kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        lock = StoragePlan.Lock
        modes = [(lock.GOVERNANCE, _("Governance")), (lock.COMPLIANCE, _("Compliance"))]
        if vault.lock_mode == lock.NONE:
            del self.fields["lock_mode"], self.fields["days"]
            return
        if vault.lock_mode == lock.COMPLIANCE:
            modes = modes[1:]
            self.fields["days"].help_text = _("Locked by compliance: it can only become longer.")
        self.fields["lock_mode"].choices = modes  # type: ignore[attr-defined]  # a ChoiceField

    @property
    def quota_bytes(self) -> int:
        """0 for no limit."""
        return int((self.cleaned_data.get("quota") or 0) * GIB)


def _locked(since: datetime | None) -> str:
    if since is None:
        return _("Locked: vaults of this plan keep their data there.")
    day = date_format(timezone.localtime(since), "DATE_FORMAT")
    return _("Locked since %(date)s: vaults of this plan keep their data there.") % {"date": day}


def _of(plan: StoragePlan) -> dict[str, Any]:
    for_ever = plan.retention_days == FOR_EVER
    return {
        "name": plan.name,
        "pool": plan.pool.number,
        "lock_mode": plan.lock_mode,
        "days": None if for_ever else plan.retention_days,
        "for_ever": for_ever,
        "versioning": plan.versioning,
        "quota": gib(plan.quota_bytes),
        "region": plan.region,
        **{name: plan.lifecycle.get(name) for name in LIFECYCLE},
    }
