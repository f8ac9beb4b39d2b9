"""The addresses of the collections' pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from collections_app.ui.views.collections import ListView, NewView
from collections_app.ui.views.object import ObjectView, RevealView
from collections_app.ui.views.objects import AddView, ObjectsView

_collections = [
    path("", ListView.as_view(), name="list"),
    path("new/", NewView.as_view(), name="new"),
    path("<str:name>/", ObjectsView.as_view(), name="objects"),
    path("<str:name>/add/", AddView.as_view(), name="add"),
    path("<str:name>/objects/<uuid:object_id>/", ObjectView.as_view(), name="object"),
    path("<str:name>/objects/<uuid:object_id>/reveal/", RevealView.as_view(), name="reveal"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("collections/", include((_collections, "collections")))
]
