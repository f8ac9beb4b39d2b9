"""The Django app of log shipping; its table stands with the trail."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ShippingConfig(AppConfig):
    name = "vaultportal.shipping"
    label = "shipping"
    verbose_name = _("Log shipping")
