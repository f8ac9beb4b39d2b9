"""A notice as a mail: plain text in the language of the person, without anything that opens doors.

The words are in ``templates/mail``: one template a kind, its first line is the subject.
"""

from __future__ import annotations

from email.utils import parseaddr
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import timezone, translation

from vaultportal.directory.mail_server import MailServer
from vaultportal.directory.mailing import Backend
from vaultportal.directory.models import Notice
from vaultportal.identity.models import User


def message(notice: Notice, server: MailServer) -> EmailMessage:
    """The mail, to be handed to ``server``."""
    user = notice.user
    zone = _zone(user)
    with translation.override(_language(user)), timezone.override(zone):
        context = {"notice": notice, "name": user.get_full_name(), "zone": zone.key}
        context |= {"portal": settings.PUBLIC_BASE_URL}
        text = render_to_string(f"mail/{notice.kind}.txt", context)
    subject, _, body = text.strip().partition("\n")
    host = parseaddr(server.sender)[1].rpartition("@")[2]
    return EmailMessage(
        subject,
        body.strip() + "\n",
        server.sender,
        [notice.recipient],
        connection=Backend(server),
        headers={
            "Message-ID": f"<{notice.pk}@{host}>",  # the same at each attempt
            "Auto-Submitted": "auto-generated",  # RFC 3834: nobody's assistant answers
        },
    )


def _language(user: User) -> str:
    return user.language if user.language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def _zone(user: User) -> ZoneInfo:
    try:
        return ZoneInfo(user.time_zone or settings.TIME_ZONE)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(settings.TIME_ZONE)
