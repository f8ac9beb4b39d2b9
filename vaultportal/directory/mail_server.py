"""The mail server of the deployment, from the environment; without a host no mail is sent.

Read by the settings, so it knows nothing of models.
"""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field
from email.utils import parseaddr
from ipaddress import ip_address

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

from vaultportal.env import env_choice, env_int, env_secret, env_str

# The usual port of each way to encrypt.
PORTS = {"starttls": 587, "tls": 465, "none": 25}
_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in, and in whose name.

    security: ``starttls``, ``tls`` or ``none``.
    sender: ``portal@example.com``, also with a name in front.
    ca_file: certificates of authorities, as PEM, that are trusted beside the system's.
    seconds: that each answer of the server may take.
    """

    host: str
    port: int
    sender: str
    security: str = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    seconds: float = 10

    def tls(self) -> ssl.SSLContext:
        """Checks the certificate and that it is for the host.

        Raises:
            OSError: the file of authorities cannot be read, or holds none.
        """
        context = ssl.create_default_context()
        if self.ca_file:
            context.load_verify_locations(cafile=self.ca_file)
        return context


def from_environment() -> MailServer | None:
    """The server of PORTAL_SMTP_*, None when no host is set; ImproperlyConfigured when wrong."""
    host = env_str("PORTAL_SMTP_HOST")
    if not host:
        return None
    security = env_choice("PORTAL_SMTP_SECURITY", "starttls", tuple(PORTS))
    server = MailServer(
        _host(host),
        env_int("PORTAL_SMTP_PORT", PORTS[security], least=1, most=65535),
        _sender(env_str("PORTAL_MAIL_FROM")),
        security,
        env_str("PORTAL_SMTP_USER"),
        env_secret("PORTAL_SMTP_PASSWORD"),
        env_str("PORTAL_SMTP_CA_FILE"),
    )
    _check(server)
    return server


def _host(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        if _NAME.match(text):
            return text
    raise ImproperlyConfigured("PORTAL_SMTP_HOST must be a host name or an address, without port.")


def _sender(text: str) -> str:
    _, address = parseaddr(text)
    try:
        validate_email(address)
    except ValidationError:
        address = ""
    if not address or not text.isprintable():
        raise ImproperlyConfigured(
            "PORTAL_MAIL_FROM must be an address, as portal@example.com, "
            "or Vault Portal <portal@example.com>."
        )
    return text


def _check(server: MailServer) -> None:
    if bool(server.user) != bool(server.password):
        raise ImproperlyConfigured("Set PORTAL_SMTP_USER and PORTAL_SMTP_PASSWORD, or neither.")
    if server.password and server.security == "none":
        raise ImproperlyConfigured(
            "PORTAL_SMTP_SECURITY none would send PORTAL_SMTP_PASSWORD in clear."
        )
    if not (server.user + server.password).isascii():
        raise ImproperlyConfigured("PORTAL_SMTP_USER and PORTAL_SMTP_PASSWORD must be ASCII.")
    try:
        server.tls()
    except OSError:
        raise ImproperlyConfigured(
            "PORTAL_SMTP_CA_FILE must be a file with certificates as PEM."
        ) from None
