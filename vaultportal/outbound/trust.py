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


def context_of(authorities: str) -> ssl.SSLContext:
    """One that believes nobody but these authorities, as PEM. Raises ValueError for none."""
    try:
        context = ssl.create_default_context(cadata=authorities)
    except ssl.SSLError:
        raise ValueError("These are no certificates.") from None
    if not context.cert_store_stats()["x509"]:
        raise ValueError("There is no certificate.")
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
