"""What the kit itself adds to every page: actions of the palette."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from vaultportal.ui import govern_shell, mine, palette
from vaultportal.ui.mine import Line
from vaultportal.ui.palette import Action

palette.register_actions(
    Action(_("Edit my profile"), "user", "ui:me"),
    Action(_("Change my password"), "key", "ui:password"),
    Action(_("Manage my sign-in methods"), "fingerprint", "mfa_index"),
    Action(_("Add an authenticator app"), "device-mobile", "mfa_activate_totp"),
    Action(_("Add a passkey"), "fingerprint", "mfa_add_webauthn"),
    Action(_("Passkeys and security keys"), "fingerprint", "mfa_list_webauthn"),
    Action(_("See my sessions"), "device-laptop", "ui:sessions"),
    Action(_("See what I did"), "activity", "ui:activity"),
    Action(_("Read the API documentation"), "book", "api-docs"),
    Action(_("Sign out"), "logout", "account_logout"),
)
mine.register(Line(10, _("What I did"), "activity", "ui:activity"))
govern_shell.connect()
