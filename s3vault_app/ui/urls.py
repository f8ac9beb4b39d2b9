"""The addresses of the storage pages. They hold the numbers that the wire knows things by."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from s3vault_app.ui.views import (
    change,
    drains,
    endings,
    endpoints,
    installs,
    jobs,
    keys,
    machines,
    plans,
    pools,
    wizard,
)
from s3vault_app.ui.views.authority import AuthorityView
from s3vault_app.ui.views.vaults import (
    TestView,
    VaultEndpointsView,
    VaultJobsView,
    VaultKeysView,
    VaultOwnersView,
    VaultsView,
    VaultView,
)

_vaults = [
    path("", VaultsView.as_view(), name="vaults"),
    path("new/", wizard.NewView.as_view(), name="new"),
    path("new/endpoints/", wizard.NewEndpointsView.as_view(), name="new_endpoints"),
    path("new/owners/", wizard.NewOwnersView.as_view(), name="new_owners"),
    path("new/review/", wizard.NewReviewView.as_view(), name="new_review"),
    path("new/discard/", wizard.DiscardView.as_view(), name="discard"),
    path("<int:number>/", VaultView.as_view(), name="vault"),
    path("<int:number>/endpoints/", VaultEndpointsView.as_view(), name="vault_endpoints"),
    path(
        "<int:number>/endpoints/change/",
        change.ChooseEndpointsView.as_view(),
        name="choose_endpoints",
    ),
    path(
        "<int:number>/endpoints/<int:machine>/remove/",
        endings.DropEndpointView.as_view(),
        name="drop_endpoint",
    ),
    path("<int:number>/keys/", VaultKeysView.as_view(), name="vault_keys"),
    path("<int:number>/keys/rotate/", keys.RotateView.as_view(), name="rotate"),
    path("<int:number>/owners/", VaultOwnersView.as_view(), name="vault_owners"),
    path("<int:number>/owners/change/", change.ChooseOwnersView.as_view(), name="choose_owners"),
    path("<int:number>/jobs/", VaultJobsView.as_view(), name="vault_jobs"),
    path("<int:number>/rules/", change.RulesView.as_view(), name="rules"),
    path("<int:number>/test/", TestView.as_view(), name="test"),
    path("<int:number>/verify/", change.VerifyView.as_view(), name="verify"),
    path("<int:number>/delete/", endings.DeleteVaultView.as_view(), name="delete_vault"),
]
_endpoints = [
    path("", endpoints.EndpointsView.as_view(), name="endpoints"),
    path("new/", machines.NewMachineView.as_view(), name="new_machine"),
    path("<int:number>/", endpoints.EndpointView.as_view(), name="endpoint"),
    path("<int:number>/edit/", machines.EditMachineView.as_view(), name="edit_machine"),
    path("<int:number>/host-key/", machines.HostKeyView.as_view(), name="host_key"),
    path("<int:number>/install/", installs.InstallView.as_view(), name="install"),
    path("<int:number>/upgrade/", installs.UpgradeView.as_view(), name="upgrade"),
    path("<int:number>/switch/", installs.SwitchView.as_view(), name="switch"),
    path("<int:number>/drain/", drains.DrainView.as_view(), name="drain"),
    path("<int:number>/take-back/", drains.TakeBackView.as_view(), name="take_back"),
    path("<int:number>/uninstall/", installs.UninstallView.as_view(), name="uninstall"),
    path("<int:number>/retire/", installs.RetireView.as_view(), name="retire"),
]
_plans = [
    path("plans/", plans.PlansView.as_view(), name="plans"),
    path("plans/new/", plans.NewPlanView.as_view(), name="new_plan"),
    path("plans/<int:number>/", plans.PlanView.as_view(), name="plan"),
    path("plans/<int:number>/delete/", plans.DeletePlanView.as_view(), name="delete_plan"),
    path("pools/", pools.PoolsView.as_view(), name="pools"),
    path("pools/new/", pools.NewPoolView.as_view(), name="new_pool"),
    path("pools/<int:number>/", pools.PoolView.as_view(), name="pool"),
    path("pools/<int:number>/delete/", pools.DeletePoolView.as_view(), name="delete_pool"),
]
_jobs = [
    path("", jobs.JobsView.as_view(), name="jobs"),
    path("<int:job_id>/", jobs.JobView.as_view(), name="job"),
    path("<int:job_id>/log/", jobs.JobLogView.as_view(), name="job_log"),
    path("<int:job_id>/<str:action>/", jobs.SteerView.as_view(), name="steer"),
]
_storage: list[URLPattern | URLResolver] = [
    path("vaults/", include(_vaults)),
    path("endpoints/", include(_endpoints)),
    path("jobs/", include(_jobs)),
    path("keys/<uuid:key_id>/show/", keys.ShowView.as_view(), name="show_key"),
    path("keys/<uuid:key_id>/revoke/", keys.RevokeView.as_view(), name="revoke_key"),
    path("authority.pem", AuthorityView.as_view(), name="authority"),
    *_plans,
]

urlpatterns: list[URLPattern | URLResolver] = [path("storage/", include((_storage, "storage")))]
