"""What a call may say beside its body, as values that services understand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from collections_app.errors import bad_request

REASONS = (
    "AppFunctionality",
    "Analytics",
    "Notifications",
    "Marketing",
    "ThirdPartyMarketing",
    "FraudPreventionSecurityAndCompliance",
    "AccountManagement",
    "Maintenance",
    "DataSubjectRequest",
    "Other",
)
DEFAULT_REASON = "AppFunctionality"
LONGEST_SECONDS = 10_000_000_000  # some 317 years; beyond it dates overflow


@dataclass(frozen=True, slots=True)
class Expiration:
    """The three meanings of ``expiration_secs``.

    Absent (``is_given`` is False): the default, or unchanged. Empty (``seconds`` is None): never.
    A number: that many seconds from now.
    """

    is_given: bool = False
    seconds: int | None = None

    @property
    def is_now(self) -> bool:
        """Whether it means "archive at once"."""
        return self.is_given and self.seconds == 0

    def moment(self, now: datetime, default_seconds: int = 0) -> datetime | None:
        """When it ends, None for never; not given: ``default_seconds`` from now (0: never)."""
        seconds = self.seconds if self.is_given else (default_seconds or None)
        return None if seconds is None else now + timedelta(seconds=seconds)


def parse_expiration(text: str | None, *, may_be_zero: bool) -> Expiration:
    """``expiration_secs`` as it was sent; None when it was not."""
    if text is None:
        return Expiration()
    if text == "":
        return Expiration(is_given=True)
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise bad_request("expiration_secs", "must be a whole number of seconds or empty")
    seconds = int(text)
    if seconds == 0 and not may_be_zero:
        raise bad_request("expiration_secs", "must not be 0")
    if seconds > LONGEST_SECONDS:
        raise bad_request("expiration_secs", f"must be at most {LONGEST_SECONDS}")
    return Expiration(is_given=True, seconds=seconds)


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """tenants: the request is restricted to these; empty for no restriction.

    is_import: built-in times in the body are honoured; export_key: opens the values of the body.
    archived: an update or delete addresses archived objects, and only those.
    """

    expiration: Expiration = Expiration()
    tenants: tuple[str, ...] = ()
    is_import: bool = False
    export_key: str = ""
    archived: bool = False


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """props: ``property`` or ``property.transformer``; or unsafe: all properties.

    param: what X-Trans-Param hands to custom transformations. export: sealed for another vault.
    """

    props: tuple[str, ...] = ()
    unsafe: bool = False
    show_builtins: bool = False
    archived: bool = False
    tenants: tuple[str, ...] = ()
    param: str = ""
    export: bool = False
