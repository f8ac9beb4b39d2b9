"""How a running portal keeps passwords."""

from __future__ import annotations

from tests.portal import Portal

STORED = """
from vaultportal.identity.models import User
print(User.objects.get(username="admin@localhost").password.rpartition(",")[0])
"""


def test_a_guess_costs_64_mib_and_three_passes(portal: Portal) -> None:
    assert portal.shell.run(STORED).strip() == "argon2$argon2id$v=19$m=65536,t=3"
