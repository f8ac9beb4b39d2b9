"""The addresses of our own API of S3 vaults: what the wire has no place for."""

from __future__ import annotations

from django.urls import URLPattern, path

from s3vault_app.api import urls as wire
from s3vault_app.api.portal import machines, stores, vaults

BASE = "api/v1/s3"
ID = wire.ID  # its converter is registered there

urlpatterns: list[URLPattern] = [
    path(f"{BASE}/machines", machines.MachinesView.as_view()),
    path(f"{BASE}/machines/{ID}", machines.MachineView.as_view()),
    path(f"{BASE}/machines/{ID}/host-key", machines.HostKeyView.as_view()),
    path(f"{BASE}/pools", stores.PoolsView.as_view()),
    path(f"{BASE}/pools/{ID}", stores.PoolView.as_view()),
    path(f"{BASE}/plans", stores.PlansView.as_view()),
    path(f"{BASE}/plans/{ID}", stores.PlanView.as_view()),
    path(f"{BASE}/vaults", vaults.VaultsView.as_view()),
    path(f"{BASE}/vaults/preview", vaults.PreviewView.as_view()),
    path(f"{BASE}/vaults/{ID}", vaults.VaultView.as_view()),
    path(f"{BASE}/vaults/{ID}/verify", vaults.VerifyView.as_view()),
    path(f"{BASE}/vaults/{ID}/health", vaults.HealthView.as_view()),
    path(f"{BASE}/keys", vaults.KeysView.as_view()),
    path(f"{BASE}/keys/<uuid:key_id>", vaults.KeyView.as_view()),
]
