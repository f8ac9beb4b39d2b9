"""For orchestrators and monitors; included at the root."""

from __future__ import annotations

from django.urls import path

from vaultportal.ops import views

app_name = "ops"
urlpatterns = [
    path("healthz", views.alive, name="alive"),
    path("readyz", views.ready, name="ready"),
    path("metrics", views.numbers, name="metrics"),
]
