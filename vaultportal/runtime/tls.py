"""HTTPS: the operator's certificate, or one of a small CA that the portal makes for itself.

The CA and server keys lie in the key folder; certificates, which are public, in the data folder.
"""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from vaultportal.env import env_choice, env_str
from vaultportal.runtime import locks, paths
from vaultportal.runtime.errors import RuntimeFault
from vaultportal.runtime.files import private_folder, read_secret, replace

CA_LIFE = timedelta(days=3650)
SERVER_LIFE = timedelta(days=397)  # what browsers take at most
RENEW_BEFORE = timedelta(days=30)
CLOCK_SKEW = timedelta(hours=1)
ALWAYS = ("localhost", "127.0.0.1", "::1")
SERVER_CHAIN = "server.pem"
CA_FILE = "ca.pem"
WILDCARDS = {"", "0.0.0.0", "::"}  # noqa: S104 addresses to leave out, not to bind


@dataclass(frozen=True)
class Certificate:
    """Files for a server. ``ca`` is what clients must trust; None for the operator's own."""

    chain: Path
    key: Path
    ca: Path | None


def certificate() -> Certificate | None:
    """The certificate to serve with, made or renewed when need be; None when TLS is off.

    Raises:
        RuntimeFault: the settings contradict each other, or a file is not usable.
    """
    chain, key = env_str("PORTAL_TLS_CERT"), env_str("PORTAL_TLS_KEY")
    if bool(chain) != bool(key):
        raise RuntimeFault("Set PORTAL_TLS_CERT and PORTAL_TLS_KEY both, or neither.")
    if env_choice("PORTAL_TLS", "off", ("off", "auto")) == "off":
        if chain:
            raise RuntimeFault("PORTAL_TLS_CERT is set and TLS is off: set PORTAL_TLS=auto too.")
        return None
    if chain:
        return _given(Path(chain), Path(key))
    return _own(server_names())


def renew() -> bool:
    """Renew the portal's own certificate if its time has come; True when there is a new one."""
    chain = paths.tls_dir() / SERVER_CHAIN
    before = chain.stat().st_mtime_ns
    certificate()
    return chain.stat().st_mtime_ns != before


def issue(names: list[str]) -> tuple[bytes, bytes]:
    """A server certificate of the portal's own CA for something that the portal installs.

    Returns: the chain and the private key, both PEM. Neither is kept here.
    """
    folder, keys = private_folder(paths.tls_dir(), mode=0o755), private_folder(paths.key_dir())
    with locks.exclusive(folder / "making.lock"):
        ca_key, ca = _ca(folder / CA_FILE, keys / "tls-ca.key")
    key, chain = _signed(ca_key, ca, names)
    return chain, _pem(key)


def ends_at(chain: bytes) -> datetime:
    """When the first certificate of a PEM chain ends."""
    return x509.load_pem_x509_certificate(chain).not_valid_after_utc


def still_holds(chain: bytes, names: list[str]) -> bool:
    """Whether what ``issue`` gave is of today's CA, for just these names, and lasts a while."""
    ca = x509.load_pem_x509_certificate(authority_file().read_bytes())
    try:
        leaf = x509.load_pem_x509_certificate(chain)
        leaf.verify_directly_issued_by(ca)
    except (InvalidSignature, ValueError, TypeError):
        return False
    found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return _lasts(leaf) and set(found) == set(_alternatives(names))


def authority_file() -> Path:
    """The certificate of the portal's own CA: PEM, public, what clients must trust."""
    folder, keys = private_folder(paths.tls_dir(), mode=0o755), private_folder(paths.key_dir())
    with locks.exclusive(folder / "making.lock"):
        _ca(folder / CA_FILE, keys / "tls-ca.key")
    return folder / CA_FILE


def server_names() -> list[str]:
    """Under which names and addresses clients may reach the portal."""
    public = urlsplit(env_str("PUBLIC_BASE_URL")).hostname or ""
    names = [*ALWAYS, env_str("PORTAL_HOST"), public]
    return list(dict.fromkeys(name for name in names if name not in WILDCARDS))


