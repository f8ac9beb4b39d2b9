"""How a vault and its endpoints fared, for those who may see the vault."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from s3vault_app.models import Probe, UsageSample, Vault

KEPT = timedelta(hours=24)
MOST = 5000


def probes(vault: Vault) -> list[Probe]:
    """The last 24 hours of each endpoint, the newest first."""
    since = timezone.now() - KEPT
    found = Probe.objects.filter(endpoint__vault=vault, at__gte=since)
    return list(found.select_related("endpoint__machine").order_by("-at")[:MOST])


def usage(vault: Vault) -> list[UsageSample]:
    """What the vault held, the newest first."""
    return list(vault.usage.order_by("-at")[:MOST])
