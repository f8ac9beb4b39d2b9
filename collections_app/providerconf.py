"""The ``idps`` tables of the IAM file: whose signed tokens count, and for which role. Pure.

Source: Piiano Vault's page on the file; ``keys`` and ``jwks_uri`` exclude each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson
from jwcrypto.common import JWException  # type: ignore[import-untyped]  # it has no types
from jwcrypto.jwk import JWKSet  # type: ignore[import-untyped]  # it has no types

from vaultportal.api.body import parse_json
from vaultportal.errors import Invalid, Malformed

TYPES = ("direct-jwt",)
KNOWN = frozenset({"type", "disabled", "allowed_roles", "roles_map", "conf"})
TEXTS = frozenset(
    {"iss", "aud", "keys", "jwks_uri", "roles_claim", "namespace_top_claim", "extra_claims"}
)
LONGEST = 100_000  # characters of one text
LONGEST_URI = 2048
MOST_KEYS = 50
FEWEST_RSA_BITS = 2048


@dataclass(frozen=True, slots=True)
class ProviderConf:
    """One issuer. ``conf`` is as the file has it, checked: texts, and ``bound_claims``."""

    type: str
    conf: Mapping[str, Any]
    disabled: bool = False
    allowed_roles: tuple[str, ...] = ()
    roles_map: Mapping[str, str] = field(default_factory=dict)

    @property
    def roles(self) -> set[str]:
        """Every role of the file that it names."""
        return {*self.allowed_roles, *self.roles_map.values()}


def parse(name: str, body: Mapping[str, Any]) -> ProviderConf:
    """The provider ``name``; PV9015 names what is wrong with it."""
    where = f"idps.{name}"
    if body.keys() - KNOWN:
        raise _refuse(f"{where} has a key beside {', '.join(sorted(KNOWN))}.")
    kind, disabled = body.get("type"), body.get("disabled", False)
    if kind not in TYPES or not isinstance(disabled, bool):
        raise _refuse(f"{where}: type is {', '.join(TYPES)}, and disabled is true or false.")
    allowed, mapped = body.get("allowed_roles", []), body.get("roles_map", {})
    if not isinstance(allowed, list) or not all(_is_text(each) for each in allowed):
        raise _refuse(f"{where}: allowed_roles must be a list of names.")
    if not isinstance(mapped, dict) or not all(_is_text(each) for each in mapped.values()):
        raise _refuse(f"{where}: roles_map must be a table of names.")
    return ProviderConf(str(kind), _conf(where, body.get("conf")), disabled, tuple(allowed), mapped)


def render(provider: ProviderConf) -> dict[str, Any]:
    """The tables of one provider."""
    body: dict[str, Any] = {
        "allowed_roles": list(provider.allowed_roles),
        "disabled": provider.disabled,
        "type": provider.type,
        "conf": dict(provider.conf),
    }
    if provider.roles_map:
        body["roles_map"] = dict(provider.roles_map)
    return body


def key_set(text: str) -> JWKSet:
    """Public keys from JSON: a set of them or a single one.

    Raises:
        ValueError: it is no key set, or one of the keys is secret, weak or of an unknown kind.
    """
    try:
        found = orjson.loads(text)
        if not isinstance(found, dict):
            raise ValueError
        keys = found.get("keys", [found])
        made = JWKSet.from_json(orjson.dumps({"keys": keys}).decode())
    except (JWException, KeyError, TypeError):
        raise ValueError from None
    every = list(made.get("keys") or ())
    if not every or len(every) > MOST_KEYS:
        raise ValueError
    for key in every:
        if key.get("kty") not in ("RSA", "EC", "OKP") or not key.has_public or key.has_private:
            raise ValueError
        if key.get("kty") == "RSA" and key.get_op_key("verify").key_size < FEWEST_RSA_BITS:
            raise ValueError
    return made


def _conf(where: str, conf: Any) -> dict[str, Any]:
    if not isinstance(conf, dict):
        raise _refuse(f"{where} needs a table conf.")
    unknown = conf.keys() - TEXTS - {"bound_claims"}
    if unknown or not all(_is_text(conf[name]) for name in conf.keys() & TEXTS):
        raise _refuse(f"{where}.conf has a key that is not known, or one that is no text.")
    if not conf.get("iss") or not conf.get("aud"):
        raise _refuse(f"{where}.conf needs iss and aud.")
    if ("keys" in conf) == ("jwks_uri" in conf):
        raise _refuse(f"{where}.conf needs either keys or jwks_uri.")
    if "keys" in conf:
        try:
            key_set(conf["keys"])
        except ValueError:
            raise _refuse(
                f"{where}.conf.keys must be public RSA (2048 bits or more), EC or OKP keys as JWKS."
            ) from None
    elif not _is_https(conf["jwks_uri"]):
        raise _refuse(f"{where}.conf.jwks_uri must be an https address.")
    if not isinstance(conf.get("bound_claims", {}), dict):
        raise _refuse(f"{where}.conf.bound_claims must be a table.")
    if "extra_claims" in conf:
        try:
            is_object = isinstance(parse_json(conf["extra_claims"].encode()), dict)
        except Malformed:
            is_object = False
        if not is_object:
            raise _refuse(f"{where}.conf.extra_claims must be a JSON object.")
    return conf


def _is_https(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    return len(uri) <= LONGEST_URI and parts.scheme == "https" and bool(parts.hostname)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST and "\0" not in value


def _refuse(message: str) -> Invalid:
    return Invalid(message=message, reason="iam.invalid")
