"""ID tokens that lie, and providers that the environment names wrongly."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import jwt
import pytest
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.core.exceptions import ImproperlyConfigured

from vaultportal.ui.oidc import environment, tokens

ISSUER, AUDIENCE = "https://login.example.com", "portal"
NONCE = tokens.nonce_of("a verifier")
KEY = rsa.generate_private_key(65537, 2048)
OTHER = rsa.generate_private_key(65537, 2048)
CURVE = ec.generate_private_key(ec.SECP256R1())


def jwk(key: Any, **fields: str) -> dict[str, Any]:
    kind = jwt.algorithms.ECAlgorithm if key is CURVE else jwt.algorithms.RSAAlgorithm
    return {**json.loads(kind.to_jwk(key.public_key())), **fields}


KEYS = {"keys": [jwk(KEY, kid="one"), jwk(OTHER, kid="two"), jwk(CURVE, kid="curve")]}


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    whole = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "somebody",
        "iat": now,
        "exp": now + 300,
        "nonce": NONCE,
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


def signed(key: Any = KEY, kid: str | None = "one", alg: str = "RS256", **changes: Any) -> str:
    headers = {} if kid is None else {"kid": kid}
    return jwt.encode(claims(**changes), key, algorithm=alg, headers=headers)


def read(token: object, keys: Any = KEYS) -> dict[str, Any]:
    return tokens.verified(token, keys, issuer=ISSUER, audience=AUDIENCE, nonce=NONCE)


@pytest.mark.parametrize(
    "make",
    [
        signed,
        partial(signed, OTHER, "two", "PS512"),
        partial(signed, CURVE, "curve", "ES256"),
        partial(signed, aud=[AUDIENCE]),
        lambda: signed(iat=int(time.time()) + 30),  # a clock that is half a minute ahead
    ],
)
def test_a_right_token_is_read(make: Callable[[], str]) -> None:
    assert read(make())["sub"] == "somebody"


def test_a_token_without_the_name_of_its_key_fits_the_only_one() -> None:
    alone = {"keys": [jwk(KEY), jwk(OTHER, use="enc")]}

    assert read(signed(kid=None), alone)["sub"] == "somebody"
    with pytest.raises(OAuth2Error):
        read(signed(kid=None))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"iss": ISSUER + "/"},
        {"aud": "another"},
        {"aud": ["another", "third"]},
        {"azp": "another", "aud": [AUDIENCE, "another"]},
        {"exp": 1_000_000_000},
        {"iat": 4_000_000_000},
        {"nonce": "another"},
        {"nonce": None},
        {"nonce": 5},
        {"sub": None},
        {"sub": " "},
        {"sub": "a\x00b"},
        {"sub": "x" * 256},
        {"exp": None},
        {"aud": None},
        {"iss": None},
    ],
    ids=str,
)
def test_a_token_that_says_something_else_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(OAuth2Error):
        read(signed(**changes))


@pytest.mark.parametrize("token", [None, 5, "", "a.b.c", "x" * 70_000], ids=range(5))
def test_what_is_no_token_is_refused(token: object) -> None:
    with pytest.raises(OAuth2Error):
        read(token)


@pytest.mark.parametrize(
    "make",
    [
        lambda: jwt.encode(claims(), "", algorithm="none"),
        lambda: jwt.encode(claims(), "a secret that is shared, of 32 bytes and more", "HS256"),
        partial(signed, OTHER, "one"),  # somebody else's signature under that name
        partial(signed, OTHER, "three"),
        partial(signed, CURVE, "one", "ES256"),  # the key of another family
        lambda: signed()[:-8] + "AAAAAAAA",
    ],
)
def test_what_the_issuer_did_not_sign_is_refused(make: Callable[[], str]) -> None:
    with pytest.raises(OAuth2Error):
        read(make())


@pytest.mark.parametrize("keys", [{}, {"keys": None}, {"keys": [5]}, {"keys": [{"kty": "oct"}]}])
def test_keys_that_are_none_open_nothing(keys: Any) -> None:
    with pytest.raises(OAuth2Error):
        read(signed(), keys)


def test_the_issuer_is_part_of_an_identity() -> None:
    assert tokens.uid_of("https://a", "bc") != tokens.uid_of("https://ab", "c")
    assert tokens.uid_of(ISSUER, "a") != tokens.uid_of(ISSUER + "/", "a")


# -- the environment ----------------------------------------------------------------------------

RIGHT = {
    "PORTAL_OIDC_ISSUER": "https://login.example.com/tenant/",
    "PORTAL_OIDC_CLIENT_ID": "portal",
    "PORTAL_OIDC_CLIENT_SECRET": "a-secret-of-tests",
}


def test_no_provider_is_the_default() -> None:
    assert environment.providers() == []


def test_several_providers_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    secret = tmp_path / "secret"
    secret.write_text("out-of-a-file\n")
    second = {
        "PORTAL_OIDC_2_ID": "acme",
        "PORTAL_OIDC_2_NAME": "Acme",
        "PORTAL_OIDC_2_ISSUER": "http://127.0.0.1:9400",
        "PORTAL_OIDC_2_CLIENT_ID": "other",
        "PORTAL_OIDC_2_CLIENT_SECRET_FILE": str(secret),
    }
    for name, value in {**RIGHT, **second}.items():
        monkeypatch.setenv(name, value)

    one, two = environment.providers()

    assert (one["provider_id"], one["name"]) == ("sso", "login.example.com")
    assert one["settings"] == {
        "server_url": "https://login.example.com/tenant",
        "issuer": "https://login.example.com/tenant/",
    }
    assert (two["provider_id"], two["secret"]) == ("acme", "out-of-a-file")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORTAL_OIDC_ISSUER", ""),
        ("PORTAL_OIDC_ISSUER", "login.example.com"),
        ("PORTAL_OIDC_ISSUER", "http://login.example.com"),
        ("PORTAL_OIDC_ISSUER", "https://login.example.com/?tenant=a"),
        ("PORTAL_OIDC_ISSUER", "https://user@login.example.com"),
        ("PORTAL_OIDC_ISSUER", "https://a/.well-known/openid-configuration"),
        ("PORTAL_OIDC_ISSUER", "https://[bad"),
        ("PORTAL_OIDC_CLIENT_ID", ""),
        ("PORTAL_OIDC_CLIENT_SECRET", ""),
        ("PORTAL_OIDC_ID", "Not A Slug"),
        ("PORTAL_OIDC_ID", "../login"),
        ("PORTAL_OIDC_NAME", "x" * 41),
    ],
)
def test_a_wrong_provider_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    for name, right in {**RIGHT, variable: value}.items():
        monkeypatch.setenv(name, right)

    with pytest.raises(ImproperlyConfigured, match="PORTAL_OIDC_"):
        environment.providers()


def test_two_providers_have_two_names(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in RIGHT.items():
        monkeypatch.setenv(name, value)
        monkeypatch.setenv(name.replace("OIDC_", "OIDC_2_"), value)
    monkeypatch.setenv("PORTAL_OIDC_2_ID", "sso")

    with pytest.raises(ImproperlyConfigured, match="PORTAL_OIDC_ID"):
        environment.providers()
