"""What happens to invocations, for whoever waits for their outcome."""

from __future__ import annotations

from django.dispatch import Signal

# Sent inside the transaction that wrote the outcomes, with ``ids`` of invocations that a gate waits
# for: what a receiver raises undoes the outcome.
settled = Signal()
