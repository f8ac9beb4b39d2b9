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
    Row("passkeys-some", "/accounts/2fa/webauthn/", "mfa_list_webauthn", browser="keyed"),
    Row(
        "passkey-rename",
        "/accounts/2fa/webauthn/keys/{passkey}/edit/",
        "mfa_edit_webauthn",
        browser="keyed",
    ),
    Row(
        "passkey-remove",
        "/accounts/2fa/webauthn/keys/{passkey}/remove/",
        "mfa_remove_webauthn",
        browser="keyed",
    ),
    Row(
        "recovery-codes",
        "/accounts/2fa/recovery-codes/",
        "mfa_view_recovery_codes",
        browser="factored",
    ),
    Row(
        "recovery-codes-new",
        "/accounts/2fa/recovery-codes/generate/",
        "mfa_generate_recovery_codes",
        browser="factored",
    ),
    Row("app-remove", "/accounts/2fa/totp/deactivate/", "mfa_deactivate_totp", browser="factored"),
    Row("prove-factor", "/accounts/2fa/reauthenticate/", "mfa_reauthenticate", browser="factored"),
    Row(
        "second-step",
        "/accounts/login/",
        "mfa_authenticate",
        signed_in=False,
        browser="second-step",
        form=(("login", "{factored_name}"), ("password", "{factored_password}")),
    ),
    Row("inactive", "/accounts/inactive/", "account_inactive", signed_in=False),
    Row("console", "/admin/", "", browser="factored"),
    Row("console-list", "/admin/identity/user/", "", browser="factored"),
    Row("console-form", "/admin/identity/user/{keyed_id}/change/", "", browser="factored"),
    Row("prove", "/accounts/reauthenticate/", "account_reauthenticate"),
    Row("sign-out", "/accounts/logout/", "account_logout"),
    Row("set-up-factor", "/setup/factor/", "ui:setup_factor"),
    Row("set-up-address", "/setup/address/", "ui:setup_address"),
    Row("set-up-keys", "/setup/keys/", "ui:setup_keys"),
    Row("set-up-data", "/setup/data/", "ui:setup_data"),
)
# Not pages of their own, the same form as another (ui:view_new), or tested by a journey (first
# start) or in tests/vaultportal/ui/test_oidc.py (sign-in elsewhere).
ELSEWHERE = {
    "account_reset_password",
    "account_signup",
    "mfa_download_recovery_codes",
    "mfa_login_webauthn",
    "mfa_reauthenticate_webauthn",
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
# Two people with a second factor each, and their sessions: what their pages show is theirs alone.
SEED = """
import time
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from vaultportal.identity.models import Membership, Role, User
from vaultportal.identity.models.role import ADMIN
things["factored_password"] = random.token_urlsafe(16)
def person(name):
    word = name + "-" + random.token_hex(4)
    user = User.objects.create_user(
        word, things["factored_password"], email=word + "@example.com", is_staff=True)
    Membership.objects.create(user=user, group_id=Role.objects.get(name=ADMIN).pk)
    client = Client()
    client.force_login(user)
    session = client.session
    session["account_authentication_methods_user"] = str(user.pk)
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time()},
        {"method": "mfa", "type": "totp", "at": time.time()}]
    session.save()
    things[name], things[name + "_name"] = session.session_key, word
    things[name + "_id"] = user.pk
    return user
factored, keyed = person("factored"), person("keyed")
TOTP.activate(factored, generate_totp_secret())
RecoveryCodes.activate(factored)
things["passkey"] = Authenticator.objects.create(
    user=keyed, type=Authenticator.Type.WEBAUTHN, data={"name": "Laptop"}).pk
"""
