"""JSON Web Tokens of the IAM file's issuers: what one says, once its signature has been checked.

Only algorithms with public keys count, so a public key can never be taken for a shared secret.
Whatever is wrong with a token, the refusal is the same ``Unauthenticated``.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from typing import Any, TypeGuard

from jwcrypto.common import JWException, base64url_decode  # type: ignore[import-untyped]  # it has no types
from jwcrypto.jwk import JWK, JWKSet  # type: ignore[import-untyped]  # it has no types
from jwcrypto.jws import JWS  # type: ignore[import-untyped]  # it has no types

from collections_app.providerconf import ProviderConf, key_set
from vaultportal import outbound
from vaultportal.api.body import parse_json
from vaultportal.errors import Unauthenticated, Unavailable, VaultError

logger = logging.getLogger(__name__)

NAMESPACE = "https://app.piiano.io/"
ALGORITHMS: Mapping[str, str] = {  # name → what the key must be
    "RS256": "RSA", "RS384": "RSA", "RS512": "RSA",
    "PS256": "RSA", "PS384": "RSA", "PS512": "RSA",
    "ES256": "P-256", "ES384": "P-384", "ES512": "P-521",
    "EdDSA": "Ed25519",
}  # fmt: skip
LONGEST = 16_384  # bytes of a token
LEEWAY = 30  # seconds that another clock may be ahead
FRESH_SECONDS, AGAIN_SECONDS = 300.0, 30.0  # a fetched key set; a missing key, or a failed fetch
STALE_SECONDS = 3600.0  # how long a key set serves while its issuer does not answer
MOST_BODY = 256 * 1024
# The library also reads JWS as JSON, which need not say what a reader of the three parts finds.
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Verified:
    """A token that counts: who signed it, about whom, for which role, and for which objects only.

    props: property → the values of which an object must have one; empty for no restriction.
    """

    provider: str
    subject: str
    token_id: str
    role: str
    props: Mapping[str, tuple[str, ...]] = field(repr=False)


def looks_signed(token: str) -> bool:
    """Whether it has the three parts of a signed token; no key of our own has a dot."""
    return token.count(".") == 2


def verify(token: str, providers: Mapping[str, ProviderConf]) -> Verified:
    """What ``token`` says, by the first of the ``providers`` that it fits.

    Raises:
        Unauthenticated: no issuer, audience, key, time, bound claim or role of it is right.
        Unavailable: the issuer's keys cannot be fetched now.
    """
    if len(token) > LONGEST or not _COMPACT.fullmatch(token):
        raise Unauthenticated
    header, payload, claims = _unchecked(token)
    for name, provider in providers.items():
        conf = provider.conf
        if provider.disabled or claims.get("iss") != conf["iss"] or not _is_for(claims, conf):
            continue
        if not _is_signed(token, header, payload, conf):
            continue
        _check_times(claims)
        _check_bound(claims, conf.get("bound_claims", {}))
        return _read(name, provider, claims)
    raise Unauthenticated


def _unchecked(token: str) -> tuple[Mapping[str, Any], bytes, Mapping[str, Any]]:
    """Header, payload, and the claims in the payload, of the compact form."""
    head, body, _ = token.split(".")
    try:
        header = parse_json(base64url_decode(head))
        payload: bytes = base64url_decode(body)
        claims = parse_json(payload)
    except (VaultError, ValueError, TypeError):
        raise Unauthenticated from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise Unauthenticated
    # "crit" would demand an extension, and none is known here.
    if "crit" in header or str(header.get("alg")) not in ALGORITHMS:
        raise Unauthenticated
    if str(header.get("typ", "JWT")).lower().removeprefix("application/") not in ("jwt", "at+jwt"):
        raise Unauthenticated
    return header, payload, claims


def _is_for(claims: Mapping[str, Any], conf: Mapping[str, Any]) -> bool:
    audience = claims.get("aud")
    return conf["aud"] in audience if isinstance(audience, list) else conf["aud"] == audience


def _is_signed(
    token: str, header: Mapping[str, Any], payload: bytes, conf: Mapping[str, Any]
) -> bool:
    """Whether a key of the issuer has signed just this payload."""
    for key in _fitting(_keys(conf, header), header):
        signed = JWS()
        signed.allowed_algs = [header["alg"]]
        try:
            signed.deserialize(token)
            signed.verify(key)
        except (JWException, ValueError):
            continue
        return bool(signed.payload == payload)
    return False


def _fitting(keys: JWKSet, header: Mapping[str, Any]) -> list[JWK]:
    """The keys that may have signed: of the algorithm's kind, and of the id that is named."""
    wanted = ALGORITHMS[header["alg"]]
    return [
        key
        for key in keys["keys"]
        if wanted in (key.get("kty"), key.get("crv"))
        and key.get("use", "sig") == "sig"
        and key.get("alg", header["alg"]) == header["alg"]
        and (header.get("kid") is None or key.get("kid", header["kid"]) == header["kid"])
    ]


