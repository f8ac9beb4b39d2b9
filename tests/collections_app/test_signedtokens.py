"""Signed tokens: what counts, and everything that must not."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import tomlkit
from jwcrypto.common import base64url_encode  # type: ignore[import-untyped]  # it has no types
from jwcrypto.jwk import JWK  # type: ignore[import-untyped]  # it has no types
from pytest_django import Settings

from collections_app import iamconf, providerconf, signedtokens
from collections_app.providerconf import ProviderConf
from tests.collections_app.tokens import AUDIENCE, NAMESPACE, Issuer
from vaultportal.errors import Invalid, Unauthenticated, Unavailable

ROLE: dict[str, Any] = {f"{NAMESPACE}role": "Desk"}
ISSUER = Issuer("clinic")


def known(issuer: Issuer = ISSUER, **conf: Any) -> dict[str, ProviderConf]:
    return {issuer.name: providerconf.parse(issuer.name, issuer.tables(**conf))}


@pytest.mark.parametrize(
    ("kty", "alg", "shape"),
    [
        ("EC", "ES256", {"crv": "P-256"}),
        ("EC", "ES384", {"crv": "P-384"}),
        ("RSA", "RS256", {"size": 2048}),
        ("RSA", "PS256", {"size": 2048}),
        ("OKP", "EdDSA", {"crv": "Ed25519"}),
    ],
)
def test_a_token_says_who_and_for_which_role(kty: str, alg: str, shape: dict[str, Any]) -> None:
    issuer = Issuer("x", kty=kty, alg=alg, **shape)

    found = signedtokens.verify(issuer.token(jti="j1", **ROLE), known(issuer))

    assert (found.provider, found.subject, found.token_id, found.role) == ("x", "ida", "j1", "Desk")
    assert found.props == {}


def forged(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return ".".join(base64url_encode(part) for part in parts)


CLAIMS = {"iss": ISSUER.issuer, "aud": "https://vault.example", "sub": "ida",
          "exp": int(time.time()) + 3600, **ROLE}  # fmt: skip


def as_json(*, general: bool = False) -> str:
    """A genuine signature over other claims, with forged ones where the three parts would stand.

    Source: RFC 7515, section 7.2.
    """
    head, body, signature = ISSUER.token(sub="eve").split(".")
    signed = {"protected": head, "signature": signature}
    whole = {"payload": body} | ({"signatures": [signed]} if general else signed)
    lure = cut(forged({"alg": "ES256"}, CLAIMS))
    return '{"!!!":"' + lure + '",' + json.dumps(whole, separators=(",", ":"))[1:]


def confused() -> str:
    """Signed with the public key as if it were a shared secret."""
    issuer = Issuer("clinic", kty="oct", alg="HS256", size=256)
    issuer.key = JWK(kty="oct", k=base64url_encode(ISSUER.keys()))
    return issuer.token({"kid": None, "alg": "HS256"}, **ROLE)


def cut(token: str) -> str:
    head, body, _ = token.split(".")
    return f"{head}.{body}."


@pytest.mark.parametrize(
    "token",
    [
        forged({"alg": "none"}, CLAIMS),
        forged({"alg": "ES256"}, CLAIMS, b"\0" * 64),
        forged({"alg": ["ES256"]}, CLAIMS),
        forged({"alg": "None"}, CLAIMS),
        confused(),
        cut(ISSUER.token(**ROLE)),
        Issuer("clinic").token(**ROLE),
        ISSUER.token({"kid": "k2"}, **ROLE),
        ISSUER.token({"typ": "dpop+jwt"}, **ROLE),
        ISSUER.token(exp=None, **ROLE),
        ISSUER.token(exp=int(time.time()) - 1, **ROLE),
        ISSUER.token(exp="soon", **ROLE),
        ISSUER.token(exp=True, **ROLE),
        ISSUER.token(nbf=int(time.time()) + 3600, **ROLE),
        ISSUER.token(iat=int(time.time()) + 3600, **ROLE),
        ISSUER.token(iss="https://other.example/", **ROLE),
        ISSUER.token(aud="https://other.example", **ROLE),
        ISSUER.token(aud=None, **ROLE),
        ISSUER.token(sub=None, **ROLE),
        ISSUER.token(),
        ISSUER.token(**ROLE | {f"{NAMESPACE}role": ["Desk", "Admin"]}),
        "a.b.c",
        "..",
        as_json(),
        as_json(general=True),
        *(ISSUER.token(**ROLE) + each for each in ("=", "==", " ", "\n", "\0", "!", ".e30")),
        *(each + ISSUER.token(**ROLE) for each in (" ", "=", "\n", "{")),
        ISSUER.token(**ROLE).replace(".", "=.", 1),
        ISSUER.token(**ROLE).replace(".", " .", 1),
        ISSUER.token(**ROLE).replace(".", ".\r\n", 1),
        "\u00e9.b.c",
        "a" * 20_000 + ".b.c",
        forged({"alg": "ES256", "crit": ["b64"], "b64": False}, CLAIMS),
    ],
)
def test_any_other_token_is_refused_in_the_same_way(token: str) -> None:
    with pytest.raises(Unauthenticated):
        signedtokens.verify(token, known())


def test_the_file_may_bind_claims_and_name_the_role_claim() -> None:
    conf: dict[str, Any] = {
        "bound_claims": {"team": ["a", "b"]}, "roles_claim": "mail",
        "roles_map": {"desk@clinic.example": "Desk"}, "allowed_roles": ["Desk"],
    }  # fmt: skip
    token: dict[str, Any] = {"mail": "desk@clinic.example", "team": "b"}

    assert signedtokens.verify(ISSUER.token(**token), known(**conf)).role == "Desk"
    for changes in ({"team": "c"}, {"team": None}, {"mail": "x@clinic.example"}, {"mail": None}):
        with pytest.raises(Unauthenticated):
            signedtokens.verify(ISSUER.token(**token | changes), known(**conf))
    with pytest.raises(Unauthenticated):
        signedtokens.verify(ISSUER.token(**ROLE), known(allowed_roles=["Other"]))
    with pytest.raises(Unauthenticated):
        signedtokens.verify(ISSUER.token(**ROLE), known(disabled=True))


def test_properties_come_from_the_token_and_the_file_has_the_last_word() -> None:
    prop, reference = f"{NAMESPACE}prop/", f"{NAMESPACE}prop-claim-ref/"
    token: dict[str, Any] = {f"{prop}ward": ["a", "b", 7], f"{prop}owner": "eve"}
    extra = json.dumps({f"{reference}owner": "sub", f"{reference}team": "team"})

    plain = signedtokens.verify(ISSUER.token(**ROLE, **token), known())
    bound = signedtokens.verify(ISSUER.token(**ROLE, **token), known(extra_claims=extra))
    nested = signedtokens.verify(
        ISSUER.token(vault={**ROLE, **token}), known(namespace_top_claim="vault")
    )

    assert plain.props == {"ward": ("a", "b"), "owner": ("eve",)}
    assert bound.props == {"ward": ("a", "b"), "owner": (), "team": ()}
    assert nested.props == plain.props


@pytest.mark.parametrize(
    "change",
    [
        {"keys": "{}"},
        {"keys": Issuer("x", kty="oct", alg="HS256", size=256).key.export()},
        {"keys": ISSUER.key.export_private()},
        {"keys": JWK.generate(kty="RSA", size=1024).export_public()},
        {"jwks_uri": "https://keys.example/jwks.json"},
        {"iss": ""},
        {"extra_claims": "[]"},
        {"bound_claims": []},
        {"secret": "x"},
        {"allowed_roles": "Desk"},
        {"roles_map": {"a": 1}},
        {"disabled": "no"},
    ],
)
def test_a_bad_issuer_is_refused_with_the_file(change: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        known(**change)

    assert refused.value.reason == "iam.invalid"
    assert "idps.clinic" in refused.value.message


def test_an_issuer_without_keys_names_an_https_address() -> None:
    tables = ISSUER.tables()
    del tables["conf"]["keys"]
    for uri in ("http://keys.example/", "file:///etc/passwd", "https://", "keys"):
        tables["conf"]["jwks_uri"] = uri
        with pytest.raises(Invalid):
            providerconf.parse("x", tables)
    tables["conf"]["jwks_uri"] = "https://keys.example/jwks.json"
    assert providerconf.parse("x", tables).conf["jwks_uri"] == "https://keys.example/jwks.json"


def test_a_file_with_issuers_goes_round_in_their_order() -> None:
    roles = {"Desk": {"capabilities": ["CapDataReader"], "policies": []}}
    issuers = {each.name: each.tables(allowed_roles=["Desk"]) for each in (Issuer("z"), ISSUER)}
    text = iamconf.render(iamconf.parse(tomlkit.dumps({"roles": roles, "idps": issuers})))

    assert iamconf.render(iamconf.parse(text)) == text
    assert [*iamconf.parse(text).idps] == ["z", "clinic"]
    with pytest.raises(Invalid):
        iamconf.parse(tomlkit.dumps({"idps": issuers}))  # the role is not there


@contextmanager
def hanging_up() -> Iterator[tuple[str, list[int]]]:
    """A server that ends every connection at once: its address, and an item for each."""
    seen: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    peer, _ = server.accept()
                except OSError:
                    return
                seen.append(1)
                peer.close()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/keys", seen
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.django_db
def test_an_issuer_that_does_not_answer_is_left_alone_for_a_while(
    settings: Settings,
) -> None:
    settings.TRIGGERS_EGRESS_ALLOW, settings.TRIGGERS_ALLOW_HTTP = ["127.0.0.1"], True
    conf = {"iss": ISSUER.issuer, "aud": AUDIENCE}
    with hanging_up() as (uri, seen):
        issuers = {"x": ProviderConf("direct-jwt", conf | {"jwks_uri": uri})}
        for _ in range(3):
            with pytest.raises(Unavailable):
                signedtokens.verify(ISSUER.token(**ROLE), issuers)

    assert len(seen) == 1


@pytest.mark.django_db
def test_old_keys_serve_for_an_hour_while_the_issuer_does_not_answer(settings: Settings) -> None:
    settings.TRIGGERS_EGRESS_ALLOW, settings.TRIGGERS_ALLOW_HTTP = ["127.0.0.1"], True
    conf = {"iss": ISSUER.issuer, "aud": AUDIENCE}
    with hanging_up() as (uri, _):
        issuers = {"x": ProviderConf("direct-jwt", conf | {"jwks_uri": uri})}
        held = signedtokens._Fetched(keys=providerconf.key_set(ISSUER.keys()))
        signedtokens._fetched[uri] = held

        held.at = time.monotonic() - 3000
        assert signedtokens.verify(ISSUER.token(**ROLE), issuers).role == "Desk"
        held.at = time.monotonic() - 3600
        with pytest.raises(Unavailable):
            signedtokens.verify(ISSUER.token(**ROLE), issuers)
