"""The ID token: signed by the issuer, for us, about this very attempt, and not long ago."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

import jwt
from allauth.socialaccount.providers.oauth2.client import OAuth2Error

from vaultportal.directory.text import one_line

# Signatures of a private key. None of a shared secret: our client secret signs nothing.
ALGORITHMS = frozenset(
    f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512)
) | {"EdDSA"}
REQUIRED = ("iss", "sub", "aud", "exp", "iat", "nonce")
# Seconds that the issuer's clock may be off.
LEEWAY = 60.0
MOST_BYTES = 64 * 1024
LONGEST_SUBJECT = 255

Claims = dict[str, Any]


class Untrusted(OAuth2Error):  # type: ignore[misc]  # without types of its own
    """What a provider says does not hold. The sentence is ours: it may stand in a log."""


class UnknownKey(Untrusted):
    """It is signed with a key that is none of those given; the issuer may have newer ones."""


def nonce_of(code_verifier: str) -> str:
    """What ties an ID token to one attempt: made of the secret that only its session holds."""
    return hashlib.sha256(b"nonce\n" + code_verifier.encode()).hexdigest()


def verified(
    id_token: object, keys: Mapping[str, Any], *, issuer: str, audience: str, nonce: str
) -> Claims:
    """The claims of an ID token.

    keys: the issuer's JWK set. nonce: ``nonce_of`` the attempt that the token must answer.

    Raises:
        UnknownKey: none of ``keys`` is the one that it names.
        Untrusted: anything else about it is wrong.

    Source: OpenID Connect Core 1.0, section 3.1.3.7; RFC 8725.
    """
    if not isinstance(id_token, str) or len(id_token) > MOST_BYTES:
        raise Untrusted("There is no ID token.")
    try:
        header = jwt.get_unverified_header(id_token)
        if header.get("alg") not in ALGORITHMS:
            raise Untrusted("The ID token is signed in a way that proves nothing.")
        claims: Claims = jwt.decode(
            id_token,
            key=_key(header.get("kid"), jwt.PyJWKSet.from_dict(dict(keys)).keys),
            algorithms=[str(header["alg"])],
            issuer=issuer,
            audience=audience,
            leeway=LEEWAY,
            options={"require": list(REQUIRED)},
        )
    except jwt.PyJWKSetError as wrong:
        raise UnknownKey("The issuer has no key that is of use.") from wrong
    except (jwt.PyJWTError, TypeError, ValueError, AttributeError, KeyError) as wrong:
        # All but the first are what the library makes of keys and headers of a wrong shape.
        raise Untrusted("The ID token is not right.") from wrong
    if not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
        raise Untrusted("The ID token belongs to another attempt.")
    subject = str(claims["sub"])
    if claims.get("azp", audience) != audience or not subject.strip():
        raise Untrusted("The ID token is for somebody else.")
    if not subject.isprintable() or len(subject) > LONGEST_SUBJECT:
        raise Untrusted("The subject is none that the specification allows.")
    return claims


def uid_of(issuer: str, subject: str) -> str:
    """An identity, whole: another issuer behind the same name has other ones.

    It always fits the column, which a subject of 255 characters would not.
    """
    return hashlib.sha256(f"{len(issuer)}:{issuer}{subject}".encode()).hexdigest()


def proved_at(claims: Mapping[str, Any], now: float) -> float:
    """When the person showed the provider who they are, in seconds; 0 when it does not say."""
    said = claims.get("auth_time")
    if isinstance(said, bool) or not isinstance(said, (int, float)) or said > now + LEEWAY:
        return 0.0
    return min(float(said), now)


def words(claims: Mapping[str, Any], name: str) -> str:
    """A claim as a line of text; "" when it is missing or no text."""
    said = claims.get(name)
    if not isinstance(said, str):
        return ""
    return one_line(said, LONGEST_SUBJECT)


def _key(kid: object, keys: Sequence[jwt.PyJWK]) -> Any:
    """The key that a header names; one without a name fits when there is no other."""
    signing = [key for key in keys if key.public_key_use in (None, "sig")]
    if kid is not None:
        signing = [key for key in signing if key.key_id == kid]
    if len(signing) != 1:
        raise UnknownKey("The issuer has no such key.")
    return signing[0].key
