"""Sweeps of what has run out. Safe to run twice and beside themselves: they only delete."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone
from oauth2_provider.models import clear_expired

from vaultportal.directory import throttle
from vaultportal.directory.models import SpentLogin
from vaultportal.identity.sessions import SessionStore


@shared_task
def sweep() -> None:
    """Delete expired tokens, codes, sessions, log-in tickets and counters of failures."""
    clear_expired()
    SessionStore.clear_expired()
    SpentLogin.objects.filter(expires_at__lte=timezone.now()).delete()
    throttle.sweep()
