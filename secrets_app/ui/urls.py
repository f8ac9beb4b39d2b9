"""The addresses of the secrets' pages. They hold ids: a name may be anything."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from secrets_app.ui.views.change import DeleteView, EditView, NewView
from secrets_app.ui.views.lists import PeopleView, PersonalView
from secrets_app.ui.views.reveal import RevealView
from secrets_app.ui.views.secret import SecretView
from secrets_app.ui.views.share import ShareView

_secrets = [
    path("personal/", PersonalView.as_view(), name="personal"),
    path("personal/new/", NewView.as_view(), name="new"),
    path("people/", PeopleView.as_view(), name="people"),
    path("<uuid:secret_id>/", SecretView.as_view(), name="secret"),
    path("<uuid:secret_id>/reveal/", RevealView.as_view(), name="reveal"),
    path("<uuid:secret_id>/edit/", EditView.as_view(), name="edit"),
    path("<uuid:secret_id>/share/", ShareView.as_view(), name="share"),
    path("<uuid:secret_id>/delete/", DeleteView.as_view(), name="delete"),
]

urlpatterns: list[URLPattern | URLResolver] = [path("secrets/", include((_secrets, "secrets")))]
