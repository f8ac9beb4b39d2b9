"""The kit's own addresses, and those of django-allauth that the portal offers."""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from vaultportal.ui import govern_urls
from vaultportal.ui.factor_changes import recorded
from vaultportal.ui.views.again import AgainView
from vaultportal.ui.views.appearance import ThemeView
from vaultportal.ui.views.factor import SetupFactorView
from vaultportal.ui.views.factor_policy import RemovePasskeyView
from vaultportal.ui.views.home import HomeView
from vaultportal.ui.views.identities import CallbackView, DisconnectView, MethodsView, StartView
from vaultportal.ui.views.me import ActivityView, PasswordView, ProfileView, SessionsView
from vaultportal.ui.views.palette import PaletteView, RunningView
from vaultportal.ui.views.prove import ProveView
from vaultportal.ui.views.saved import ChangeView, NewView
from vaultportal.ui.views.setup import SetupView
from vaultportal.ui.views.setup_checks import AddressView, DataView, KeysView, SheetView

_own = [
    path("", HomeView.as_view(), name="home"),
    path("me/", ProfileView.as_view(), name="me"),
    path("me/password/", PasswordView.as_view(), name="password"),
    path("me/activity/", ActivityView.as_view(), name="activity"),
    path("me/sessions/", SessionsView.as_view(), name="sessions"),
    path("me/views/new/", NewView.as_view(), name="view_new"),
    path("me/views/<uuid:view_id>/", ChangeView.as_view(), name="view"),
    path("me/prove/", ProveView.as_view(), name="prove"),
    path("me/identities/<int:pk>/", DisconnectView.as_view(), name="identity_disconnect"),
    path("me/again/", AgainView.as_view(), name="again"),
    path("palette/", PaletteView.as_view(), name="palette"),
    path("palette/jobs/", RunningView.as_view(), name="running"),
    path("preferences/theme/", ThemeView.as_view(), name="theme"),
    path("setup", RedirectView.as_view(pattern_name="ui:setup")),
    path("setup/", SetupView.as_view(), name="setup"),
    path("setup/address/", AddressView.as_view(), name="setup_address"),
    path("setup/keys/", KeysView.as_view(), name="setup_keys"),
    path("setup/keys/sheet.txt", SheetView.as_view(), name="setup_sheet"),
    path("setup/data/", DataView.as_view(), name="setup_data"),
    path("setup/factor/", SetupFactorView.as_view(), name="setup_factor"),
    *govern_urls.urlpatterns,
]

# People are made by administrators and change their password under /me/: sign-up, confirmation and
# reset by mail have no address. Their names stay, for allauth asks for them.
_closed = RedirectView.as_view(pattern_name="account_login")

# What changes factors, with the trail of it; their names are allauth's.
_factors = [
    ("totp/activate/", totp.activate_totp, "mfa_activate_totp"),
    ("totp/deactivate/", totp.deactivate_totp, "mfa_deactivate_totp"),
    ("recovery-codes/generate/", codes.generate_recovery_codes, "mfa_generate_recovery_codes"),
    ("webauthn/add/", webauthn.add_webauthn, "mfa_add_webauthn"),
    ("webauthn/keys/<int:pk>/remove/", RemovePasskeyView.as_view(), "mfa_remove_webauthn"),
]

_account = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("signup/", _closed, name="account_signup"),
    path("password/reset/", _closed, name="account_reset_password"),
    # Of allauth.socialaccount no view but the callback, and that with our decisions.
    path("oidc/<slug:provider>/", StartView.as_view(), name="oidc_start"),
    path("oidc/<slug:provider>/callback/", CallbackView.as_view(), name="oidc_callback"),
    path("2fa/", MethodsView.as_view(), name="mfa_index"),
    *(path(f"2fa/{place}", recorded(page), name=name) for place, page, name in _factors),
    path("2fa/", include("allauth.mfa.urls")),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include((_own, "ui"))),
    path("accounts/", include(_account)),
]
