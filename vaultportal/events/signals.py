"""The hint that there is something in the outbox.

Sent after commit with ``ids`` (of the rows) and ``types`` (of the events). A receiver wakes a
worker and no more: what it raises is logged, and whoever misses the hint finds the rows.
"""

from __future__ import annotations

from vaultportal.trail import emitted

__all__ = ["emitted"]
