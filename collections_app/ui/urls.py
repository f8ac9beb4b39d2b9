"""The addresses of the pages of collections, tokens, and the team's own code."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from collections_app.ui.views import (
    access,
    actions,
    bulk,
    bulk_jobs,
    bundles,
    changing,
    detokenizing,
    exports,
    jobs,
    managing,
    object,
    objects,
    reason,
    schema,
    settings,
    taking,
    tokens,
    types,
    uncovering,
    unmask,
)
from collections_app.ui.views import collections as lists

_OBJECT = "<str:name>/objects/<uuid:object_id>/"
_collections = [
    path("", lists.ListView.as_view(), name="list"),
    path("new/", schema.NewView.as_view(), name="new"),
    # No collection is called "-".
    path("-/reason/", reason.ReasonView.as_view(), name="reason"),
    path("-/jobs/", bulk_jobs.MyJobsView.as_view(), name="my_jobs"),
    path("<str:name>/", objects.ObjectsView.as_view(), name="objects"),
    path("<str:name>/add/", changing.AddView.as_view(), name="add"),
    path("<str:name>/unmask/", unmask.UnmaskView.as_view(), name="unmask"),
    path("<str:name>/bulk/", bulk.GatherView.as_view(), name="gather"),
    path("<str:name>/bulk/<str:batch>/", bulk.BulkView.as_view(), name="bulk"),
    path("<str:name>/exports/<uuid:export_id>/", exports.ExportView.as_view(), name="export_job"),
    path("<str:name>/schema/", schema.SchemaView.as_view(), name="schema"),
    path("<str:name>/jobs/", jobs.JobsView.as_view(), name="jobs"),
    path("<str:name>/jobs/<uuid:job_id>/", bulk_jobs.BulkJobView.as_view(), name="bulk_job"),
    path("<str:name>/access/", access.AccessView.as_view(), name="access"),
    path("<str:name>/settings/", settings.SettingsView.as_view(), name="settings"),
    path("<str:name>/delete/", settings.DeleteView.as_view(), name="delete"),
    path(_OBJECT, object.ObjectView.as_view(), name="object"),
    path(f"{_OBJECT}reveal/", uncovering.RevealView.as_view(), name="reveal"),
    path(f"{_OBJECT}reveal-all/", uncovering.RevealAllView.as_view(), name="reveal_all"),
    path(f"{_OBJECT}edit/", changing.EditView.as_view(), name="edit"),
    path(f"{_OBJECT}end/", changing.EndView.as_view(), name="end"),
    path(f"{_OBJECT}export/", taking.ExportView.as_view(), name="export"),
    path(f"{_OBJECT}erase/", taking.EraseView.as_view(), name="erase"),
]
_tokens = [
    path("", tokens.TokenizeView.as_view(), name="tokenize"),
    path("made/<str:batch>/", tokens.MadeView.as_view(), name="made"),
    path("detokenize/", detokenizing.DetokenizeView.as_view(), name="detokenize"),
    path("opened/<str:batch>/", detokenizing.OpenedView.as_view(), name="opened"),
    path("opened/<str:batch>/reveal/", detokenizing.OpenAllView.as_view(), name="open_all"),
    path("reveal/<str:collection>/", detokenizing.RevealView.as_view(), name="reveal"),
    path("find/", managing.FindView.as_view(), name="find"),
    path("manage/", managing.GatherView.as_view(), name="gather"),
    path("manage/<str:batch>/", managing.ManageView.as_view(), name="manage"),
]
_code = [
    path("", bundles.ListView.as_view(), name="bundles"),
    path("new/", bundles.NewView.as_view(), name="new"),
    path("code/<str:name>/", bundles.BundleView.as_view(), name="bundle"),
    path("code/<str:name>/delete/", bundles.DeleteView.as_view(), name="delete"),
    path("types/", types.ListView.as_view(), name="types"),
    path("types/new/", types.NewView.as_view(), name="new_type"),
    path("types/<str:name>/", types.TypeView.as_view(), name="type"),
    path("types/<str:name>/delete/", types.DeleteView.as_view(), name="delete_type"),
    path("actions/", actions.ListView.as_view(), name="actions"),
    path("actions/new/", actions.NewView.as_view(), name="new_action"),
    path("actions/<str:name>/", actions.ActionView.as_view(), name="action"),
    path("actions/<str:name>/delete/", actions.DeleteView.as_view(), name="delete_action"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("collections/", include((_collections, "collections"))),
    path("tokens/", include((_tokens, "tokens"))),
    path("bundles/", include((_code, "code"))),
]
