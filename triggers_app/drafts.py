"""What a subscription is to be, before it is stored; and the rules that it must follow."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from dataclasses import dataclass, field

import httpx

from triggers_app import durations
from triggers_app.filters import MAX_LENGTH as MAX_FILTER
from triggers_app.filters import InvalidFilter, compile_filter
from triggers_app.models import Mode, Subscription
from vaultportal import outbound
from vaultportal.errors import Fault

MAX_NAME = 255
MAX_DESCRIPTION = 4000
MAX_URL = 2048
MAX_USER_NAME = 255
MAX_CREDENTIAL = 4096
SECRET_PREFIX = "whsec_"  # noqa: S105 the prefix of every secret, and none
LEAST_SECRET, MOST_SECRET = 24, 64
_TOKEN = re.compile(r"[\x21-\x7e]+")
Authentication = Subscription.Authentication


@dataclass(frozen=True, slots=True)
class Draft:
    """A whole subscription, as a caller wants it.

    id, trigger: "" where the caller does not say; they cannot be changed.
    credential: None keeps the stored one, if there is one for the same authentication and name at
        the same scheme, host and port.
    keeps_elsewhere: the stored credential goes along to another address. The wire's rule for PUT
        and PATCH; people give it anew, so that nobody sends a password to a place of their own.
    signing_secret: "" for a new random one.
    """

    name: str
    url: str
    mode: str = Mode.SYNC
    id: str = ""
    trigger: str = ""
    description: str | None = None
    response_deadline: str = "PT1H"
    authentication: str = Authentication.NONE
    user_name: str = ""
    credential: str | None = field(default=None, repr=False)
    keeps_elsewhere: bool = False
    enabled: bool = True
    filter: str | None = None
    signing_secret: str = field(default="", repr=False)


def faults_of(draft: Draft, stored: Subscription | None = None) -> list[Fault]:
    """What is wrong with it, whatever else there is; properties are named as on the wire."""
    faults = [*_length_faults(draft), *_credential_faults(draft, stored)]
    if not durations.is_deadline(draft.response_deadline):
        faults.append(Fault("responseDeadline", "format", "must be a duration of PT1S to P30D"))
    if draft.filter is not None and len(draft.filter) <= MAX_FILTER:
        try:
            compile_filter(draft.filter)
        except InvalidFilter as refused:
            faults.extend(refused.faults)
    if draft.signing_secret and not is_signing_secret(draft.signing_secret):
        faults.append(
            Fault(
                "signingSecret", "format", f"must be {SECRET_PREFIX} and 24 to 64 bytes in base64"
            )
        )
    return faults


def egress_fault(url: str) -> Fault | None:
    """Whether deliveries may go there; asks the name service, so never within a transaction."""
    try:
        outbound.check(url)
    except outbound.Blocked as refused:
        return Fault("httpConfig.url", "format", f"cannot be used: {refused.message.rstrip('.')}")
    return None


def kept_credential(draft: Draft, stored: Subscription | None) -> str | None:
    """The credential to store: the given one, else the one that is there for the same use."""
    if draft.authentication == Authentication.NONE:
        return None
    if draft.credential is not None or stored is None:
        return draft.credential
    same = _is_same_use(draft, stored) and (draft.keeps_elsewhere or _is_same_place(draft, stored))
    return stored.credential if same else None


def origin(url: str) -> str:
    """Scheme, host and port of an address, as the sender reads them; "" for what is none."""
    try:
        read = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        return ""
    port = f":{read.port}" if read.port is not None else ""
    return f"{read.scheme}://{read.raw_host.decode()}{port}"


def is_signing_secret(text: str) -> bool:
    """Whether it is a secret of Standard Webhooks."""
    try:
        encoded = text.removeprefix(SECRET_PREFIX).rstrip("=")
        # Padded anew: some write it without.
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False
    return text.startswith(SECRET_PREFIX) and LEAST_SECRET <= len(key) <= MOST_SECRET


def new_signing_secret() -> str:
    """A random secret of 32 bytes."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def _length_faults(draft: Draft) -> list[Fault]:
    limits = {
        "name": (draft.name, MAX_NAME),
        "description": (draft.description or "", MAX_DESCRIPTION),
        "filter": (draft.filter or "", MAX_FILTER),
        "httpConfig.url": (draft.url, MAX_URL),
        "httpConfig.basicAuthConfig.userName": (draft.user_name, MAX_USER_NAME),
        _credential_place(draft): (draft.credential or "", MAX_CREDENTIAL),
    }
    faults = [
        Fault(place, "range", f"must have at most {most} characters")
        for place, (text, most) in limits.items()
        if len(text) > most
    ]
    if not draft.name.strip():
        faults.append(Fault("name", "range", "must not be empty"))
    faults += [
        Fault(place, "format", "must not hold the NUL character")
        for place, (text, _) in limits.items()
        if "\0" in text
    ]
    return faults


def _is_same_use(draft: Draft, stored: Subscription) -> bool:
    return (stored.authentication, stored.user_name) == (draft.authentication, draft.user_name)


def _is_same_place(draft: Draft, stored: Subscription) -> bool:
    """Whether both addresses have one scheme, host and port, as the sender reads them."""
    if draft.url == stored.url:
        return True
    asked = origin(draft.url)
    return bool(asked) and asked == origin(stored.url)


def _credential_place(draft: Draft) -> str:
    if draft.authentication == Authentication.BEARER:
        return "httpConfig.bearerTokenAuthConfig.bearerToken"
    return "httpConfig.basicAuthConfig.password"


def _credential_faults(draft: Draft, stored: Subscription | None) -> list[Fault]:
    if draft.authentication == Authentication.NONE:
        return []
    place = _credential_place(draft)
    faults = []
    if draft.authentication == Authentication.BASIC:
        name = "httpConfig.basicAuthConfig.userName"
        if not draft.user_name:
            faults.append(Fault(name, "missing", "is required"))
        elif ":" in draft.user_name:
            faults.append(Fault(name, "format", "must not hold a colon"))
    credential = kept_credential(draft, stored)
    if not credential:
        moved = draft.credential is None and stored is not None and _is_same_use(draft, stored)
        message = "is required anew for another address" if moved else "is required"
        faults.append(Fault(place, "missing", message))
    elif draft.authentication == Authentication.BEARER and not _TOKEN.fullmatch(credential):
        faults.append(Fault(place, "format", "must be printable ASCII without blanks"))
    return faults