def _given(chain: Path, key: Path) -> Certificate:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(chain, key)
    except (OSError, ssl.SSLError):
        raise RuntimeFault(
            "PORTAL_TLS_CERT and PORTAL_TLS_KEY must be a readable PEM certificate and its key."
        ) from None
    return Certificate(chain, key, ca=None)


def _own(names: list[str]) -> Certificate:
    folder, keys = private_folder(paths.tls_dir(), mode=0o755), private_folder(paths.key_dir())
    found = Certificate(folder / SERVER_CHAIN, keys / "tls-server.key", ca=folder / CA_FILE)
    with locks.exclusive(folder / "making.lock"):
        ca_key, ca = _ca(folder / CA_FILE, keys / "tls-ca.key")
        if not _is_good(found, ca, names):
            _issue(found, ca_key, ca, names)
    return found


def _ca(path: Path, key_path: Path) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """The CA as it lies there, or a new one: both files, or neither is believed."""
    key, found = _read_key(key_path), _read_certificate(path)
    if key and found and _matches(found, key) and _lasts(found):
        return key, found
    key = ec.generate_private_key(ec.SECP256R1())
    # Names differ from CA to CA, so that a client which trusts an old one is not confused.
    serial = x509.random_serial_number()
    name = _name(f"Vault Portal CA {serial % 0x10000:04x}")
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    found = (
        _builder(name, name, key, serial, CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    replace(key_path, _pem(key))
    replace(path, found.public_bytes(serialization.Encoding.PEM), mode=0o644)
    return key, found


def _issue(
    target: Certificate, ca_key: ec.EllipticCurvePrivateKey, ca: x509.Certificate, names: list[str]
) -> None:
    key, chain = _signed(ca_key, ca, names)
    replace(target.key, _pem(key))
    replace(target.chain, chain, mode=0o644)


def _signed(
    ca_key: ec.EllipticCurvePrivateKey, ca: x509.Certificate, names: list[str]
) -> tuple[ec.EllipticCurvePrivateKey, bytes]:
    """A new key, and the chain of its certificate for ``names``."""
    key = ec.generate_private_key(ec.SECP256R1())
    ca_identifier = ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    server = (
        _builder(_name(names[-1]), ca.subject, key, x509.random_serial_number(), SERVER_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ca_identifier),
            critical=False,
        )
        .sign(ca_key, hashes.SHA256())
    )
    chain = b"".join(each.public_bytes(serialization.Encoding.PEM) for each in (server, ca))
    return key, chain


def _is_good(found: Certificate, ca: x509.Certificate, names: list[str]) -> bool:
    """Still valid for a while, of this CA, for these names, and its key is there."""
    server, key = _read_certificate(found.chain), _read_key(found.key)
    if server is None or key is None or not _matches(server, key) or not _lasts(server):
        return False
    try:
        server.verify_directly_issued_by(ca)
    except (InvalidSignature, ValueError, TypeError):
        return False
    alternatives = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return set(alternatives) == set(_alternatives(names))


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    serial: int,
    life: timedelta,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _alternatives(names: list[str]) -> list[x509.GeneralName]:
    found: list[x509.GeneralName] = []
    for name in names:
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            found.append(x509.DNSName(name.encode("idna").decode()))
    return found


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])


def _matches(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> bool:
    return certificate.public_key() == key.public_key()


def _lasts(certificate: x509.Certificate) -> bool:
    return certificate.not_valid_after_utc - RENEW_BEFORE > datetime.now(UTC)


def _read_certificate(path: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def _read_key(path: Path) -> ec.EllipticCurvePrivateKey | None:
    text = read_secret(path)
    if text is None:
        return None
    try:
        key = serialization.load_pem_private_key(text.encode(), password=None)
    except ValueError:
        return None
    return key if isinstance(key, ec.EllipticCurvePrivateKey) else None


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
