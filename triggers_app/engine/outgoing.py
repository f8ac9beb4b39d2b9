"""What goes over the wire for one invocation: the body, the headers, and the log's view of them."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.conf import settings

from triggers_app.engine import limits
from triggers_app.engine.signing import Signer
from triggers_app.models import Invocation, Kind, Mode, Subscription
from vaultportal.outbound import Request

USER_AGENT = "VaultPortal-Triggers/1"
MAX_ANSWER = 64 * 1024
MASK = "***"
_MASKED = {"authorization", "webhook-signature"}
_TYPES = {Kind.FIRE_AND_FORGET: "fireAndForget", Kind.REQUEST_RESPONSE: "requestResponse"}
# A path that needs no special header: subscribers post to it as it is.
_CALLBACK = "/beta/trigger-invocations/{id}/complete"


@dataclass(frozen=True, slots=True, repr=False)
class Outgoing:
    """A request, and the words in it that no log may hold even if the receiver repeats them."""

    request: Request
    hidden: tuple[str, ...]

    def logged_headers(self) -> dict[str, str]:
        """The request's headers without credentials and signatures."""
        return {
            name: MASK if name.lower() in _MASKED else value for name, value in self.request.headers
        }


def outgoing(
    invocation: Invocation, subscription: Subscription, signer: Signer, at: datetime
) -> Outgoing:
    """The signed request of one attempt; the body is the same in each attempt."""
    body = body_of(invocation)
    headers = [("Content-Type", "application/json"), ("User-Agent", USER_AGENT)]
    authorization, hidden = _authorization(subscription)
    if authorization:
        headers.append(("Authorization", authorization))
    headers += signer.headers(str(invocation.pk), at, body)
    if invocation.secret:
        hidden = (*hidden, invocation.secret)
    request = Request(
        "POST",
        subscription.url,
        headers,
        body,
        timeout=limits.timeout(),
        max_body=MAX_ANSWER,
        repeatable=True,  # the receiver knows it by its webhook-id
    )
    return Outgoing(request, hidden)


def body_of(invocation: Invocation) -> bytes:
    """The payload with ``_metadata`` in front, as UTF-8 JSON."""
    return orjson.dumps({"_metadata": _metadata(invocation), **invocation.input})


def _metadata(invocation: Invocation) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "invocationId": str(invocation.pk),
        "triggerId": invocation.trigger,
        "triggerType": _TYPES[Kind(invocation.kind)],
    }
    if invocation.kind == Kind.FIRE_AND_FORGET:
        return metadata
    if invocation.mode == Mode.SYNC:
        return metadata | {"responseMode": "sync"}
    callback = settings.PUBLIC_BASE_URL + _CALLBACK.format(id=invocation.pk)
    # A subscriber of the third mode is told "async" too, and may answer at once all the same.
    return metadata | {
        "responseMode": "async",
        "callbackURL": callback,
        "secret": invocation.secret,
    }


def _authorization(subscription: Subscription) -> tuple[str, tuple[str, ...]]:
    """The header's value, and what of it must stay hidden."""
    credential = subscription.credential
    match subscription.authentication:
        case Subscription.Authentication.BASIC:
            pair = f"{subscription.user_name}:{credential}".encode()
            encoded = base64.b64encode(pair).decode()
            return f"Basic {encoded}", (credential, encoded)
        case Subscription.Authentication.BEARER:
            return f"Bearer {credential}", (credential,)
    return "", ()
