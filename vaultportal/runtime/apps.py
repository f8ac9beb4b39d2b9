"""The Django app that holds the commands serve, web, worker and beat."""

from __future__ import annotations

from django.apps import AppConfig

# Imported by every process, so that tasks are sent through our application and no other.
from vaultportal.celery import app as celery_app

__all__ = ["RuntimeConfig", "celery_app"]


class RuntimeConfig(AppConfig):
    """No models: embedded services, supervision and TLS stand beside the portal's floors."""

    name = "vaultportal.runtime"
    label = "runtime"
