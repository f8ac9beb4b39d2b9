"""Signatures of deliveries. Source: Standard Webhooks 1.0, standardwebhooks.com.

Signed is ``id.timestamp.body``, over the exact bytes that are sent: ``v1`` is HMAC-SHA-256 with the
subscription's secret, ``v1a`` is Ed25519 with the portal's own key, whose public half is published.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import IntegrityError, transaction
from django.utils import timezone

from triggers_app.models import SigningKey, Subscription

SECRET_PREFIX = "whsec_"  # noqa: S105 a prefix, not a secret
PUBLIC_PREFIX = "whpk_"


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """The keys that a delivery is signed with, opened once for many."""

    secrets: tuple[bytes, ...]
    private: Ed25519PrivateKey | None = None

    def headers(self, message_id: str, at: datetime, body: bytes) -> list[tuple[str, str]]:
        """``webhook-id``, ``webhook-timestamp`` and ``webhook-signature``."""
        seconds = str(int(at.timestamp()))
        signed = b".".join((message_id.encode(), seconds.encode(), body))
        signatures = [
            "v1," + _text(hmac.new(key, signed, hashlib.sha256).digest()) for key in self.secrets
        ]
        if self.private is not None:
            signatures.append("v1a," + _text(self.private.sign(signed)))
        return [
            ("webhook-id", message_id),
            ("webhook-timestamp", seconds),
            ("webhook-signature", " ".join(signatures)),
        ]


def signer_of(subscription: Subscription, at: datetime) -> Signer:
    """What signs for a subscription at a time: during a rotation both of its secrets."""
    secrets = [subscription.signing_secret]
    if subscription.previous_until is not None and at < subscription.previous_until:
        secrets.append(subscription.previous_signing_secret)
    private = _private_key() if subscription.ed25519 else None
    return Signer(tuple(_bytes(secret) for secret in secrets), private)


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """A public key, as the page of keys shows it; ``key`` is ``whpk_`` and base64."""

    id: str
    key: str = field(repr=False)
    created_at: datetime
    retired_at: datetime | None


def published_keys() -> Sequence[PublishedKey]:
    """The one that signs now first, then those that did; one is made when there is none."""
    _signing_key()
    rows = SigningKey.objects.order_by("-id").defer("private_key")
    return [
        PublishedKey(str(row.pk), PUBLIC_PREFIX + row.public_key, row.created_at, row.retired_at)
        for row in rows
    ]


def rotate_key() -> PublishedKey:
    """Sign with a new key from now on; the old one stays on the page of keys."""
    with transaction.atomic():
        SigningKey.objects.filter(retired_at=None).update(retired_at=timezone.now())
        _make_key()
    return published_keys()[0]


def _private_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(_signing_key().private_key))


def _signing_key() -> SigningKey:
    present = SigningKey.objects.filter(retired_at=None)
    found = present.first()
    if found is None:
        try:
            with transaction.atomic():
                return _make_key()
        except IntegrityError:  # another process was quicker
            return present.get()
    return found


def _make_key() -> SigningKey:
    private = Ed25519PrivateKey.generate()
    return SigningKey.objects.create(
        private_key=_text(private.private_bytes_raw()),
        public_key=_text(private.public_key().public_bytes_raw()),
    )


def _bytes(secret: str) -> bytes:
    # Padded anew: some write it without.
    return base64.b64decode(secret.removeprefix(SECRET_PREFIX) + "==")


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
