"""Pages of the shell: overview, sign-in, profile, first start."""

from __future__ import annotations

from tests.ui.rows.row import Row

ROWS = (
    Row("sign-in", "/accounts/login/", "account_login", signed_in=False),
    Row("nothing", "/nothing/here/", "", signed_in=False, status=404),
    Row("overview", "/", "ui:home"),
    Row("search", "/palette/?q=overview", "ui:palette"),
    Row("search-filtered-empty", "/palette/?q=zzzzzz", "ui:palette"),
    Row("profile", "/me/", "ui:me"),
    Row("password", "/me/password/", "ui:password"),
    Row("sessions", "/me/sessions/", "ui:sessions"),
    Row("my-activity", "/me/activity/", "ui:activity"),
    Row("view-new", "/me/views/new/?list=ui:people&query=state%3Ddisabled", "ui:view_new"),
    Row("sign-in-methods", "/accounts/2fa/", "mfa_index"),
    Row("add-app", "/accounts/2fa/totp/activate/", "mfa_activate_totp"),
    Row("add-passkey", "/accounts/2fa/webauthn/add/", "mfa_add_webauthn"),
    Row("passkeys", "/accounts/2fa/webauthn/", "mfa_list_webauthn"),
    Row("prove", "/accounts/reauthenticate/", "account_reauthenticate"),
    Row("sign-out", "/accounts/logout/", "account_logout"),
    Row("set-up-factor", "/setup/factor/", "ui:setup_factor"),
    Row("set-up-address", "/setup/address/", "ui:setup_address"),
    Row("set-up-keys", "/setup/keys/", "ui:setup_keys"),
    Row("set-up-data", "/setup/data/", "ui:setup_data"),
)
# Not pages of their own, the same form as another (ui:view_new), or tested by a journey (first
# start, second step of the sign-in) or in tests/vaultportal/ui/test_oidc.py (sign-in elsewhere).
ELSEWHERE = {
    "account_inactive",
    "account_reset_password",
    "account_signup",
    "mfa_authenticate",
    "mfa_deactivate_totp",
    "mfa_download_recovery_codes",
    "mfa_edit_webauthn",
    "mfa_generate_recovery_codes",
    "mfa_login_webauthn",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "mfa_remove_webauthn",
    "mfa_view_recovery_codes",
    "oidc_callback",
    "oidc_start",
    "ui:again",
    "ui:identity_disconnect",
    "ui:prove",
    "ui:running",
    "ui:setup",
    "ui:setup_sheet",
    "ui:theme",
    "ui:view",
}
SEED = ""
