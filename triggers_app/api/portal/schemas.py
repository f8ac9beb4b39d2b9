"""What our own API takes and gives, as the OpenAPI document tells it. Nothing here runs."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from triggers_app.engine.replaying import MOST_ATTEMPTS, MOST_MS
from triggers_app.models import Attempt, Invocation, ReplayJob, SubscriptionHealth

LOG = [
    OpenApiParameter("subscription", OpenApiTypes.UUID),
    OpenApiParameter("trigger", OpenApiTypes.STR),
    OpenApiParameter("state", OpenApiTypes.STR, enum=Invocation.State.values, many=True),
    OpenApiParameter("since", OpenApiTypes.DATETIME),
    OpenApiParameter("until", OpenApiTypes.DATETIME),
    OpenApiParameter("before", OpenApiTypes.UUID, description="next of the page before."),
    OpenApiParameter("limit", OpenApiTypes.INT),
]


class Delivery(serializers.Serializer[object]):
    ed25519 = serializers.BooleanField(required=False)
    most_at_once = serializers.IntegerField(required=False, allow_null=True)
    most_per_second = serializers.IntegerField(required=False, allow_null=True)


class Health(serializers.Serializer[object]):
    circuit = serializers.ChoiceField(SubscriptionHealth.Circuit.values)
    open_until = serializers.DateTimeField(allow_null=True)
    consecutive_failures = serializers.IntegerField()
    failing_since = serializers.DateTimeField(allow_null=True)
    last_success_at = serializers.DateTimeField(allow_null=True)
    last_failure_at = serializers.DateTimeField(allow_null=True)


class SubscriptionState(Delivery):
    id = serializers.UUIDField()
    version = serializers.IntegerField()
    disabled_reason = serializers.CharField(allow_null=True)
    disabled_at = serializers.DateTimeField(allow_null=True)
    previous_secret_until = serializers.DateTimeField(allow_null=True)
    health = Health()


class Rotate(serializers.Serializer[object]):
    overlap_seconds = serializers.IntegerField(required=False, default=86_400)


class Rotated(serializers.Serializer[object]):
    signing_secret = serializers.CharField()
    previous_secret_until = serializers.DateTimeField(allow_null=True)


class Key(serializers.Serializer[object]):
    id = serializers.UUIDField()
    algorithm = serializers.CharField()
    key = serializers.CharField()
    created_at = serializers.DateTimeField()
    retired_at = serializers.DateTimeField(allow_null=True)


class Keys(serializers.Serializer[object]):
    keys = Key(many=True)


class LogRow(serializers.Serializer[object]):
    id = serializers.UUIDField()
    event_id = serializers.UUIDField(allow_null=True)
    trigger = serializers.CharField()
    subscription_id = serializers.UUIDField(allow_null=True)
    subscription_name = serializers.CharField()
    state = serializers.ChoiceField(Invocation.State.values)
    is_test = serializers.BooleanField()
    is_gate = serializers.BooleanField()
    replay_of = serializers.UUIDField(allow_null=True)
    attempts = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)
    deadline = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField(allow_null=True)


class Log(serializers.Serializer[object]):
    items = LogRow(many=True)
    next = serializers.UUIDField(allow_null=True)


class AttemptRow(serializers.Serializer[object]):
    number = serializers.IntegerField()
    at = serializers.DateTimeField()
    outcome = serializers.ChoiceField(Attempt.Outcome.values)
    url = serializers.CharField()
    request_headers = serializers.JSONField()
    status = serializers.IntegerField(allow_null=True)
    response_headers = serializers.JSONField()
    response_body = serializers.CharField()
    duration_ms = serializers.IntegerField(allow_null=True)
    error = serializers.CharField()


class LogEntry(LogRow):
    input = serializers.JSONField()
    output = serializers.JSONField()
    tries = AttemptRow(many=True)


class Choice(serializers.Serializer[object]):
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)
    trigger = serializers.CharField(required=False)
    subscription_id = serializers.UUIDField(required=False)
    states = serializers.ListField(child=serializers.CharField(), required=False)
    least_attempts = serializers.IntegerField(required=False, min_value=0, max_value=MOST_ATTEMPTS)
    least_ms = serializers.IntegerField(required=False, min_value=0, max_value=MOST_MS)


class Replay(Choice):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(ReplayJob.State.values)
    total = serializers.IntegerField()
    done = serializers.IntegerField()
    failure = serializers.CharField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class Replays(serializers.Serializer[object]):
    items = Replay(many=True)
