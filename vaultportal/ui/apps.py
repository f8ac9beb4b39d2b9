"""The Django app of the kit for pages: frame, parts, sign-in, profile, set-up."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class UiConfig(AppConfig):
    name = "vaultportal.ui"
    label = "ui"
    verbose_name = "User interface"

    def ready(self) -> None:
        from vaultportal.ui import signins  # noqa: PLC0415 models are loaded now

        signins.connect()
        # Apps name their entries of the rail and their panels of the overview in <app>/ui/shell.py.
        autodiscover_modules("ui.shell", "shell")
