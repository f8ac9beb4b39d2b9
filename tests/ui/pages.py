"""Every page: its name, its address, and who looks. A page without a row fails a test."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """path: may hold {secret}, {approval}, {collection}, {object}. view: its name in the URLs."""

    name: str
    path: str
    view: str
    signed_in: bool = True
    status: int = 200


PAGES = (
    Row("sign-in", "/accounts/login/", "account_login", signed_in=False),
    Row("nothing", "/nothing/here/", "", signed_in=False, status=404),
    Row("overview", "/", "ui:home"),
    Row("profile", "/me/", "ui:me"),
    Row("password", "/me/password/", "ui:password"),
    Row("sessions", "/me/sessions/", "ui:sessions"),
    Row("sign-in-methods", "/accounts/2fa/", "mfa_index"),
    Row("add-app", "/accounts/2fa/totp/activate/", "mfa_activate_totp"),
    Row("add-passkey", "/accounts/2fa/webauthn/add/", "mfa_add_webauthn"),
    Row("passkeys", "/accounts/2fa/webauthn/", "mfa_list_webauthn"),
    Row("prove", "/accounts/reauthenticate/", "account_reauthenticate"),
    Row("sign-out", "/accounts/logout/", "account_logout"),
    Row("set-up-factor", "/setup/factor/", "ui:setup_factor"),
    Row("personal", "/secrets/personal/", "secrets:personal"),
    Row("personal-filtered-empty", "/secrets/personal/?q=zzzzzz", "secrets:personal"),
    Row("shared-with-me", "/secrets/people/", "secrets:people"),
    Row("new-secret", "/secrets/personal/new/", "secrets:new"),
    Row("secret", "/secrets/{secret}/", "secrets:secret"),
    Row("secret-activity", "/secrets/{secret}/?tab=activity", "secrets:secret"),
    Row("secret-reason", "/secrets/{secret}/reveal/?field=0", "secrets:reveal"),
    Row("secret-edit", "/secrets/{secret}/edit/", "secrets:edit"),
    Row("secret-share", "/secrets/{secret}/share/", "secrets:share"),
    Row("secret-delete", "/secrets/{secret}/delete/", "secrets:delete"),
    Row("approvals", "/access/requests/", "triggers:approvals"),
    Row("approvals-asked", "/access/requests/?tab=mine", "triggers:approvals"),
    Row("approval", "/access/requests/{approval}/", "triggers:approval"),
    Row("collections", "/collections/", "collections:list"),
    Row("new-collection", "/collections/new/", "collections:new"),
    Row("objects", "/collections/{collection}/", "collections:objects"),
    Row("add-object", "/collections/{collection}/add/", "collections:add"),
    Row("object", "/collections/{collection}/objects/{object}/", "collections:object"),
    Row(
        "object-reason",
        "/collections/{collection}/objects/{object}/reveal/?field=email",
        "collections:reveal",
    ),
)
# Not pages of their own, or tested by a journey (first start, second step of the sign-in).
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
    "ui:prove",
    "ui:setup",
    "ui:theme",
}
