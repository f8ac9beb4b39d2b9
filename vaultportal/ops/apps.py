"""Health, metrics, logs and what every request passes through."""

from __future__ import annotations

from django.apps import AppConfig

from vaultportal.ops import context


class OpsConfig(AppConfig):
    name = "vaultportal.ops"
    label = "ops"

    def ready(self) -> None:
        context.follow_tasks()
