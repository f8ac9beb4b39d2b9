"""Handing a mail to the server, and what the server made of it.

Nothing here may be called while a database transaction is open: it waits for others.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread

from django.core.mail import EmailMessage
from django.core.mail.backends import smtp
from django.utils.functional import cached_property

from vaultportal.directory.mail_server import MailServer
from vaultportal.directory.models import Notice

MAX_SAID = 200


@dataclass(frozen=True, slots=True)
class Failed:
    """Why the server has not taken a mail.

    said: what it answered, cut; "" when it said nothing, or may have repeated a password.
    for_good: another attempt would end the same way.
    """

    why: Notice.Failure
    said: str = field(default="", repr=False)
    for_good: bool = False


class Backend(smtp.EmailBackend):
    """Django's own, to one server, which has to prove who it is."""

    _partial_connection: smtplib.SMTP | None  # Django's; the stubs lack it

    def __init__(self, server: MailServer) -> None:
        super().__init__(
            host=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.security == "starttls",
            use_ssl=server.security == "tls",
            timeout=server.seconds,
        )
        self.server = server

    @cached_property
    def ssl_context(self) -> ssl.SSLContext:
        """Django's default, and the authorities of the deployment."""
        return self.server.tls()

    def open(self) -> bool | None:
        """As Django's; a connection that was begun in vain is not left open."""
        try:
            return super().open()
        except OSError:
            if self._partial_connection is not None:
                self._partial_connection.close()
                self._partial_connection = None
            raise


def deliver(message: EmailMessage) -> Failed | None:
    """Hand ``message`` to the server of its connection; None when the server has taken it."""
    try:
        message.send()
    except (OSError, ValueError) as fault:  # what smtplib raises is an OSError
        return failed(fault)
    return None


def deliver_within(message: EmailMessage, seconds: float) -> Failed | None:
    """The same, for somebody who waits: a server that dribbles has ``seconds`` in all.

    What is given up on goes on in its thread until the server's next silence ends it.
    """
    answers: SimpleQueue[Failed | None] = SimpleQueue()
    thread = Thread(target=lambda: answers.put(deliver(message)), name="test mail", daemon=True)
    thread.start()
    try:
        return answers.get(timeout=seconds)
    except Empty:
        return Failed(Notice.Failure.TIME)


def failed(fault: OSError | ValueError) -> Failed:
    """The failure behind an exception. The order matters: one is a kind of another."""
    why = Notice.Failure
    if isinstance(fault, smtplib.SMTPAuthenticationError):
        return Failed(why.LOGIN, str(fault.smtp_code))
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(fault.recipients.values()))
        return Failed(why.RECIPIENT, _line(code, said), for_good=code >= 500)
    if isinstance(fault, smtplib.SMTPSenderRefused):
        return Failed(why.SENDER, _line(fault.smtp_code, fault.smtp_error))
    if isinstance(fault, smtplib.SMTPResponseException):
        return Failed(why.REFUSED, _line(fault.smtp_code, fault.smtp_error))
    if isinstance(fault, ValueError) and not isinstance(fault, OSError):
        return Failed(why.ADDRESS, for_good=True)
    if isinstance(fault.__context__, TimeoutError):  # smtplib makes a silence a lost connection
        return Failed(why.TIME)
    for kind, found in (
        (smtplib.SMTPNotSupportedError, why.UNSUPPORTED),
        (ssl.SSLCertVerificationError, why.CERTIFICATE),
        (ssl.SSLError, why.TLS),
        (TimeoutError, why.TIME),
        (smtplib.SMTPException, why.LOST),
        (socket.gaierror, why.NAME),
    ):
        if isinstance(fault, kind):
            return Failed(found)
    return Failed(why.UNREACHABLE)


def _line(code: int, said: bytes | str) -> str:
    """What the server answered, as one line of printable text."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    words = " ".join(f"{code} {text}".split())
    return "".join(letter for letter in words if letter.isprintable())[:MAX_SAID]
