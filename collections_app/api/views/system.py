"""/system and /ctl/info"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from collections_app.api.base import ControlView, PiianoView
from collections_app.api.views.iam import TOML
from collections_app.errors import feature_disabled
from collections_app.permissions import Capability
from collections_app.services import system
from vaultportal.api import query
from vaultportal.api.wire import Fields
from vaultportal.errors import Internal

FAR_FUTURE = "9999-12-31T00:00:00.000000Z"


class VariablesView(ControlView):
    """DELETE /system/confvar"""

    def delete(self, request: HttpRequest) -> HttpResponse:
        self.enter(Capability.CONFVAR_WRITER)
        system.clear_variables(self.actor)
        return self.empty()


class VariableView(ControlView):
    """GET and POST /system/confvar/{name}"""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        self.enter(Capability.CONFVAR_READER)
        value, default = system.get_variable(self.actor, name)
        return self.reply({"name": name, "value": value, "default_value": default})

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        self.enter(Capability.CONFVAR_WRITER)
        fields = Fields(self.json_object())
        value = fields.text("value", required=True)
        fields.check()
        system.set_variable(self.actor, name, value)
        return self.empty()


class ClusterView(ControlView):
    """GET /ctl/info/cluster"""

    def get(self, request: HttpRequest) -> HttpResponse:
        self.enter(Capability.CLUSTER_INFO_READER)
        return self.reply(system.cluster(self.actor))


class ConfigurationView(ControlView):
    """GET /system/info/configuration"""

    def get(self, request: HttpRequest) -> HttpResponse:
        self.enter(Capability.INFO_READER)
        text = system.configuration(self.actor)
        return self.reply_bytes(text.encode(), content_type=TOML)


class LicenseView(ControlView):
    """GET and POST /system/info/license: none is needed, and any is accepted"""

    def get(self, request: HttpRequest) -> HttpResponse:
        self.enter(Capability.INFO_READER)
        return self.reply({"key": "open", "expiration": FAR_FUTURE})

    def post(self, request: HttpRequest) -> HttpResponse:
        self.enter(Capability.SYSTEM)
        fields = Fields(self.json_object())
        fields.text("key", required=True)
        fields.check()
        return self.empty()


class KmsView(ControlView):
    """GET /system/info/kms"""

    def get(self, request: HttpRequest) -> HttpResponse:
        self.enter(Capability.KMS_READER)
        return self.reply(system.kms(self.actor))


class ExportKeyView(ControlView):
    """GET /system/admin/export_key"""

    def get(self, request: HttpRequest) -> HttpResponse:
        self.enter(Capability.EXPORT_KEY_READER)
        return self.reply({"export_key": system.export_key(self.actor)})


class RotateKeysView(ControlView):
    """POST /system/admin/keys/rotate"""

    def post(self, request: HttpRequest) -> HttpResponse:
        self.enter(Capability.KMS_WRITER)
        system.rotate_keys(self.actor)
        return self.empty()


class GarbageView(PiianoView):
    """POST /system/admin/lifecycle/gc"""

    def post(self, request: HttpRequest) -> HttpResponse:
        self.enter(Capability.SYSTEM_GC_RUNNER)
        only = query.choice(self.http, "filter", "", system.FILTERS)
        found = system.collect_garbage(
            self.actor, only=only, dry_run=query.boolean(self.http, "dry_run")
        )
        return self.reply(
            [
                {"collection_name": each.name, "collection_type": each.kind, "count": each.count}
                for each in found
            ]
        )


class TriggerErrorView(ControlView):
    """POST /system/debug/error/trigger: an error envelope to try a client's handling with"""

    def post(self, request: HttpRequest) -> HttpResponse:
        self.enter(Capability.ERROR_WRITER)
        self.json()
        raise Internal


class AnalysisContainsView(PiianoView):
    """POST /data/analysis/contains: the vendor's own service only, and never switched on here"""

    def post(self, request: HttpRequest) -> HttpResponse:
        self.enter(Capability.ANALYSIS_DETECT)
        raise feature_disabled("Analysis is not offered here.")


class AnalysisLocateView(AnalysisContainsView):
    """POST /data/analysis/locate: as ``contains``"""
