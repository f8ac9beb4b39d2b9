"""/ctl/bundles, /ctl/types, /ctl/actions and /data/actions"""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse

from collections_app.api.base import ControlView, PiianoView
from collections_app.errors import bad_request
from collections_app.models import Bundle
from collections_app.permissions import Capability
from collections_app.schema.datatypes import DataType
from collections_app.schema.timestamps import wire_time
from collections_app.services import actions, bundles, custom_types, invoking
from collections_app.services.actions import ActionDraft, ActionInfo
from collections_app.services.custom_types import TypeDraft
from vaultportal.api import body, query
from vaultportal.api.wire import Fields

LONGEST_CODE = 16 * 1024 * 1024  # characters of base64; the setting for code is what counts


class BundlesView(ControlView):
    """GET and POST /ctl/bundles"""

    def get(self, request: HttpRequest) -> HttpResponse:
        self.enter(Capability.CODE_READER)
        return self.reply([bundle_json(each) for each in bundles.list_bundles(self.actor)])

    def post(self, request: HttpRequest) -> HttpResponse:
        self.enter(Capability.CODE_WRITER)
        fields = Fields(self.json_object())
        name = fields.text("name", required=True)
        code = fields.text("code", required=True, max_length=LONGEST_CODE)
        description = fields.text("description")
        fields.check()
        return self.reply(bundle_json(bundles.add_bundle(self.actor, name, code, description)))


class BundleView(ControlView):
    """GET, PATCH and DELETE /ctl/bundles/{bundle}"""

    def get(self, request: HttpRequest, bundle: str) -> HttpResponse:
        self.enter(Capability.CODE_READER)
        return self.reply(bundle_json(bundles.get_bundle(self.actor, bundle)))

    def patch(self, request: HttpRequest, bundle: str) -> HttpResponse:
        self.enter(Capability.CODE_WRITER)
        fields = Fields(self.json_object())
        code = fields.text("code", max_length=LONGEST_CODE) if fields.given("code") else None
        description = fields.text("description") if fields.given("description") else None
        name = fields.text("name", bundle)
        fields.check()
        if name != bundle:
            raise bad_request("name", "must be the name in the address")
        row = bundles.update_bundle(self.actor, bundle, encoded=code, description=description)
        return self.reply(bundle_json(row))

    def delete(self, request: HttpRequest, bundle: str) -> HttpResponse:
        self.enter(Capability.CODE_WRITER)
        bundles.delete_bundle(self.actor, bundle, force="force" in self.options("force"))
        return self.empty()


class TypeDraftView(ControlView):
    """Reads data types from bodies."""

    def draft(self, name: str = "") -> TypeDraft:
        """The data type in the body; ``name`` is the address's, "" when the body names it."""
        found = self.json_object()
        fields = Fields(found)
        given = fields.text("name", name, required=not name)
        texts = {
            key: fields.text(key) if fields.given(key) else None
            for key in ("base_type_name", "description", "default_transformer")
        }
        fields.check()
        if name and given != name:
            raise bad_request("name", "must be the name in the address")
        listed = found.get("transformers", found.get("custom_transformers"))
        return TypeDraft(
            name=given,
            validator=reference("validator", found.get("validator")),
            normalizer=reference("normalizer", found.get("normalizer")),
            transformers=None if listed is None else references(listed),
            **texts,
        )


class TypesView(TypeDraftView):
    """GET and POST /ctl/types"""

    def get(self, request: HttpRequest) -> HttpResponse:
        self.enter(Capability.TYPES_READER)
        found = custom_types.list_types(
            self.actor,
            bundle=query.text(self.http, "bundle"),
            with_builtins="show_builtins" in self.options("show_builtins"),
        )
        return self.reply([type_json(each) for each in found])

    def post(self, request: HttpRequest) -> HttpResponse:
        self.enter(Capability.TYPES_WRITER)
        return self.reply(type_json(custom_types.add_type(self.actor, self.draft())))


class TypeView(TypeDraftView):
    """GET, PATCH and DELETE /ctl/types/{type}"""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        self.enter(Capability.TYPES_READER)
        return self.reply(type_json(custom_types.get_type(self.actor, name)))

    def patch(self, request: HttpRequest, name: str) -> HttpResponse:
        self.enter(Capability.TYPES_WRITER)
        draft = self.draft(name)
        return self.reply(type_json(custom_types.update_type(self.actor, name, draft)))

    def delete(self, request: HttpRequest, name: str) -> HttpResponse:
        self.enter(Capability.TYPES_WRITER)
        custom_types.delete_type(self.actor, name)
        return self.empty()


