"""Signatures that others can check."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from tests.triggers_app.factories import make_subscription
from triggers_app.engine import signing

pytestmark = pytest.mark.django_db
BODY = '{"name":"J\u00f6rg"}'.encode()
NEW = "whsec_" + base64.b64encode(b"n" * 32).decode()
OLD = "whsec_" + base64.b64encode(b"o" * 32).decode()


def test_the_librarys_verifier_agrees_and_notices_a_change() -> None:
    now = timezone.now()
    headers = dict(
        signing.signer_of(make_subscription(signing_secret=NEW), now).headers("a", now, BODY)
    )

    assert Webhook(NEW).verify(BODY, headers) == {"name": "J\u00f6rg"}
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(BODY + b" ", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(BODY, headers | {"webhook-id": "b"})
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(BODY, headers)


def test_during_a_rotation_both_secrets_sign() -> None:
    now = timezone.now()
    subscription = make_subscription(
        signing_secret=NEW, previous_signing_secret=OLD, previous_until=now + timedelta(hours=1)
    )

    during = dict(signing.signer_of(subscription, now).headers("a", now, BODY))
    after = signing.signer_of(subscription, now + timedelta(hours=2))

    for secret in (NEW, OLD):
        Webhook(secret).verify(BODY, during)
    assert len(dict(after.headers("a", now, BODY))["webhook-signature"].split()) == 1


def test_the_published_key_checks_the_second_signature() -> None:
    now = timezone.now()
    subscription = make_subscription(signing_secret=NEW, ed25519=True)
    headers = dict(signing.signer_of(subscription, now).headers("a", now, BODY))

    first, second = headers["webhook-signature"].split()
    (published,) = signing.published_keys()

    assert first.startswith("v1,")
    assert second.startswith("v1a,")
    assert published.key.startswith("whpk_")
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(published.key[5:]))
    signed = b"a." + headers["webhook-timestamp"].encode() + b"." + BODY
    public.verify(base64.b64decode(second[4:]), signed)
    with pytest.raises(InvalidSignature):
        public.verify(base64.b64decode(second[4:]), signed + b" ")
    assert Webhook(NEW).verify(BODY, headers)


def test_a_new_key_signs_and_the_old_one_stays_published() -> None:
    (old,) = signing.published_keys()

    new = signing.rotate_key()

    assert [each.id for each in signing.published_keys()] == [new.id, old.id]
    assert [each.retired_at is None for each in signing.published_keys()] == [True, False]
