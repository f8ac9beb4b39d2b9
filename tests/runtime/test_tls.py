"""The portal's own CA: strict clients accept the chain; it is renewed in time; files win."""

from __future__ import annotations

import socket
import ssl
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from cryptography import x509

from vaultportal.runtime import tls
from vaultportal.runtime.errors import RuntimeFault
from vaultportal.runtime.paths import Layout


@pytest.fixture
def own(layout: Layout, empty_environment: pytest.MonkeyPatch) -> tls.Certificate:
    empty_environment.setenv("PORTAL_TLS", "auto")
    empty_environment.setenv("PUBLIC_BASE_URL", "https://vault.example:8443")
    found = tls.certificate()
    assert found is not None
    return found


@contextmanager
def server(certificate: tls.Certificate) -> Iterator[int]:
    """One TLS connection is answered; the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.chain, certificate.key)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            link, _ = listener.accept()
            with context.wrap_socket(link, server_side=True) as wrapped:
                wrapped.sendall(b"hello")

        thread = threading.Thread(target=answer)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(timeout=10)


def strict_client(ca: Path | None) -> ssl.SSLContext:
    """As Python 3.13 makes it: RFC 5280 to the letter."""
    context = ssl.create_default_context(cafile=ca)
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def greeting(certificate: tls.Certificate, name: str) -> bytes:
    """What a client that trusts the CA reads after it has checked the name."""
    client = strict_client(certificate.ca)
    with (
        server(certificate) as port,
        socket.create_connection(("127.0.0.1", port)) as link,
        client.wrap_socket(link, server_hostname=name) as wrapped,
    ):
        return wrapped.recv(5)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1", "vault.example"])
def test_a_strict_client_that_trusts_the_ca_accepts_each_name(
    own: tls.Certificate, name: str
) -> None:
    assert greeting(own, name) == b"hello"


def test_the_next_start_has_the_same_certificate(own: tls.Certificate) -> None:
    before = own.chain.read_bytes()

    assert tls.certificate() == own
    assert own.chain.read_bytes() == before
    assert not tls.renew()


def test_keys_are_closed_and_away_from_the_data(own: tls.Certificate, layout: Layout) -> None:
    keys = [layout.keys / "tls-ca.key", layout.keys / "tls-server.key"]

    assert own.key in keys
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}
    assert not [
        path
        for path in layout.data.rglob("*")
        if path.is_file() and b"PRIVATE" in path.read_bytes()
    ]


def test_a_certificate_near_its_end_is_renewed_under_the_same_ca(own: tls.Certificate) -> None:
    assert own.ca is not None
    before, ca = own.chain.read_bytes(), own.ca.read_bytes()
    near_its_end = datetime.now(UTC) + tls.SERVER_LIFE - tls.RENEW_BEFORE + timedelta(days=1)

    with time_machine.travel(near_its_end, tick=False):
        assert tls.renew()

    assert own.chain.read_bytes() != before
    assert own.ca.read_bytes() == ca
    server_certificate = x509.load_pem_x509_certificate(own.chain.read_bytes())
    assert server_certificate.not_valid_after_utc > near_its_end + timedelta(days=300)


def test_a_new_public_name_is_a_new_certificate_of_the_same_ca(
    own: tls.Certificate, empty_environment: pytest.MonkeyPatch
) -> None:
    assert own.ca is not None
    ca = own.ca.read_bytes()
    empty_environment.setenv("PUBLIC_BASE_URL", "https://other.example")

    assert tls.renew()

    assert own.ca.read_bytes() == ca
    assert greeting(own, "other.example") == b"hello"


def test_a_certificate_that_does_not_fit_its_key_is_made_anew(
    own: tls.Certificate, layout: Layout
) -> None:
    own.key.write_bytes((layout.keys / "tls-ca.key").read_bytes())

    assert tls.certificate() == own

    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(own.chain, own.key)


def test_given_files_are_served_as_they_are(
    own: tls.Certificate, empty_environment: pytest.MonkeyPatch
) -> None:
    empty_environment.setenv("PORTAL_TLS_CERT", str(own.chain))
    empty_environment.setenv("PORTAL_TLS_KEY", str(own.key))

    assert tls.certificate() == tls.Certificate(own.chain, own.key, ca=None)


@pytest.mark.parametrize(
    ("variables", "word"),
    [
        ({"PORTAL_TLS": "auto", "PORTAL_TLS_CERT": "/x.pem"}, "both"),
        ({"PORTAL_TLS_CERT": "/x.pem", "PORTAL_TLS_KEY": "/x.key"}, "PORTAL_TLS=auto"),
        ({"PORTAL_TLS": "auto", "PORTAL_TLS_CERT": "/x", "PORTAL_TLS_KEY": "/x"}, "readable PEM"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    empty_environment: pytest.MonkeyPatch, variables: dict[str, str], word: str
) -> None:
    for name, value in variables.items():
        empty_environment.setenv(name, value)

    with pytest.raises(RuntimeFault, match=word):
        tls.certificate()


def test_without_tls_nothing_is_made(layout: Layout) -> None:
    assert tls.certificate() is None
    assert not layout.data.exists()
