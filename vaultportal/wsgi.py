"""The web application, for any WSGI server: ``vaultportal.wsgi:application``."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from vaultportal.crypto.process import harden

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vaultportal.settings")

harden()
application = get_wsgi_application()
