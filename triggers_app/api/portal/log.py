"""The log of deliveries, and delivering once more."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema

from triggers_app import selectors, storable
from triggers_app.api.portal import documents, schemas
from triggers_app.engine import replaying
from triggers_app.engine.replaying import MOST_ATTEMPTS, MOST_MS
from triggers_app.models import Invocation
from triggers_app.selectors import LogFilter
from vaultportal.api import query
from vaultportal.api.views import VaultAPIView
from vaultportal.api.wire import Fields

PAGE = 50
MOST = 250


class LogView(VaultAPIView):
    """GET /api/v1/triggers/invocations"""

    @extend_schema(
        operation_id="listInvocations",
        summary="The log of deliveries, newest first",
        parameters=schemas.LOG,
        responses={200: schemas.Log},
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        limit = query.integer(request, "limit", PAGE, least=1, most=MOST)
        states = query.array(request, "state")
        if not set(states) <= set(Invocation.State.values):
            raise query.refuse("state", "choice", "must be states of invocations")
        words = Fields(request.GET.dict())
        chosen = LogFilter(
            words.uuid("subscription"),
            query.text(request, "trigger", max_length=100),
            states,
            words.time("since"),
            words.time("until"),
            words.uuid("before"),
        )
        words.faults += storable.faults_of(chosen.trigger, "trigger")
        words.check()
        rows = selectors.list_log(self.actor, chosen, limit)
        following = str(rows[-1].pk) if len(rows) == limit else None
        return self.reply({"items": [documents.log_row(row) for row in rows], "next": following})


class LogEntryView(VaultAPIView):
    """GET /api/v1/triggers/invocations/{id}"""

    @extend_schema(
        operation_id="getInvocation",
        summary="One delivery with each attempt",
        responses={200: schemas.LogEntry},
    )
    def get(self, request: HttpRequest, invocation_id: UUID) -> HttpResponse:
        row, tries = selectors.get_invocation(self.actor, invocation_id)
        return self.reply(documents.log_entry(row, tries))


class ReplayOneView(VaultAPIView):
    """POST /api/v1/triggers/invocations/{id}/replay"""

    @extend_schema(
        operation_id="replayInvocation",
        summary="Deliver one once more",
        request=None,
        responses={201: schemas.LogRow},
    )
    def post(self, request: HttpRequest, invocation_id: UUID) -> HttpResponse:
        made = replaying.replay_one(self.actor, invocation_id)
        return self.reply(documents.log_row(made), 201)


class ReplaysView(VaultAPIView):
    """GET, POST /api/v1/triggers/replays"""

    @extend_schema(
        operation_id="listReplays",
        summary="The newest replays",
        responses={200: schemas.Replays},
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        found = selectors.list_replays(self.actor)[:PAGE]
        return self.reply({"items": [documents.replay(job) for job in found]})

    @extend_schema(
        operation_id="startReplay",
        summary="Deliver what is chosen once more, in the background",
        request=schemas.Choice,
        responses={202: schemas.Replay},
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        fields = Fields(self.json_object())
        choice = replaying.Choice(
            since=fields.time("since"),
            until=fields.time("until"),
            trigger=fields.text("trigger", max_length=100),
            subscription_id=fields.uuid("subscription_id"),
            states=fields.texts("states", most=len(replaying.FINAL)) or (),
            least_attempts=fields.integer("least_attempts", least=0, most=MOST_ATTEMPTS) or 0,
            least_ms=fields.integer("least_ms", least=0, most=MOST_MS) or 0,
        )
        fields.faults += storable.faults_of(choice.trigger, "trigger")
        fields.refuse_unknown()
        fields.check()
        return self.reply(documents.replay(replaying.start(self.actor, choice)), 202)


class ReplayView(VaultAPIView):
    """GET /api/v1/triggers/replays/{id}"""

    @extend_schema(
        operation_id="getReplay",
        summary="How far a replay is",
        responses={200: schemas.Replay},
    )
    def get(self, request: HttpRequest, job_id: UUID) -> HttpResponse:
        return self.reply(documents.replay(selectors.get_replay(self.actor, job_id)))
