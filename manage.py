#!/usr/bin/env python
"""The portal's command line: ``python manage.py help`` lists what it can do."""

from __future__ import annotations

import sys

from vaultportal.runtime.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv))
