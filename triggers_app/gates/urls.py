"""The addresses of gates and approvals in our own API."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from triggers_app.gates import views

GATES = "api/v1/triggers/gates"
APPROVALS = "api/v1/approvals"

urlpatterns: list[URLPattern | URLResolver] = [
    path(GATES, views.GateListView.as_view()),
    path(f"{GATES}/<uuid:gate_id>", views.GateView.as_view()),
    path(APPROVALS, views.ApprovalListView.as_view()),
    path(f"{APPROVALS}/<uuid:approval_id>", views.ApprovalView.as_view()),
    path(f"{APPROVALS}/<uuid:approval_id>/decision", views.DecisionView.as_view()),
]
