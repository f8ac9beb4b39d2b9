"""Every address of the wire, in its one form (``paths``)."""

from __future__ import annotations

from django.urls import URLPattern, path, register_converter
from django.views import View

from s3vault_app.api.paths import Int32Converter, Int64Converter
from s3vault_app.api.views import (
    clients,
    endpoints,
    groups,
    jobs,
    keys,
    plans,
    pools,
    session,
    tasks,
    users,
    vaults,
)

register_converter(Int32Converter, "int32")
register_converter(Int64Converter, "int64")

ID = "<int32:number>"
JOB = "job/<int64:number>"
ENDPOINT = f"v4/client/{ID}/cvs3endpoint"


def _at(place: str, view: type[View]) -> URLPattern:
    name = f"commvault_{place.replace('/', '_')}" if "<" not in place else None
    return path(f"commandcenter/api/{place}", view.as_view(), name=name)


urlpatterns: list[URLPattern] = [
    path("commandcenter/api", session.RootView.as_view(), name="commvault"),
    _at("login", session.LoginView),
    _at("renewlogintoken", session.RenewView),
    _at("logout", session.LogoutView),
    _at("whoami", session.WhoAmIView),
    _at("v2/whoami", session.WhoAmIView),
    _at("commserv", session.CommServView),
    _at("v4/accesstoken", session.TokensView),
    _at("v4/accesstoken/renew", session.TokenRenewView),
    _at(f"v4/accesstoken/{ID}", session.TokenView),
    _at("vsaclientandclientgrouplist", session.NoMachinesView),
    _at("v4/cvs3store", vaults.CreateView),
    _at("v4/cvs3stores", vaults.ListView),
    _at(f"v4/cvs3store/{ID}", vaults.VaultView),
    _at(ENDPOINT, endpoints.EndpointView),
    _at(f"{ENDPOINT}/action/enable", endpoints.EnableView),
    _at(f"{ENDPOINT}/action/disable", endpoints.DisableView),
    _at("v4/user/s3accesskey", keys.OwnKeyView),
    _at(f"v4/user/{ID}/s3accesskey", keys.KeyView),
    _at("job", jobs.JobListView),
    _at("jobs", jobs.JobsView),
    _at("jobs/multijoboperation", jobs.MultiView),
    _at("jobdetails", jobs.DetailsView),
    _at("events", jobs.EventsView),
    _at(JOB, jobs.JobView),
    _at(f"{JOB}/taskdetails", jobs.TaskDetailsView),
    _at(f"{JOB}/advanceddetails", jobs.AdvancedDetailsView),
    _at(f"{JOB}/action/kill", jobs.KillView),
    _at(f"{JOB}/action/pause", jobs.PauseView),
    _at(f"{JOB}/action/resume", jobs.ResumeView),
    _at(f"{JOB}/action/resubmit", jobs.ResubmitView),
    _at("plan", plans.PlanListView),
    _at("v2/plan", plans.PlanListView),
    _at(f"v2/plan/{ID}", plans.PlanView),
    _at(f"v2/plan/{ID}/associatedentities", plans.EntitiesView),
    _at("v4/plan/summary", plans.SummaryListView),
    _at(f"v4/plan/summary/{ID}", plans.SummaryView),
    _at("v4/planids", plans.PlanIdsView),
    _at("v4/serverplan", plans.ServerPlansView),
    _at(f"v4/serverplan/{ID}", plans.ServerPlanView),
    _at("storagepolicy", plans.StoragePolicyView),
    _at("storagepool", pools.PoolListView),
    _at(f"storagepool/{ID}", pools.PoolView),
    _at("v4/storage/disk", pools.DiskView),
    _at("v4/storage/cloud", pools.CloudView),
    _at("client", clients.ClientListView),
    _at(f"client/{ID}", clients.ClientView),
    _at(f"client/{ID}/retire", clients.RetireView),
    _at(f"client/{ID}/checkreadiness", clients.ReadinessView),
    _at("getid", clients.GetIdView),
    _at("v4/servers", clients.ServersView),
    _at("installclient", clients.InstallView),
    _at("createtask", tasks.CreateTaskView),
    _at("v4/user", users.UsersV4View),
    _at(f"v4/user/{ID}", users.UserV4View),
    _at("user", users.UsersView),
    _at(f"user/{ID}", users.UserView),
    _at(f"user/{ID}/enable", users.EnableView),
    _at(f"user/{ID}/disable", users.DisableView),
    _at(f"user/{ID}/security", users.UserSecurityView),
    _at("v4/usergroup", groups.GroupsV4View),
    _at(f"v4/usergroup/{ID}", groups.GroupV4View),
    _at("usergroup", groups.GroupsView),
    _at(f"usergroup/{ID}", groups.GroupView),
    _at(f"usergroup/{ID}/security", groups.GroupSecurityView),
    _at("v4/role", groups.RolesV4View),
    _at("security/roles", groups.RolesView),
]
