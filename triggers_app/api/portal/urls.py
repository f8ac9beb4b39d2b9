"""The addresses of our own API."""

from __future__ import annotations

from django.urls import URLPattern, path

from triggers_app.api.portal import log, subscriptions

BASE = "api/v1/triggers"

urlpatterns: list[URLPattern] = [
    path(f"{BASE}/keys", subscriptions.KeysView.as_view()),
    path(
        f"{BASE}/subscriptions/<uuid:subscription_id>",
        subscriptions.SubscriptionStateView.as_view(),
    ),
    path(
        f"{BASE}/subscriptions/<uuid:subscription_id>/signing-secret",
        subscriptions.SigningSecretView.as_view(),
    ),
    path(f"{BASE}/invocations", log.LogView.as_view()),
    path(f"{BASE}/invocations/<uuid:invocation_id>", log.LogEntryView.as_view()),
    path(f"{BASE}/invocations/<uuid:invocation_id>/replay", log.ReplayOneView.as_view()),
    path(f"{BASE}/replays", log.ReplaysView.as_view()),
    path(f"{BASE}/replays/<uuid:job_id>", log.ReplayView.as_view()),
]