class ActionsView(ControlView):
    """GET and POST /ctl/actions"""

    def get(self, request: HttpRequest) -> HttpResponse:
        self.enter(Capability.ACTION_READER)
        return self.reply([action_json(each) for each in actions.list_actions(self.actor)])

    def post(self, request: HttpRequest) -> HttpResponse:
        self.enter(Capability.ACTION_WRITER)
        found = self.json_object()
        fields = Fields(found)
        name = fields.text("name", required=True)
        role = fields.text("role", required=True)
        description = fields.text("description")
        fields.check()
        function = reference("function", found.get("function"))
        draft = ActionDraft(name, function or "", role, description)
        return self.reply(action_json(actions.add_action(self.actor, draft)))


class ActionView(ControlView):
    """GET and DELETE /ctl/actions/{action}"""

    def get(self, request: HttpRequest, action: str) -> HttpResponse:
        self.read_common()
        return self.reply(action_json(actions.get_action(self.actor, action)))

    def delete(self, request: HttpRequest, action: str) -> HttpResponse:
        self.enter(Capability.ACTION_WRITER)
        actions.delete_action(self.actor, action)
        return self.empty()


class InvokeView(PiianoView):
    """POST /data/actions/{action}"""

    def post(self, request: HttpRequest, action: str) -> HttpResponse:
        actions.require_invoker(self.actor, action)
        self.read_common()
        result = invoking.invoke(self.actor, action, self.any_json())
        # Numbers beyond 64 bits and lone surrogates are JSON too, and code may make them.
        return self.reply_bytes(json.dumps(result, separators=(",", ":")).encode())

    def any_json(self) -> Any:
        """Any JSON value; null for no body."""
        return self.json() if body.raw(self.http) else None


class HttpCallView(PiianoView):
    """POST /data/actions/http_call"""

    def post(self, request: HttpRequest) -> HttpResponse:
        actions.require_invoker(self.actor, actions.HTTP_CALL)
        self.read_common()
        return self.reply(invoking.invoke_http_call(self.actor, self.json()))


def reference(field: str, given: Any) -> str | None:
    """``bundle.function``, also in its older form ``{"bundle":…,"function":…}``; None for none."""
    if given is None or isinstance(given, str):
        return given
    if isinstance(given, dict):
        bundle, function = given.get("bundle"), given.get("function")
        if isinstance(bundle, str) and isinstance(function, str):
            return f"{bundle}.{function}"
    raise bad_request(field, "must read bundle.function")


def references(given: Any) -> list[str]:
    """A list of them."""
    if not isinstance(given, list):
        raise bad_request("transformers", "must be an array of names")
    return [reference("transformers", each) or "" for each in given]


def bundle_json(row: Bundle) -> dict[str, Any]:
    """A bundle as it goes out."""
    return {
        "name": row.name,
        "description": row.description,
        "code": row.encoded,
        "exports": row.exports,
        "creation_time": wire_time(row.created_at),
    }


def type_json(kind: DataType) -> dict[str, Any]:
    """A data type as it goes out: its own transformers, then those of its base."""
    own = {name: each.reference for name, each in kind.coded.items()}
    inherited = [name for name in kind.transformer_names if name not in own]
    return {
        "name": kind.name,
        "base_type_name": kind.base or kind.name,
        "description": kind.description,
        "is_builtin": kind.is_builtin,
        "validator": kind.validator.reference if kind.validator else "",
        "normalizer": kind.normalizer.reference if kind.normalizer else "",
        "transformers": [*sorted(own.values()), *inherited],
        "default_transformer": own.get(kind.default_transformer, kind.default_transformer),
        "creation_time": wire_time(kind.created_at or actions.BUILT_IN_SINCE),
    }


def action_json(info: ActionInfo) -> dict[str, Any]:
    """An action as it goes out."""
    return {
        "name": info.name,
        "description": info.description,
        "function": info.function,
        "role": info.role,
        "is_builtin": info.is_builtin,
        "creation_time": wire_time(info.created_at),
        "modification_time": wire_time(info.modified_at),
    }
