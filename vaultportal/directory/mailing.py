"""Handing a mail to the server, and what the server made of it.

Nothing here may be called while a database transaction is open: it waits for others.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends import smtp
from django.utils.functional import cached_property

from vaultportal.directory.mail_server import MailServer
from vaultportal.directory.models import Notice
from vaultportal.directory.text import one_line

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


class _Line:
    """A connection that another thread can end, whatever it waits for, from its first byte on."""

    sock: socket.socket | None
    is_over = False

    def __init__(self, *given: Any, begun: Callable[[_Line], None], **options: Any) -> None:
        begun(self)  # before it waits for anybody
        super().__init__(*given, **options)

    def getreply(self) -> tuple[int, bytes]:
        """As smtplib's. Looked at after the socket is there: it is cut, or not read from."""
        if self.is_over:
            self.close()
            raise smtplib.SMTPServerDisconnected("The time is over.")
        found: tuple[int, bytes] = super().getreply()  # type: ignore[misc]  # smtplib's
        return found

    def cut(self) -> None:
        """End it."""
        self.is_over = True
        if self.sock is not None:
            with suppress(OSError):  # of a socket in TLS, too: the one below it
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def close(self) -> None:
        """As smtplib's."""
        super().close()  # type: ignore[misc]  # smtplib's


class _Plain(_Line, smtplib.SMTP):
    pass


class _Encrypted(_Line, smtplib.SMTP_SSL):
    pass


class Backend(smtp.EmailBackend):
    """Django's own, to one server, which has to prove who it is."""

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
        self._line: _Line | None = None
        self._is_over = False

    @property
    def connection_class(self) -> Callable[..., smtplib.SMTP]:  # type: ignore[override]  # called
        """Django's, as one that can be cut."""
        return partial(_Encrypted if self.use_ssl else _Plain, begun=self._begin)

    @cached_property
    def ssl_context(self) -> ssl.SSLContext:
        """Django's default, and the authorities of the deployment."""
        return self.server.tls()

    def open(self) -> bool | None:
        """As Django's; a connection that was begun in vain is not left open."""
        try:
            return super().open()
        except OSError:
            if self._line is not None:
                self._line.close()
            self._partial_connection = None  # Django's name for it
            raise

    def cut(self) -> None:
        """End what is going on, from another thread."""
        self._is_over = True
        if self._line is not None:
            self._line.cut()

    def _begin(self, line: _Line) -> None:
        self._line = line
        line.is_over = self._is_over


def deliver(message: EmailMessage) -> Failed | None:
    """Hand ``message`` to the server of its connection; None when the server has taken it."""
    try:
        message.send()
    except (OSError, ValueError) as fault:  # what smtplib raises is an OSError
        return failed(fault)
    return None


def deliver_within(message: EmailMessage, seconds: float) -> Failed | None:
    """The same, in ``seconds`` altogether: a server that dribbles would have as long as it likes.

    What is given up on is cut, so that neither its thread nor its socket stays.
    """
    answers: SimpleQueue[Failed | None] = SimpleQueue()
    thread = Thread(target=lambda: answers.put(deliver(message)), name="mail", daemon=True)
    thread.start()
    try:
        return answers.get(timeout=seconds)
    except Empty:
        if isinstance(message.connection, Backend):
            message.connection.cut()
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
    return one_line(" ".join(f"{code} {text}".split()), MAX_SAID)
