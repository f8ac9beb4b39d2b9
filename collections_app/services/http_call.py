"""The built-in action ``http_call``: one request with values of the vault put into it.

The values are read with the role of PVAULT_ACTIONS_HTTP_CALL_ROLE, or with the caller's own rights
when none is set, and go to allowed destinations only. The caller sees the status and the headers of
the answer, and its body only on request.

Source: Piiano Vault, ``POST /data/actions/http_call``.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings

from collections_app.errors import bad_request
from collections_app.schema.functions import ACTION, Function
from collections_app.services import acting, templates
from collections_app.services.vault_host import METHODS, MOST_HEADERS, VaultHost
from vaultportal import trail
from vaultportal.identity.actor import Actor, Credential

NAME = "http_call"
KNOWN = frozenset({"template_variables", "request", "include_response_body"})
# What the trail knows such requests by: the action itself, in no bundle.
_FUNCTION = Function("", NAME, ACTION, "", "")
_SUBJECT = UUID("00000000-0000-0000-0000-000000000001")


@dataclass(frozen=True, slots=True)
class HttpCall:
    """The request before its templates are filled in; ``variables`` are global identifiers."""

    variables: Mapping[str, Any]
    method: str
    url: str
    headers: Mapping[str, str]
    body: str
    with_body: bool = False


@dataclass(slots=True)
class TimedHost(VaultHost):
    """A host that no code runs on: it has the time of an action, counted from here."""

    began: float = field(default_factory=time.monotonic)

    def _seconds(self) -> float:
        used = time.monotonic() - self.began
        return max(settings.PORTAL_ACTIONS_WALL_MS / 1000 - used, 0.01)


def parse(body: Any) -> HttpCall:
    """The body of the call; PV1012 for what is wrong in it."""
    if not isinstance(body, dict):
        raise bad_request("body", "must be an object")
    if unknown := body.keys() - KNOWN:
        raise bad_request(sorted(unknown)[0], "is not known here")
    variables = body.get("template_variables")
    if variables is not None and not isinstance(variables, dict):
        raise bad_request("template_variables", "must be an object of global identifiers")
    request = body.get("request")
    if not isinstance(request, dict):
        raise bad_request("request", "must be an object")
    method = request.get("method")
    if method not in METHODS:
        raise bad_request("request.method", f"must be one of {', '.join(METHODS)}")
    headers = {} if request.get("headers") is None else request["headers"]
    if not isinstance(headers, dict) or not all(isinstance(one, str) for one in headers.values()):
        raise bad_request("request.headers", "must be an object of strings")
    if len(headers) > MOST_HEADERS:
        raise bad_request("request.headers", f"must be at most {MOST_HEADERS}")
    with_body = body.get("include_response_body", False)
    if not isinstance(with_body, bool):
        raise bad_request("include_response_body", "must be true or false")
    return HttpCall(
        variables or {}, method, _text(request, "url"), headers, _text(request, "body"), with_body
    )


def _text(request: Mapping[str, Any], name: str) -> str:
    found = request.get(name)
    if found is None and name == "body":
        return ""
    if not isinstance(found, str):
        raise bad_request(f"request.{name}", "must be a string")
    return found


def acting_for(actor: Actor, invocation: str) -> tuple[Actor, str]:
    """Whom the call reads values as, and the name of the role."""
    name = settings.PVAULT_ACTIONS_HTTP_CALL_ROLE
    if not name:
        own = Credential("invocation", invocation, actor.credential.scopes, actor.name)
        return actor.with_(credential=own, asker=actor.asker or actor), ""
    role = acting.role_named(name)
    return (
        acting.with_role(actor, role, subject=_SUBJECT, name=NAME, invocation=invocation),
        role.name,
    )


def host_for(actor: Actor, target: trail.Target) -> VaultHost:
    """What the call reads and sends with."""
    return TimedHost(actor, target, _FUNCTION)


def perform(host: VaultHost, call: HttpCall) -> dict[str, Any]:
    """Read the values, fill in the templates, send, and show what may be shown.

    Raises:
        Invalid: PV1012, a template. Forbidden: PV9014, or what reading a value refuses.
        Unavailable: PV1009, nobody answers.
    """
    values = host.deref(dict(call.variables)) if call.variables else {}
    work = templates.Work()
    url = templates.render(call.url, values, "request.url", work)
    headers = {
        name: templates.render(text, values, f"request.headers.{number}", work)
        for number, (name, text) in enumerate(call.headers.items())
    }
    body = templates.render(call.body, values, "request.body", work)
    answer = host.send(call.method, url, headers, body)
    shown: dict[str, Any] = {"status_code": answer.status, "headers": dict(answer.headers)}
    if call.with_body:
        shown["body"] = answer.body.decode(errors="replace")
    return shown
