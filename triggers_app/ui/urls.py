"""The addresses of the triggers' pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from triggers_app.ui.views.approvals import ApprovalsView, ApprovalView

_triggers = [
    path("access/requests/", ApprovalsView.as_view(), name="approvals"),
    path("access/requests/<uuid:approval_id>/", ApprovalView.as_view(), name="approval"),
]

urlpatterns: list[URLPattern | URLResolver] = [path("", include((_triggers, "triggers")))]
