"""The unprivileged account of PostgreSQL and Valkey when the portal is run by root.

PostgreSQL refuses to run as root, and a broker has no need to. Others run both as themselves.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from vaultportal.env import env_str
from vaultportal.runtime.errors import RuntimeFault

PREFERRED = "vaultportal"
FALLBACK = "nobody"


@dataclass(frozen=True)
class Account:
    """Whom the services run as. ``switches`` is True when a child must drop to it from root."""

    name: str
    uid: int
    gid: int
    switches: bool


def service_account() -> Account:
    """PORTAL_SERVICE_USER, ``vaultportal`` if it exists, or ``nobody``; without root: oneself.

    Raises:
        RuntimeFault: the account is unknown, or it is root.
    """
    if os.geteuid() != 0:
        return Account("", os.geteuid(), os.getegid(), switches=False)
    chosen = env_str("PORTAL_SERVICE_USER")
    found = _entry(chosen) if chosen else _entry(PREFERRED) or _entry(FALLBACK)
    if found is None:
        raise RuntimeFault(
            f"PORTAL_SERVICE_USER names no account of this machine; make one with: "
            f"useradd --system --no-create-home {PREFERRED}."
        )
    if found.pw_uid == 0:
        raise RuntimeFault("PORTAL_SERVICE_USER must be an unprivileged account, not root.")
    return Account(found.pw_name, found.pw_uid, found.pw_gid, switches=True)


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def require_passage(account: Account, folder: Path) -> None:
    """See that the account can pass through every folder down to ``folder``.

    Raises:
        RuntimeFault: it cannot; the sentence names the folder that is closed.
    """
    if not account.switches or _may_enter(account, folder):
        return
    above = [*reversed(folder.parents), folder]
    closed = next((step for step in above if not _may_enter(account, step)), folder)
    raise RuntimeFault(
        f"The account {account.name}, which runs the database, cannot pass through {closed}. "
        f"Let it pass with chmod o+x '{closed}', or set PORTAL_DATA_DIR to a folder elsewhere."
    )


def _may_enter(account: Account, folder: Path) -> bool:
    # Asked of the kernel by a child without root's rights: modes alone do not tell (ACLs, mounts).
    test = subprocess.run(  # noqa: S603 a fixed program, the folder is one argument
        ["/bin/sh", "-c", 'test -x "$1"', "sh", str(folder)],
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        cwd="/",
        check=False,
    )
    return test.returncode == 0
