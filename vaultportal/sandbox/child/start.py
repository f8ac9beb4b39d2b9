"""The program of the zygote: ``python -I -S start.py ROOT SITE UID GID MODE``.

ROOT holds the portal's packages, SITE those that it installs. There is no environment, and no
other path to import from.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Find the modules, then be the zygote."""
    root, site, uid, gid, mode = sys.argv[1:]
    sys.path += [root, site]
    from vaultportal.sandbox.child import zygote  # noqa: PLC0415 only now can it be found

    zygote.main(zygote.Orders(int(uid), int(gid), mode == "unlocked"))


if __name__ == "__main__":
    main()
