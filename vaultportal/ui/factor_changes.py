"""Second factors that people add and remove with allauth's pages: on record, and told by mail.

allauth calls its hook for mails once for each such change, after it; with its signals the codes
that come with a first factor would count as a change of their own. What that costs is in
docs/decisions/0005.
"""

from __future__ import annotations

from django.http import HttpRequest

from vaultportal import trail
from vaultportal.directory import notices
from vaultportal.directory.models import Notice
from vaultportal.directory.origin import Origin
from vaultportal.identity.models import User
from vaultportal.trail import Target

# By the names of allauth's templates for mails: what to tell, of which kind of factor, and the
# action in the trail.
CHANGES = {
    "mfa/email/totp_activated": (Notice.Kind.FACTOR_ADDED, "totp", "user.add_factor"),
    "mfa/email/totp_deactivated": (Notice.Kind.FACTOR_REMOVED, "totp", "user.remove_factor"),
    "mfa/email/webauthn_added": (Notice.Kind.FACTOR_ADDED, "webauthn", "user.add_factor"),
    "mfa/email/webauthn_removed": (Notice.Kind.FACTOR_REMOVED, "webauthn", "user.remove_factor"),
    "mfa/email/recovery_codes_generated": (
        Notice.Kind.RECOVERY_CODES,
        "recovery_codes",
        "user.new_recovery_codes",
    ),
}


@trail.unit()
def note(request: HttpRequest, user: User, template: str) -> None:
    """What allauth would have sent ``template`` about; nothing for what is told elsewhere."""
    if template not in CHANGES:
        return
    kind, factor, action = CHANGES[template]
    session_id = str(getattr(request.session, "row_id", None) or "")
    actor = Origin.of(request).actor(user, kind="session", id=session_id)
    trail.record(actor, action, Target("user", str(user.pk), user.username), factor=factor)
    notices.tell(actor, user, kind, what=factor)
