"""/ctl/iam"""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse

from collections_app.api.base import ControlView
from collections_app.permissions import Capability
from collections_app.schema.timestamps import wire_time
from collections_app.services import iam
from vaultportal.api.wire import Fields

TOML = "application/toml"


class ConfView(ControlView):
    """GET and POST /ctl/iam/conf: TOML, whatever content type the caller says"""

    def get(self, request: HttpRequest) -> HttpResponse:
        self.enter(Capability.IAM_READER)
        return self.reply_bytes(iam.get_conf(self.actor).encode(), content_type=TOML)

    def post(self, request: HttpRequest) -> HttpResponse:
        self.enter(Capability.IAM_WRITER)
        iam.set_conf(self.actor, self.text_body())
        return self.empty()


class UserView(ControlView):
    """GET /ctl/iam/user/{user}"""

    def get(self, request: HttpRequest, user: str) -> HttpResponse:
        self.enter(Capability.IAM_READER)
        ends = iam.get_user(self.actor, user)
        return self.reply({"name": user, "api_key": {"expiry": _time(ends)}})


class RegenerateView(ControlView):
    """POST /ctl/iam/user/regen"""

    def post(self, request: HttpRequest) -> HttpResponse:
        self.enter(Capability.IAM_WRITER)
        fields = Fields(self.json_object())
        name = fields.text("name", required=True, blank=False)
        fields.check()
        made = iam.regenerate_key(self.actor, name)
        return self.reply({"api_key": made.key, "api_key_expiry": _time(made.expires_at)})


class ExpirationView(ControlView):
    """POST /ctl/iam/user/update-expiration"""

    def post(self, request: HttpRequest) -> HttpResponse:
        self.enter(Capability.IAM_WRITER)
        fields = Fields(self.json_object())
        name = fields.text("name", required=True, blank=False)
        seconds = fields.integer("expiration_secs", required=True)
        fields.check()
        ends = iam.set_expiration(self.actor, name, seconds or 0)
        return self.reply({"name": name, "api_key_expiry": _time(ends)})


class AdminKeyView(ControlView):
    """POST /ctl/iam/admin/set-api-key"""

    def post(self, request: HttpRequest) -> HttpResponse:
        self.read_common()
        iam.require_vault_admin(self.actor)
        fields = Fields(self.json_object())
        key = fields.text("key", required=True)
        fields.check()
        iam.set_admin_key(self.actor, key)
        return self.empty()


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else wire_time(moment)
