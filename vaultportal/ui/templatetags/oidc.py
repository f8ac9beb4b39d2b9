"""The providers that a person may sign in at, for the pages that ask who it is."""

from __future__ import annotations

from django import template

from vaultportal.directory import provider_only as rule
from vaultportal.ui.oidc import providers
from vaultportal.ui.oidc.providers import Offer

register = template.Library()


@register.simple_tag
def oidc_offers() -> list[Offer]:
    """All of them; none where the deployment names none."""
    return providers.offered()


@register.simple_tag
def provider_only() -> bool:
    """Whether people sign in there only."""
    return rule.in_force()
