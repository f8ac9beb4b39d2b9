"""The audit trail: a tamper-evident account of who did what."""

from __future__ import annotations

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "vaultportal.audit"
    label = "audit"
