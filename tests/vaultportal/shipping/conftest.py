"""Entries to send, and rules that let them out to this machine."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.utils import timezone

from tests import factories
from vaultportal import trail
from vaultportal.audit.models import AuditEntry, LogTarget
from vaultportal.crypto import keyring
from vaultportal.trail import Target


@pytest.fixture(autouse=True)
def _keys_of_this_database() -> None:
    """The database of the test before had other keys; a process looks again after a second."""
    keyring.forget()


@pytest.fixture
def open_rules(settings: LazySettings) -> None:
    """This machine may be sent to, also in the clear."""
    settings.TRIGGERS_EGRESS_ALLOW = ["127.0.0.0/8"]
    settings.TRIGGERS_ALLOW_HTTP = True


def write(count: int) -> None:
    """Entries, some of them in one unit."""
    actor = factories.actor_of(factories.make_person())
    for number in range(count):
        with trail.unit():
            trail.record(actor, "thing.do", Target("thing", f"id-{number}", "a name"), n=number)


def everything() -> set[tuple[int, int]]:
    """The places of all entries."""
    return set(AuditEntry.objects.values_list("shard", "seq"))


def due_again(target: LogTarget) -> LogTarget:
    """As if the wait after a failure, or the lease of a dead worker, were over."""
    past = timezone.now() - timedelta(seconds=1)
    LogTarget.objects.filter(pk=target.pk).update(next_at=past)
    LogTarget.objects.filter(pk=target.pk, claim_until__gt=past).update(claim_until=past)
    return LogTarget.objects.get(pk=target.pk)
