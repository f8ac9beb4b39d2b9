"""An issuer of signed tokens for tests: its keys, its tables in the IAM file, its tokens."""

from __future__ import annotations

import json
import time
from typing import Any

from jwcrypto.jwk import JWK  # type: ignore[import-untyped]  # it has no types
from jwcrypto.jws import JWS  # type: ignore[import-untyped]  # it has no types

NAMESPACE = "https://app.piiano.io/"
AUDIENCE = "https://vault.example"


class Issuer:
    """One key, one ``iss``."""

    def __init__(self, name: str, *, kty: str = "EC", alg: str = "ES256", **key: Any) -> None:
        self.name = name
        self.alg = alg
        shape = key or ({"crv": "P-256"} if kty == "EC" else {"size": 2048})
        self.key = JWK.generate(kty=kty, kid="k1", **shape)

    def keys(self) -> str:
        """The public half as a key set."""
        return json.dumps({"keys": [json.loads(self.key.export_public())]})

    def tables(self, **conf: Any) -> dict[str, Any]:
        """Its tables in the file; what is no part of ``conf`` goes beside it."""
        beside: dict[str, Any] = {
            name: conf.pop(name)
            for name in ("allowed_roles", "roles_map", "disabled")
            if name in conf
        }
        own = {"iss": self.issuer, "aud": AUDIENCE, "keys": self.keys()}
        return {"type": "direct-jwt", **beside, "conf": own | conf}

    @property
    def issuer(self) -> str:
        """``iss`` of its tokens."""
        return f"https://{self.name}.example/"

    def token(self, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A token that is good for a minute; None takes a claim away."""
        now = int(time.time())
        body = {
            "iss": self.issuer, "aud": AUDIENCE, "sub": "ida", "iat": now, "exp": now + 60,
        } | claims  # fmt: skip
        signed = JWS(json.dumps({name: each for name, each in body.items() if each is not None}))
        protected = {"alg": self.alg, "kid": "k1", "typ": "JWT"} | (header or {})
        signed.add_signature(self.key, None, json.dumps(protected))
        return str(signed.serialize(compact=True))
