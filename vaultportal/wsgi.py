"""The web application, for any WSGI server: ``vaultportal.wsgi:application``."""

from __future__ import annotations

import os

import django

from vaultportal.crypto.process import harden

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vaultportal.settings")

harden()
django.setup(set_prefix=False)

from collections_app import deadlines  # noqa: E402 as the next
from vaultportal.ops.handler import PortalHandler  # noqa: E402 it needs the apps

deadlines.install()
application = PortalHandler()
