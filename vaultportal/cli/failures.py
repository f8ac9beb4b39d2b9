"""Why a command failed, as an exit code that scripts can trust and a sentence for people."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import IntEnum
from http import HTTPStatus
from typing import Any

import httpx
import typer


class Exit(IntEnum):
    """The exit codes. ``run`` gives the child's own, and BEFORE_CHILD when there was no child."""

    OK = 0
    FAILED = 1
    USAGE = 2
    SIGNED_OUT = 3
    REFUSED = 4
    NOT_FOUND = 5
    CONFLICT = 6
    UNREACHABLE = 7
    INVALID = 8
    PORTAL = 9
    PENDING = 10
    BEFORE_CHILD = 125
    NOT_EXECUTABLE = 126
    NO_SUCH_PROGRAM = 127


_EXITS = {
    HTTPStatus.ACCEPTED: Exit.PENDING,
    HTTPStatus.BAD_REQUEST: Exit.INVALID,
    HTTPStatus.UNAUTHORIZED: Exit.SIGNED_OUT,
    HTTPStatus.FORBIDDEN: Exit.REFUSED,
    HTTPStatus.NOT_FOUND: Exit.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED: Exit.REFUSED,
    HTTPStatus.CONFLICT: Exit.CONFLICT,
    HTTPStatus.GONE: Exit.NOT_FOUND,
    HTTPStatus.PRECONDITION_FAILED: Exit.CONFLICT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Exit.INVALID,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: Exit.INVALID,
    HTTPStatus.UNPROCESSABLE_ENTITY: Exit.INVALID,
    HTTPStatus.TOO_MANY_REQUESTS: Exit.UNREACHABLE,
    HTTPStatus.BAD_GATEWAY: Exit.UNREACHABLE,
    HTTPStatus.SERVICE_UNAVAILABLE: Exit.UNREACHABLE,
    HTTPStatus.GATEWAY_TIMEOUT: Exit.UNREACHABLE,
}


@dataclass(eq=False)
class Failure(Exception):
    """The command cannot go on.

    message: one sentence, never with a value that is secret.
    details: what is wrong where, a line each. context: more of it for ``--json``.
    reason: the portal's stable name of the refusal, "" for none.
    """

    code: Exit
    message: str
    details: tuple[str, ...] = ()
    reason: str = ""
    request_id: str = ""
    context: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message

    def tell(self, *, as_json: bool) -> None:
        """On standard error, for a person or for a program."""
        if as_json:
            told = {
                "error": self.reason or self.code.name.lower(),
                "message": self.message,
                "details": list(self.details),
                "exit_code": int(self.code),
                "request_id": self.request_id or None,
                **self.context,
            }
            typer.echo(json.dumps(told, ensure_ascii=False), err=True)
            return
        lines = [f"vp: {self.message}", *(f"  {line}" for line in self.details)]
        if self.request_id and self.code == Exit.PORTAL:
            lines.append(f"  request {self.request_id}")
        typer.echo("\n".join(lines), err=True)


def of_answer(answer: httpx.Response) -> Failure:
    """The refusal that the portal answered with."""
    code = _EXITS.get(HTTPStatus(answer.status_code), Exit.PORTAL)
    body = _object(answer)
    if not body:
        return Failure(
            code if code == Exit.UNREACHABLE else Exit.PORTAL,
            f"The address answers {answer.status_code} and does not speak as a portal does.",
        )
    if "error" in body:  # the form of RFC 6749
        message = body.get("error_description") or body["error"]
        code = Exit.SIGNED_OUT if code in (Exit.INVALID, Exit.SIGNED_OUT) else code
        return Failure(code, f"Signing in failed: {message}", reason=str(body["error"]))
    faults = body.get("errors") or []
    return Failure(
        code,
        str(body.get("title") or body.get("error_message") or "The portal refuses it."),
        tuple(f"{fault.get('property')} {fault.get('detail')}" for fault in faults),
        str(body.get("type", "")).rpartition("#")[2],
        str(body.get("request_id", "")),
    )


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
