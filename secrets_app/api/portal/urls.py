"""The addresses of our own API of secrets."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from secrets_app.api.portal import kinds, links, secrets, sharing, transfers, versions

ALL = "api/v1/secrets"
ONE = f"{ALL}/<uuid:secret_id>"

urlpatterns: list[URLPattern | URLResolver] = [
    path(ALL, secrets.SecretListView.as_view()),
    path(f"{ALL}/lookup", secrets.LookupView.as_view()),
    path(f"{ALL}/read", secrets.BatchView.as_view()),
    path(f"{ALL}/changes", kinds.ChangesView.as_view()),
    path(f"{ALL}/types", kinds.TypeListView.as_view()),
    path(f"{ALL}/types/<str:name>", kinds.TypeView.as_view()),
    path(f"{ALL}/links", sharing.MyLinksView.as_view()),
    path(f"{ALL}/links/<uuid:link_id>", sharing.MyLinkView.as_view()),
    path(f"{ALL}/imports", transfers.ImportsView.as_view()),
    path(f"{ALL}/imports/<uuid:job_id>", transfers.ImportView.as_view()),
    path(f"{ALL}/imports/<uuid:job_id>/content", transfers.ImportContentView.as_view()),
    path(f"{ALL}/export", transfers.ExportView.as_view()),
    path(ONE, secrets.SecretView.as_view()),
    path(f"{ONE}/data", secrets.SecretDataView.as_view()),
    path(f"{ONE}/versions", versions.VersionListView.as_view()),
    path(f"{ONE}/versions/<int:number>", versions.VersionView.as_view()),
    path(f"{ONE}/versions/<int:number>/restore", versions.RestoreView.as_view()),
    path(f"{ONE}/grants", sharing.GrantsView.as_view()),
    path(
        f"{ONE}/grants/<str:kind>/<uuid:holder_id>/<str:right>",
        sharing.GrantView.as_view(),
    ),
    path(f"{ONE}/readers", sharing.ReadersView.as_view()),
    path(f"{ONE}/links", sharing.LinksView.as_view()),
    path(f"{ONE}/checkouts", sharing.CheckoutsView.as_view()),
    path(f"{ONE}/checkouts/force-return", sharing.ForceReturnView.as_view()),
    path("api/v1/links/<str:token>", links.LinkView.as_view()),
]
