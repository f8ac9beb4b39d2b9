"""/api/v1/code/tryout: a draft of a bundle on a sample, in the portal's own dialect"""

from __future__ import annotations

import json
from dataclasses import asdict

from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from collections_app.services import tryout
from collections_app.services.tryout import Sample
from vaultportal.api.views import VaultAPIView
from vaultportal.api.wire import Fields

LONGEST_CODE = 8 * 1024 * 1024
LONGEST_PARAM = 8192


class DraftSerializer(serializers.Serializer[object]):
    code = serializers.CharField(help_text="The JavaScript as it is, not base64.")
    function = serializers.CharField(
        required=False, help_text="Which export to call; without one the exports are listed."
    )
    input = serializers.JSONField(required=False, help_text="The body or the value.")
    object = serializers.JSONField(required=False, help_text="What a transformer may see.")
    param = serializers.CharField(required=False, help_text="X-Trans-Param of a transformer.")
    answers = serializers.JSONField(
        required=False,
        help_text="What vault.deref (by identifier), vault.crypto.decrypt and fetch (by address) "
        "answer; nothing real is read or sent.",
    )


class TriedSerializer(serializers.Serializer[object]):
    ok = serializers.BooleanField()
    result = serializers.JSONField()
    problem = serializers.CharField()
    line = serializers.IntegerField()
    column = serializers.IntegerField()
    exports = serializers.JSONField()
    console = serializers.ListField(child=serializers.JSONField())
    milliseconds = serializers.IntegerField()


class TryoutView(VaultAPIView):
    """POST /api/v1/code/tryout"""

    @extend_schema(
        operation_id="tryCode",
        summary="Run a draft on a sample",
        description="The code is stored nowhere. 200 also when it fails: problem says how.",
        request=DraftSerializer,
        responses={200: TriedSerializer},
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        found = self.json_object()
        fields = Fields(found)
        code = fields.text("code", required=True, max_length=LONGEST_CODE)
        function = fields.text("function", max_length=450)
        sample = Sample(
            input=found.get("input"),
            object=fields.object("object") or {},
            param=fields.text("param", max_length=LONGEST_PARAM),
            answers=fields.object("answers") or {},
        )
        fields.given("input")
        fields.refuse_unknown()
        fields.check()
        tried = tryout.try_out(self.actor, code, function, sample)
        return self.reply_bytes(json.dumps(asdict(tried), separators=(",", ":")).encode())
