"""The mail server of the environment: what is refused at start, and what is trusted later."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage

from tests.mail import SENDER, mail_box
from tests.vaultportal.outbound.servers import make_certificate, raw_server
from vaultportal.directory import mail_server, mailing
from vaultportal.directory.mail_server import MailServer
from vaultportal.directory.mailing import Backend, Failed
from vaultportal.directory.models import Notice

HOST = {"PORTAL_SMTP_HOST": "mail.example.com", "PORTAL_MAIL_FROM": SENDER}
SIGN_IN = {"PORTAL_SMTP_USER": "portal", "PORTAL_SMTP_PASSWORD": "a canary password"}
NAMES = "HOST PORT USER PASSWORD PASSWORD_FILE SECURITY CA_FILE"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES.split():
        monkeypatch.delenv(f"PORTAL_SMTP_{name}", raising=False)
    monkeypatch.delenv("PORTAL_MAIL_FROM", raising=False)


def read(monkeypatch: pytest.MonkeyPatch, **variables: str) -> MailServer | None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return mail_server.from_environment()


def attempt(server: MailServer) -> Failed | None:
    letter = EmailMessage("Subject", "Body", SENDER, ["a@example.com"], connection=Backend(server))
    return mailing.deliver(letter)


# -- the environment ----------------------------------------------------------------------------


def test_without_a_host_mail_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, PORTAL_SMTP_PORT="nonsense", PORTAL_MAIL_FROM="x") is None


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("TLS", 465), ("none", 25)])
def test_each_security_has_its_port(
    monkeypatch: pytest.MonkeyPatch, security: str, port: int
) -> None:
    found = read(monkeypatch, **HOST, PORTAL_SMTP_SECURITY=security)

    assert found == MailServer("mail.example.com", port, SENDER, security.lower())


def test_the_password_comes_out_of_a_file_and_shows_nowhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "password"
    path.write_text("a canary password\n")

    found = read(
        monkeypatch, **HOST, PORTAL_SMTP_USER="portal", PORTAL_SMTP_PASSWORD_FILE=str(path)
    )

    assert found is not None
    assert found.password == "a canary password"
    assert "canary" not in repr(found)


@pytest.mark.parametrize(
    "wrong",
    [
        {"PORTAL_SMTP_HOST": "smtp://mail.example.com"},
        {"PORTAL_SMTP_HOST": "mail.example.com:25"},
        {"PORTAL_SMTP_HOST": "mail example"},
        {"PORTAL_SMTP_HOST": "x" * 300},
        {"PORTAL_SMTP_PORT": "0"},
        {"PORTAL_SMTP_PORT": "smtp"},
        {"PORTAL_SMTP_SECURITY": "ssl"},
        {"PORTAL_SMTP_USER": "portal"},
        {"PORTAL_SMTP_PASSWORD": "alone"},
        {**SIGN_IN, "PORTAL_SMTP_SECURITY": "none"},
        {**SIGN_IN, "PORTAL_SMTP_PASSWORD": "pässwörd"},
        {**SIGN_IN, "PORTAL_SMTP_PASSWORD_FILE": "/dev/null"},
        {"PORTAL_SMTP_CA_FILE": "/nowhere/at/all.pem"},
        {"PORTAL_SMTP_CA_FILE": "/dev/null"},
        {"PORTAL_MAIL_FROM": ""},
        {"PORTAL_MAIL_FROM": "portal"},
        {"PORTAL_MAIL_FROM": "portal@example.com\r\nBcc: thief@example.com"},
        {"PORTAL_MAIL_FROM": "Portal <portal@>"},
    ],
)
def test_what_is_wrong_stops_the_start_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str]
) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        read(monkeypatch, **HOST | wrong)

    said = str(refusal.value)
    assert said.endswith(".")
    assert any(name in said for name in wrong)
    assert "canary" not in said


# -- trust --------------------------------------------------------------------------------------


def test_a_certificate_must_be_trusted_and_for_the_host(tmp_path: Path) -> None:
    chain = make_certificate(tmp_path, "127.0.0.1")
    other = make_certificate(tmp_path, "mail.example.com")
    with mail_box(chain, "s3cret") as box, mail_box(other) as strange:
        given = {"security": "starttls", "user": "portal", "password": "s3cret"}
        right = box.server(**given, ca_file=str(chain))

        assert attempt(right) is None
        assert attempt(box.server(**given)) == Failed(Notice.Failure.CERTIFICATE)
        named = strange.server(security="starttls", ca_file=str(other))
        assert attempt(named) == Failed(Notice.Failure.CERTIFICATE)
        wrong = attempt(box.server(**given | {"password": "canary"}, ca_file=str(chain)))
        assert wrong == Failed(Notice.Failure.LOGIN, "535")

    assert (len(box.letters), strange.letters) == (1, [])


def test_what_offers_no_encryption_gets_nothing() -> None:
    with mail_box() as box:
        failed = attempt(box.server(security="starttls"))
        plain = attempt(box.server(security="tls"))

    assert failed == Failed(Notice.Failure.UNSUPPORTED)
    assert plain == Failed(Notice.Failure.TLS)
    assert box.letters == []


def test_a_server_that_says_nothing_or_hangs_up_is_told_apart() -> None:
    over = threading.Event()

    def wait(connection: socket.socket) -> None:
        over.wait(30)

    def dribble(connection: socket.socket) -> None:
        while not over.wait(0.05):
            connection.sendall(b"220-wait\r\n")

    with raw_server(wait) as silent, raw_server(dribble) as slow, raw_server(_end) as ended:
        failures = [
            attempt(MailServer("127.0.0.1", silent, SENDER, "none", seconds=0.2)),
            attempt(MailServer("127.0.0.1", ended, SENDER, "none")),
            attempt(MailServer("nobody.invalid", 25, SENDER, "none")),
        ]
        server = MailServer("127.0.0.1", slow, SENDER, "none", seconds=5)
        letter = EmailMessage("Subject", "Body", SENDER, ["a@example.com"])
        letter.connection = Backend(server)
        late = mailing.deliver_within(letter, 0.3)
        for thread in threading.enumerate():
            if thread.name == "mail":  # cut: it ends while the server still dribbles
                thread.join(5)
                assert not thread.is_alive()
        line = letter.connection._line
        assert line is not None
        assert line.sock is None
        over.set()

    assert [each.why.value for each in failures if each] == ["time", "lost", "name"]
    assert late == Failed(Notice.Failure.TIME)


def _end(connection: socket.socket) -> None:
    """Hang up at once."""
