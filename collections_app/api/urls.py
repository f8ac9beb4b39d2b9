"""Every address of the dialect, with and without a last slash: a redirect would lose the body."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path
from django.views import View

from collections_app.api.views import (
    code,
    collections,
    crypto,
    iam,
    info,
    objects,
    properties,
    system,
    tokens,
    tryout,
)

COLLECTION = r"(?P<collection>[^/]+)"
CTL = rf"ctl/collections/{COLLECTION}"
DATA = rf"data/collections/{COLLECTION}"


def _at(place: str, view: type[View], name: str) -> URLPattern:
    return re_path(rf"^api/pvlt/1\.0/{place}/?$", view.as_view(), name=f"piiano_{name}")


urlpatterns = [
    _at("ctl/info/health", info.ControlHealthView, "control_health"),
    _at("data/info/health", info.DataHealthView, "data_health"),
    _at("system/info/version", info.VersionView, "version"),
    _at("system/info/configuration", system.ConfigurationView, "configuration"),
    _at("system/info/license", system.LicenseView, "license"),
    _at("system/info/kms", system.KmsView, "kms"),
    _at("system/admin/export_key", system.ExportKeyView, "export_key"),
    _at("system/admin/keys/rotate", system.RotateKeysView, "rotate_keys"),
    _at("system/admin/lifecycle/gc", system.GarbageView, "gc"),
    _at("system/debug/error/trigger", system.TriggerErrorView, "trigger_error"),
    _at("system/confvar", system.VariablesView, "confvars"),
    _at("system/confvar/(?P<name>[^/]+)", system.VariableView, "confvar"),
    _at("ctl/info/cluster", system.ClusterView, "cluster"),
    _at("ctl/types", code.TypesView, "types"),
    _at("ctl/types/(?P<name>[^/]+)", code.TypeView, "type"),
    _at("ctl/bundles", code.BundlesView, "bundles"),
    _at("ctl/bundles/(?P<bundle>[^/]+)", code.BundleView, "bundle"),
    _at("ctl/actions", code.ActionsView, "actions"),
    _at("ctl/actions/(?P<action>[^/]+)", code.ActionView, "action"),
    _at("data/actions/http_call", code.HttpCallView, "http_call"),
    _at("data/actions/(?P<action>[^/]+)", code.InvokeView, "invoke"),
    path("api/v1/code/tryout", tryout.TryoutView.as_view(), name="code_tryout"),
    _at("ctl/iam/conf", iam.ConfView, "iam_conf"),
    _at("ctl/iam/admin/set-api-key", iam.AdminKeyView, "set_admin_key"),
    _at("ctl/iam/user/regen", iam.RegenerateView, "regenerate_key"),
    _at("ctl/iam/user/update-expiration", iam.ExpirationView, "update_expiration"),
    _at("ctl/iam/user/(?P<user>[^/]+)", iam.UserView, "iam_user"),
    _at("data/analysis/contains", system.AnalysisContainsView, "analysis_contains"),
    _at("data/analysis/locate", system.AnalysisLocateView, "analysis_locate"),
    _at("ctl/collections", collections.CollectionsView, "collections"),
    _at(CTL, collections.CollectionView, "collection"),
    _at(rf"{CTL}/properties", properties.PropertiesView, "properties"),
    _at(rf"{CTL}/properties/(?P<name>[^/]+)", properties.PropertyView, "property"),
    _at(rf"{DATA}/objects", objects.ObjectsView, "objects"),
    _at(rf"{DATA}/objects/(?P<object_id>[^/]+)", objects.ObjectView, "object"),
    _at(rf"{DATA}/bulk/objects", objects.BulkObjectsView, "bulk_objects"),
    _at(rf"{DATA}/query/objects", objects.SearchObjectsView, "search_objects"),
    _at(rf"{DATA}/count/objects", objects.CountObjectsView, "count_objects"),
    _at(rf"{DATA}/tokens", tokens.TokensView, "tokens"),
    _at(rf"{DATA}/rotate/tokens", tokens.RotateTokensView, "rotate_tokens"),
    _at(rf"{DATA}/query/tokens", tokens.SearchTokensView, "search_tokens"),
    _at(rf"{DATA}/count/tokens", tokens.CountTokensView, "count_tokens"),
    _at(rf"{DATA}/export/tokens", tokens.ExportTokensView, "export_tokens"),
    _at(rf"{DATA}/import/tokens", tokens.ImportTokensView, "import_tokens"),
    _at(rf"{DATA}/transaction_id/(?P<name>[^/]+)", tokens.TransactionView, "transaction"),
    _at(rf"{DATA}/encrypt/objects", crypto.EncryptView, "encrypt"),
    _at(rf"{DATA}/decrypt/objects", crypto.DecryptView, "decrypt"),
    _at(rf"{DATA}/encrypt/blob", crypto.EncryptBlobView, "encrypt_blob"),
    _at(rf"{DATA}/decrypt/blob", crypto.DecryptBlobView, "decrypt_blob"),
    _at(rf"{DATA}/hash/objects", crypto.HashView, "hash"),
]
