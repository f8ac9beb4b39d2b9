"""What the portal makes for a pool of its own, before any machine hears of it.

Losing ``sse`` loses what was written encrypted. The pool's CA is its own: it says who belongs to
the engine, and no certificate of the portal's other CA does.
"""

from __future__ import annotations

import ipaddress
import secrets as random
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFE = timedelta(days=3650)
CLOCK_SKEW = timedelta(hours=1)
SECRET_BYTES = 32


def fresh(store_address: str) -> dict[str, Any]:
    """The secrets of a new pool, as ``StoragePool.secrets`` keeps them.

    admin: [access key, secret key] of the portal.
    node, node_key: the one certificate that all parts of the engine show each other; PEM.
    """
    authority, found = _authority()
    node, node_key = _node(authority, found, store_address)
    return {
        "admin": _pair(),
        "jwt_volume": random.token_urlsafe(SECRET_BYTES),
        "jwt_filer": random.token_urlsafe(SECRET_BYTES),
        "jwt_filer_read": random.token_urlsafe(SECRET_BYTES),
        "sse": random.token_hex(SECRET_BYTES),
        "ca": _pem(found),
        "ca_key": _key_pem(authority),
        "node": node,
        "node_key": node_key,
        "node_address": store_address,
    }


def moved(known: dict[str, Any], store_address: str) -> dict[str, Any]:
    """The same secrets with a certificate for another address of the store."""
    if known["node_address"] == store_address:
        return known
    loaded = serialization.load_pem_private_key(known["ca_key"].encode(), password=None)
    if not isinstance(loaded, ec.EllipticCurvePrivateKey):
        raise TypeError("The key of the pool's CA is not one that was made here.")
    found = x509.load_pem_x509_certificate(known["ca"].encode())
    node, node_key = _node(loaded, found, store_address)
    return known | {"node": node, "node_key": node_key, "node_address": store_address}


def _pair() -> list[str]:
    return ["VPA" + random.token_hex(8).upper(), random.token_urlsafe(30)]


def _authority() -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("S3 vault pool")
    builder = _builder(name, name, key).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    return key, builder.sign(key, hashes.SHA256())


def _node(
    authority: ec.EllipticCurvePrivateKey, issuer: x509.Certificate, address: str
) -> tuple[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        _builder(_name("S3 vault node"), issuer.subject, key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([_alternative(address)]), critical=False)
        .add_extension(
            x509.ExtendedKeyUsage(
                [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
            ),
            critical=False,
        )
    )
    return _pem(builder.sign(authority, hashes.SHA256())), _key_pem(key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + LIFE)
    )


def _alternative(address: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(address))
    except ValueError:
        return x509.DNSName(address)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
