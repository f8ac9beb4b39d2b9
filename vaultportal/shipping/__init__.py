"""The audit trail on its way out: entries and checkpoints for receivers outside the portal.

What waits is the trail itself; a target knows the place in each chain up to which it was sent, so
nothing is kept twice and nothing is dropped. What is sent comes at least once: each line bears the
id of its entry, by which a receiver knows what it has already. The place in a chain does not tell:
after a restore the chains go on from older heads, and give places that were sent to other entries.
"""
