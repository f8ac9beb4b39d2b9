#!/usr/bin/env python
"""The portal's command line: ``python manage.py help`` lists what it can do."""

from __future__ import annotations

import sys

try:
    from vaultportal.runtime.cli import main
except ModuleNotFoundError as missing:
    sys.exit(f"{missing.name} is not installed here: use `make run`, or .venv/bin/python.")

if __name__ == "__main__":
    sys.exit(main(sys.argv))
