"""``python -m vaultportal.cli``."""

from __future__ import annotations

from vaultportal.cli.app import main

if __name__ == "__main__":
    main()
