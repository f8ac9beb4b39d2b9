"""The addresses of the triggers' pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from triggers_app.ui.views import (
    approvals,
    editor,
    gates,
    invocation,
    invocations,
    subscription,
    subscriptions,
    triggers,
    workbench,
)

_SUBSCRIPTIONS = "events/subscriptions/"
_ONE_SUBSCRIPTION = f"{_SUBSCRIPTIONS}<uuid:subscription_id>/"
_INVOCATIONS = "events/invocations/"
_ONE_INVOCATION = f"{_INVOCATIONS}<uuid:invocation_id>/"

_triggers = [
    path("events/triggers/", triggers.CatalogueView.as_view(), name="catalogue"),
    path("events/triggers/<str:trigger_id>/", triggers.TriggerView.as_view(), name="trigger"),
    path(_SUBSCRIPTIONS, subscriptions.SubscriptionsView.as_view(), name="subscriptions"),
    path(f"{_SUBSCRIPTIONS}new/", editor.NewView.as_view(), name="subscription_new"),
    path(f"{_SUBSCRIPTIONS}try/", workbench.TryView.as_view(), name="subscription_try"),
    path(_ONE_SUBSCRIPTION, subscription.SubscriptionView.as_view(), name="subscription"),
    path(f"{_ONE_SUBSCRIPTION}edit/", editor.EditView.as_view(), name="subscription_edit"),
    path(
        f"{_ONE_SUBSCRIPTION}switch/", subscription.SwitchView.as_view(), name="subscription_switch"
    ),
    path(f"{_ONE_SUBSCRIPTION}test/", workbench.TestView.as_view(), name="subscription_test"),
    path(
        f"{_ONE_SUBSCRIPTION}secret/", subscription.SecretView.as_view(), name="subscription_secret"
    ),
    path(
        f"{_ONE_SUBSCRIPTION}delete/", subscription.DeleteView.as_view(), name="subscription_delete"
    ),
    path(_INVOCATIONS, invocations.InvocationsView.as_view(), name="invocations"),
    path(f"{_INVOCATIONS}replay/", invocations.ReplayAllView.as_view(), name="replay_all"),
    path(f"{_INVOCATIONS}replays/<uuid:job_id>/", invocations.ReplayView.as_view(), name="replay"),
    path(_ONE_INVOCATION, invocation.InvocationView.as_view(), name="invocation"),
    path(f"{_ONE_INVOCATION}retry/", invocation.RetryView.as_view(), name="invocation_retry"),
    path(f"{_ONE_INVOCATION}replay/", invocation.ReplayOneView.as_view(), name="invocation_replay"),
    path(
        f"{_ONE_INVOCATION}complete/", invocation.AnswerView.as_view(), name="invocation_complete"
    ),
    path("events/gates/", gates.GatesView.as_view(), name="gates"),
    path("events/gates/new/", gates.NewGateView.as_view(), name="gate_new"),
    path("events/gates/<uuid:gate_id>/", gates.GateView.as_view(), name="gate"),
    path("events/gates/<uuid:gate_id>/delete/", gates.DeleteGateView.as_view(), name="gate_delete"),
    path("access/requests/", approvals.ApprovalsView.as_view(), name="approvals"),
    path("access/requests/<uuid:approval_id>/", approvals.ApprovalView.as_view(), name="approval"),
]

urlpatterns: list[URLPattern | URLResolver] = [path("", include((_triggers, "triggers")))]
