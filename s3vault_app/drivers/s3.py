"""Clients of S3 and IAM doors, and what their failures mean."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

import boto3  # type: ignore[import-untyped]  # its types are in a package of their own
from botocore import UNSIGNED  # type: ignore[import-untyped]  # as above
from botocore.config import Config  # type: ignore[import-untyped]  # as above
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]  # as above

from s3vault_app.drivers.base import Door, EngineRefused, EngineUnreachable, Pair

CONNECT_SECONDS = 5
READ_SECONDS = 20
# Answers that say "not now": the first seconds of an engine, volumes that are being made.
PASSING = {"InternalError", "ServiceUnavailable", "SlowDown", "500", "503"}
_making = threading.Lock()  # sessions are not safe to share between threads while making clients
_session: list[Any] = []
_chosen: ContextVar[Pair | None] = ContextVar("chosen pair", default=None)


@lru_cache(maxsize=32)  # making one costs more than what it is then used for
def s3(door: Door, pair: Pair | None, *, attempts: int = 3) -> Any:
    """A client of one door, for any thread; unsigned without a pair."""
    return _client("s3", door, pair, attempts)


@lru_cache(maxsize=8)
def iam(door: Door, pair: Pair, *, attempts: int = 3) -> Any:
    """A client of the IAM API at a door, for any thread."""
    client = _client("iam", door, pair, attempts)
    client.meta.events.register("before-call.iam.CreateAccessKey", _ask_for_chosen)
    return client


@contextmanager
def chosen(pair: Pair) -> Iterator[None]:
    """Let CreateAccessKey ask for this pair while the block runs.

    SeaweedFS takes the two halves from the request; AWS has no such fields, and ignores them.
    """
    token = _chosen.set(pair)
    try:
        yield
    finally:
        _chosen.reset(token)


def _ask_for_chosen(params: dict[str, Any], **_: Any) -> None:
    if pair := _chosen.get():
        params["body"]["AccessKeyId"] = pair.access_key
        params["body"]["SecretAccessKey"] = pair.secret_key


def _client(service: str, door: Door, pair: Pair | None, attempts: int) -> Any:
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": attempts, "mode": "standard"},
        signature_version=(UNSIGNED if pair is None else "s3v4" if service == "s3" else "v4"),
        s3={"addressing_style": "path" if door.path_style else "auto"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        proxies={},  # straight to the door, whatever the environment says
    )
    with _making:
        if not _session:
            _session.append(boto3.Session())
        return _session[0].client(
            service,
            endpoint_url=door.url,
            region_name=door.region,
            aws_access_key_id=pair.access_key if pair else None,
            aws_secret_access_key=pair.secret_key if pair else None,
            verify=door.ca if door.ca else True,
            config=config,
        )


def code_of(fault: ClientError) -> str:
    """The store's word for it: "NoSuchBucket"; the status as text for answers without a body."""
    return str(fault.response.get("Error", {}).get("Code", ""))


def status_of(fault: ClientError) -> int:
    """The HTTP status of a refusal."""
    return int(fault.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


# A child that shared its parent's connections would break both.
os.register_at_fork(after_in_child=s3.cache_clear)
os.register_at_fork(after_in_child=iam.cache_clear)


@contextmanager
def talking(to: Door, about: str) -> Iterator[None]:
    """Failures of the block in our own words; the store's message is left out: it repeats values.

    Raises:
        EngineRefused, EngineUnreachable.
    """
    try:
        yield
    except ClientError as fault:
        code = code_of(fault)
        kind = EngineUnreachable if code in PASSING else EngineRefused
        raise kind(f"{about}: {to.name} answers {code or status_of(fault)}.") from None
    except BotoCoreError as fault:
        raise EngineUnreachable(
            f"{about}: {to.name} does not answer ({type(fault).__name__})."
        ) from None
