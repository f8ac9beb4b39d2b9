"""Every address of the dialect: below a release, in the newest form, and the seed's own."""

from __future__ import annotations

from django.urls import URLPattern, re_path
from django.views import View

from triggers_app.api.views import invocations, subscriptions, triggers

RELEASE = "(?P<release>beta|v2024|v2025|v2026)"
SUBSCRIPTION = "(?P<subscription_id>[^/]+)"
# An id with a slash in it is an unknown invocation, not an unknown address.
INVOCATION = "(?P<invocation_id>.+)"

# Resource, rest of the path, view, name. The version stands between the first two.
_ADDRESSES: tuple[tuple[str, str, type[View], str], ...] = (
    ("triggers", "", triggers.TriggersView, "triggers"),
    ("trigger-subscriptions", "", subscriptions.SubscriptionsView, "subscriptions"),
    (
        "trigger-subscriptions",
        "/validate-filter",
        subscriptions.ValidateFilterView,
        "validate_filter",
    ),
    ("trigger-subscriptions", f"/{SUBSCRIPTION}", subscriptions.SubscriptionView, "subscription"),
    ("trigger-invocations", "/status", invocations.StatusesView, "statuses"),
    ("trigger-invocations", "/test", invocations.StartTestView, "start_test"),
    ("trigger-invocations", f"/{INVOCATION}/complete", invocations.CompleteView, "complete"),
)

urlpatterns: list[URLPattern] = []
for resource, rest, view, name in _ADDRESSES:
    urlpatterns += [
        re_path(rf"^{RELEASE}/{resource}{rest}$", view.as_view(), name=f"sailpoint_{name}"),
        re_path(
            rf"^{resource}/v1{rest}$",
            view.as_view(),
            {"release": "v1"},
            name=f"sailpoint_v1_{name}",
        ),
    ]
urlpatterns.append(
    re_path(
        rf"^trigger-invocations/{INVOCATION}/complete$",
        invocations.CompleteView.as_view(),
        {"release": ""},
        name="sailpoint_seed_complete",
    )
)
