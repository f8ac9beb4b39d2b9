"""Key sets of issuers, fetched over TLS from a server that lives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from collections_app import signedtokens
from collections_app.providerconf import ProviderConf
from tests.collections_app.tokens import AUDIENCE, NAMESPACE, Issuer
from tests.receiver import Receiver, Reply
from tests.vaultportal.outbound.servers import make_certificate
from vaultportal.errors import Unauthenticated, Unavailable
from vaultportal.outbound.trust import tls_context

pytestmark = pytest.mark.django_db

ROLE: dict[str, Any] = {f"{NAMESPACE}role": "Desk"}


class KeyServer:
    """What stands at the ``jwks_uri`` of an issuer."""

    def __init__(self, server: Receiver, issuer: Issuer) -> None:
        self.server = server
        self.issuer = issuer
        self.reply = Reply(body=issuer.keys().encode())
        server.answer = lambda _received: self.reply

    @property
    def uri(self) -> str:
        return f"{self.server.url}/jwks.json"

    def verify(self, token: str) -> signedtokens.Verified:
        conf = {"iss": self.issuer.issuer, "aud": AUDIENCE, "jwks_uri": self.uri}
        return signedtokens.verify(token, {"x": ProviderConf("direct-jwt", conf)})

    def age(self, seconds: float) -> None:
        """Let what was fetched be so much older."""
        signedtokens._fetched[self.uri].at -= seconds


@pytest.fixture
def keys(tmp_path: Path, settings: Settings) -> Iterator[KeyServer]:
    """A server that the operator lets the portal reach, with a certificate that it trusts."""
    chain = make_certificate(tmp_path, "localhost", "127.0.0.1")
    settings.TRIGGERS_EGRESS_ALLOW = ["127.0.0.1"]
    settings.PORTAL_EGRESS_CA_FILE = str(chain)
    tls_context.cache_clear()
    server = Receiver()
    server.over_tls(chain)
    with server.running():
        yield KeyServer(server, Issuer("clinic"))
    tls_context.cache_clear()


def test_a_key_set_is_fetched_once_and_serves_for_a_while(keys: KeyServer) -> None:
    for _ in range(3):
        assert keys.verify(keys.issuer.token(**ROLE)).role == "Desk"

    (fetched,) = keys.server.requests
    assert (fetched.method, fetched.path, fetched.body) == ("GET", "/jwks.json", b"")
    assert "authorization" not in fetched.headers
    keys.age(signedtokens.FRESH_SECONDS)
    assert keys.verify(keys.issuer.token(**ROLE)).role == "Desk"
    assert len(keys.server.requests) == 2


def test_a_key_that_is_new_is_found_soon_and_one_that_is_gone_counts_no_more(
    keys: KeyServer,
) -> None:
    old, new = keys.issuer.token(**ROLE), Issuer("clinic")
    new.key = type(new.key).generate(kty="EC", crv="P-256", kid="k2")
    renewed = new.token({"kid": "k2"}, **ROLE)
    assert keys.verify(old).role == "Desk"
    keys.reply = Reply(body=new.keys().encode())

    with pytest.raises(Unauthenticated):  # asked a moment ago: a flood of them asks nobody
        keys.verify(renewed)
    assert len(keys.server.requests) == 1
    keys.age(signedtokens.AGAIN_SECONDS)

    assert keys.verify(renewed).role == "Desk"
    with pytest.raises(Unauthenticated):
        keys.verify(old)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(404, b"{}"),
        Reply(302, b"", {"Location": "/elsewhere"}),
        Reply(200, b"<html>"),
        Reply(200, b'{"keys": []}'),
        Reply(200, b"[" * 300_000),
        Reply(200, Issuer("x", kty="oct", alg="HS256", size=256).key.export().encode()),
    ],
    ids=["missing", "redirect", "page", "empty", "huge", "shared secret"],
)
def test_an_answer_without_usable_keys_lets_nobody_in(keys: KeyServer, reply: Reply) -> None:
    keys.reply = reply

    with pytest.raises(Unauthenticated):
        keys.verify(keys.issuer.token(**ROLE))
    assert [each.path for each in keys.server.requests] == ["/jwks.json"]


def test_a_server_whose_certificate_nobody_trusts_is_not_believed(
    keys: KeyServer, settings: Settings
) -> None:
    settings.PORTAL_EGRESS_CA_FILE = ""
    tls_context.cache_clear()

    with pytest.raises(Unavailable):
        keys.verify(keys.issuer.token(**ROLE))
    assert keys.server.requests == []


def test_an_address_that_the_portal_may_not_reach_is_not_asked(
    keys: KeyServer, settings: Settings
) -> None:
    settings.TRIGGERS_EGRESS_ALLOW = []

    with pytest.raises(Unauthenticated):
        keys.verify(keys.issuer.token(**ROLE))
    assert keys.server.requests == []
