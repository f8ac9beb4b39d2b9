"""A real mail server on the loopback, which keeps what it takes and refuses what it is told to."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from vaultportal.directory.mail_server import MailServer

SENDER = "Vault Portal <portal@example.com>"


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail as it came: whom the server was told to give it to, and what it says."""

    to: tuple[str, ...]
    message: EmailMessage
    text: str

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])


@dataclass  # without slots: aiosmtpd looks at every member, which Python 3.11.2 cannot do with them
class MailBox:
    """What has come. refusal: what recipients are answered with, "" to take them."""

    port: int = 0
    letters: list[Letter] = field(default_factory=list)
    refusal: str = ""

    def server(self, **fields: Any) -> MailServer:
        """The setting that leads here."""
        given = {"host": "127.0.0.1", "port": self.port, "sender": SENDER, "security": "none"}
        return MailServer(**{**given, **fields})

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        message = BytesParser(policy=default).parsebytes(envelope.content)
        assert isinstance(message, EmailMessage)
        body = message.get_content()
        self.letters.append(Letter(tuple(envelope.rcpt_tos), message, str(body)))
        return "250 OK"


class _Server(Controller):
    """On a port that is free."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]  # the library's own


@contextmanager
def mail_box(chain: Path | None = None, password: str = "") -> Iterator[MailBox]:
    """A server in a thread; with a certificate and its key in ``chain`` it wants STARTTLS.

    password: of the user "portal", who must sign in then.
    """
    box = MailBox()
    more: dict[str, Any] = {}
    if chain is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        more = {"tls_context": context, "require_starttls": True}
    if password:

        def authenticate(
            server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any
        ) -> AuthResult:
            wanted = LoginPassword(b"portal", password.encode())
            return AuthResult(success=given == wanted, handled=False)

        more |= {"auth_required": True, "authenticator": authenticate}
    running = _Server(box, hostname="127.0.0.1", port=0, **more)
    running.start()
    box.port = running.port
    try:
        yield box
    finally:
        running.stop()
