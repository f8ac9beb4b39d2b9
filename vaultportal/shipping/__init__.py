"""The audit trail on its way out: entries and checkpoints for receivers outside the portal.

What waits is the trail itself; a target knows the place in each chain up to which it was sent, so
nothing is kept twice and nothing is dropped. What is sent comes at least once: each line bears its
place in the trail, by which a receiver knows what it has already.
"""
