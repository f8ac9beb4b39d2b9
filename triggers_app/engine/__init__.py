"""From the outbox to the subscriber: dispatch, delivery, deadlines, replay.

``dispatch`` turns events into invocations, ``claims`` takes those that are due, ``crew`` sends them
from threads that never touch the database, ``settlement`` writes what came of it, ``pump`` drives
the four in a worker. ``asking`` is the way of a question that a request waits for.
"""
