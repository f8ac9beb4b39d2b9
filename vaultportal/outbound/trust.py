"""Whom https is believed: the system's authorities, and the operator's file on top."""

from __future__ import annotations

import re
import ssl
from functools import cache

from django.conf import settings

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----")


@cache
def tls_context() -> ssl.SSLContext:
    """The one context of this process; certificates and names are always checked."""
    return new_context()


def new_context() -> ssl.SSLContext:
    """One like it, for a library that changes what it is given."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.PORTAL_EGRESS_CA_FILE:
        context.load_verify_locations(cafile=settings.PORTAL_EGRESS_CA_FILE)
    return context


def context_of(authorities: str) -> ssl.SSLContext:
    """One that believes nobody but these authorities, as PEM with whatever is written between them.

    Raises:
        ValueError: there is none, or one cannot be read.
    """
    found = _CERTIFICATE.findall(authorities)
    if not found:  # with an empty text the system's would be believed
        raise ValueError("There is no certificate.")
    try:
        context = ssl.create_default_context(cadata="\n".join(found))
    except (ssl.SSLError, TypeError):  # the latter for letters that no certificate has
        raise ValueError("These are no certificates.") from None
    if not context.cert_store_stats()["x509"]:
        raise ValueError("There is no certificate.")
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
