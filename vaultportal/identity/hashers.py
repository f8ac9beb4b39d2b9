"""How passwords are kept."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    """argon2id with 64 MiB, 3 passes, 1 lane.

    Django's default takes 100 MiB and 8 lanes: memory would limit how many can sign in at once.
    """

    time_cost = 3
    memory_cost = 64 * 1024  # KiB
    parallelism = 1
