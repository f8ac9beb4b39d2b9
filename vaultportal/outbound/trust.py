"""Whom https is believed: the system's authorities, and the operator's file on top."""

from __future__ import annotations

import ssl
from functools import cache

from django.conf import settings


@cache
def tls_context() -> ssl.SSLContext:
    """The one context of this process; certificates and names are always checked."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.PORTAL_EGRESS_CA_FILE:
        context.load_verify_locations(cafile=settings.PORTAL_EGRESS_CA_FILE)
    return context
