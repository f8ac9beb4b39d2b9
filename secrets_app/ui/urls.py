"""The addresses of the secrets' pages. They hold ids: a name may be anything."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from secrets_app.ui.views.bulk import BulkView
from secrets_app.ui.views.change import DeleteView, EditView, NewSharedView, NewView
from secrets_app.ui.views.checkout import CheckoutView, ForceReturnView, ReturnView
from secrets_app.ui.views.links import LinksView, OpenLinkView, RevokeView, SecretLinksView
from secrets_app.ui.views.lists import AskView, PeopleView, PersonalView, SharedView
from secrets_app.ui.views.reads import ReadsView
from secrets_app.ui.views.reveal import RevealAllView, RevealVersionView, RevealView
from secrets_app.ui.views.secret import SecretView
from secrets_app.ui.views.settings import SettingsView
from secrets_app.ui.views.share import GrantsView, ReadersView, ShareView
from secrets_app.ui.views.strength import StrengthView
from secrets_app.ui.views.transfers import ExportView, ImportsView, ImportView, ReportView
from secrets_app.ui.views.versions import DestroyView, RestoreView, VersionView
from secrets_app.ui.views.words import WordsView

_version: list[URLPattern | URLResolver] = [
    path("", VersionView.as_view(), name="version"),
    path("reveal/", RevealVersionView.as_view(), name="reveal_version"),
    path("restore/", RestoreView.as_view(), name="restore"),
    path("destroy/", DestroyView.as_view(), name="destroy"),
]
_one: list[URLPattern | URLResolver] = [
    path("", SecretView.as_view(), name="secret"),
    path("reveal/", RevealView.as_view(), name="reveal"),
    path("reveal-all/", RevealAllView.as_view(), name="reveal_all"),
    path("edit/", EditView.as_view(), name="edit"),
    path("settings/", SettingsView.as_view(), name="settings"),
    path("share/", ShareView.as_view(), name="share"),
    path("grants/", GrantsView.as_view(), name="grants"),
    path("readers/", ReadersView.as_view(), name="readers"),
    path("links/", SecretLinksView.as_view(), name="secret_links"),
    path("checkout/", CheckoutView.as_view(), name="checkout"),
    path("return/", ReturnView.as_view(), name="return"),
    path("take-back/", ForceReturnView.as_view(), name="take_back"),
    path("delete/", DeleteView.as_view(), name="delete"),
    path("versions/<int:number>/", include(_version)),
]
_secrets: list[URLPattern | URLResolver] = [
    path("personal/", PersonalView.as_view(), name="personal"),
    path("personal/new/", NewView.as_view(), name="new"),
    path("people/", PeopleView.as_view(), name="people"),
    path("shared/", SharedView.as_view(), name="shared"),
    path("new/", NewSharedView.as_view(), name="new_shared"),
    path("bulk/", BulkView.as_view(), name="bulk"),
    path("import/", ImportsView.as_view(), name="imports"),
    path("import/<uuid:job_id>/", ImportView.as_view(), name="import"),
    path("import/<uuid:job_id>/report.csv", ReportView.as_view(), name="report"),
    path("strength/", StrengthView.as_view(), name="strength"),
    path("words/", WordsView.as_view(), name="words"),
    path("ask/", AskView.as_view(), name="ask"),
    path("export/", ExportView.as_view(), name="export"),
    path("links/", LinksView.as_view(), name="links"),
    path("links/<uuid:link_id>/revoke/", RevokeView.as_view(), name="revoke_link"),
    path("open/<str:token>/", OpenLinkView.as_view(), name="open_link"),
    path("<uuid:secret_id>/", include(_one)),
]

_all: list[URLPattern | URLResolver] = [
    path("secrets/", include(_secrets)),
    path("me/reads/", ReadsView.as_view(), name="reads"),
]

urlpatterns: list[URLPattern | URLResolver] = [path("", include((_all, "secrets")))]