def _check_times(claims: Mapping[str, Any]) -> None:
    now = time.time()
    ends, begins, made = (claims.get(name) for name in ("exp", "nbf", "iat"))
    if not _is_number(ends) or ends <= now:
        raise Unauthenticated
    for moment in (begins, made):
        if moment is not None and (not _is_number(moment) or moment > now + LEEWAY):
            raise Unauthenticated


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _check_bound(claims: Mapping[str, Any], bound: Mapping[str, Any]) -> None:
    """Each bound claim must have the value, or one of the values, that the file says."""
    for name, wanted in bound.items():
        allowed = wanted if isinstance(wanted, list) else [wanted]
        found = claims.get(name)
        present = found if isinstance(found, list) else [found]
        if name not in claims or not any(each in allowed for each in present):
            raise Unauthenticated


def _read(name: str, provider: ProviderConf, claims: Mapping[str, Any]) -> Verified:
    top = provider.conf.get("namespace_top_claim")
    spaced = claims.get(top, {}) if top else claims
    if not isinstance(spaced, dict):
        raise Unauthenticated
    extra = parse_json(provider.conf.get("extra_claims", "{}").encode())
    spaced = {**spaced, **extra}  # what the file says is not the token's to change
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject or "\0" in subject:
        raise Unauthenticated
    return Verified(
        provider=name,
        subject=subject,
        token_id=str(claims.get("jti", "")),
        role=_role(provider, claims, spaced),
        props=_props(claims, spaced),
    )


def _role(provider: ProviderConf, claims: Mapping[str, Any], spaced: Mapping[str, Any]) -> str:
    named = provider.conf.get("roles_claim")
    if named:
        found = claims.get(named, spaced.get(named))
    else:
        found = spaced.get(f"{NAMESPACE}role", claims.get("roles"))
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    role = provider.roles_map.get(found) if provider.roles_map and _text(found) else found
    if not _text(role) or (provider.allowed_roles and role not in provider.allowed_roles):
        raise Unauthenticated
    return str(role)


def _props(claims: Mapping[str, Any], spaced: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """``prop/<name>`` has the values, ``prop-claim-ref/<name>`` the name of a claim with them."""
    values, references = f"{NAMESPACE}prop/", f"{NAMESPACE}prop-claim-ref/"
    props: dict[str, tuple[str, ...]] = {}
    for key, value in spaced.items():
        if key.startswith(values):
            props[key.removeprefix(values)] = _texts(value)
    for key, value in spaced.items():
        if key.startswith(references):
            name = key.removeprefix(references)
            found = _texts(claims.get(value) if isinstance(value, str) else None)
            props[name] = tuple(each for each in props.get(name, found) if each in found)
    return props


def _texts(value: Any) -> tuple[str, ...]:
    """A string or strings; what is neither allows no value at all."""
    items = value if isinstance(value, list) else [value]
    return tuple(item for item in items if isinstance(item, str))


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


@dataclass(slots=True)
class _Fetched:
    """The key set of one address; the times are of the monotonic clock.

    at: of the last answer. failed_at: of the last failure since then.
    """

    lock: Lock = field(default_factory=Lock)
    keys: JWKSet | None = None
    at: float = 0.0
    failed_at: float | None = None


_fetched: dict[str, _Fetched] = {}
_parsed = lru_cache(maxsize=64)(key_set)


def _keys(conf: Mapping[str, Any], header: Mapping[str, Any]) -> JWKSet:
    if "keys" in conf:
        return _parsed(conf["keys"])
    uri = str(conf["jwks_uri"])
    held = _fetched.setdefault(uri, _Fetched())
    with held.lock:  # one fetch at a time of each address, and no address waits for another
        now = time.monotonic()
        if held.keys is not None:
            again = FRESH_SECONDS if _fitting(held.keys, header) else AGAIN_SECONDS
            if now - held.at < again:
                return held.keys
        if held.failed_at is None or now - held.failed_at >= AGAIN_SECONDS:
            try:
                held.keys, held.failed_at = _fetch(uri), None
                held.at = now
                return held.keys
            except Unavailable:
                held.failed_at = time.monotonic()
        # Better old keys than none for a while: the issuer is asked again soon.
        if held.keys is None or now - held.at >= STALE_SECONDS:
            raise Unavailable
        return held.keys


def _fetch(uri: str) -> JWKSet:
    try:
        answer = outbound.send(outbound.Request("GET", uri, timeout=5, max_body=MOST_BODY))
    except outbound.Blocked:
        logger.warning("the rules for outgoing requests refuse the key address of an issuer")
        return JWKSet()
    try:
        if answer.status != 200 or answer.truncated:
            raise ValueError
        return key_set(answer.body.decode())
    except ValueError:
        logger.warning("an issuer answered %d, and no usable key set", answer.status)
        return JWKSet()
