"""Who gets which page, as data: what a browser without a session is told.

Routes below ``admin/`` are staff's, whatever they are: the admin's log-in page is the one
exception.
"""

from __future__ import annotations

SIGN_IN = "sign-in"  # led to the sign-in page
OPEN = "open"  # answered: there is nothing to protect
GONE = "gone"  # 404: set-up is over
DENIED = "denied"  # 401: read by programs, which no page helps
WRONG = "wrong"  # 405: nothing to get

ADMIN = "admin/"
ADMIN_LOG_IN = "admin/login/"

PAGES = {
    "": SIGN_IN,
    "healthz": OPEN,
    "readyz": OPEN,
    "metrics": DENIED,
    "docs/api/": SIGN_IN,
    "docs/api/<slug:name>.json": SIGN_IN,
    "docs/api/<slug:name>/": SIGN_IN,
    "secrets/personal/": SIGN_IN,
    "secrets/personal/new/": SIGN_IN,
    "secrets/people/": SIGN_IN,
    "secrets/<uuid:secret_id>/": SIGN_IN,
    "secrets/<uuid:secret_id>/reveal/": SIGN_IN,
    "secrets/<uuid:secret_id>/edit/": SIGN_IN,
    "secrets/<uuid:secret_id>/share/": SIGN_IN,
    "secrets/<uuid:secret_id>/delete/": SIGN_IN,
    "access/requests/": SIGN_IN,
    "access/requests/<uuid:approval_id>/": SIGN_IN,
    "collections/": SIGN_IN,
    "collections/new/": SIGN_IN,
    "collections/<str:name>/": SIGN_IN,
    "collections/<str:name>/add/": SIGN_IN,
    "collections/<str:name>/objects/<uuid:object_id>/": SIGN_IN,
    "collections/<str:name>/objects/<uuid:object_id>/reveal/": SIGN_IN,
    "me/": SIGN_IN,
    "me/password/": SIGN_IN,
    "me/sessions/": SIGN_IN,
    "me/prove/": SIGN_IN,
    "preferences/theme/": WRONG,
    "setup": GONE,
    "setup/": GONE,
    "setup/factor/": SIGN_IN,
    "accounts/login/": OPEN,
    "accounts/logout/": SIGN_IN,
    "accounts/inactive/": OPEN,
    "accounts/reauthenticate/": SIGN_IN,
    "accounts/signup/": SIGN_IN,
    "accounts/password/reset/": SIGN_IN,
    "accounts/2fa/": SIGN_IN,
    "accounts/2fa/authenticate/": SIGN_IN,
    "accounts/2fa/reauthenticate/": SIGN_IN,
    "accounts/2fa/totp/activate/": SIGN_IN,
    "accounts/2fa/totp/deactivate/": SIGN_IN,
    "accounts/2fa/recovery-codes/": SIGN_IN,
    "accounts/2fa/recovery-codes/generate/": SIGN_IN,
    "accounts/2fa/recovery-codes/download/": SIGN_IN,
    "accounts/2fa/webauthn/": SIGN_IN,
    "accounts/2fa/webauthn/add/": SIGN_IN,
    "accounts/2fa/webauthn/reauthenticate/": SIGN_IN,
    "accounts/2fa/webauthn/keys/<int:pk>/remove/": SIGN_IN,
    "accounts/2fa/webauthn/keys/<int:pk>/edit/": SIGN_IN,
    "accounts/2fa/webauthn/login/": SIGN_IN,
}
