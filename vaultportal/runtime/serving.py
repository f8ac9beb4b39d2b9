"""The one command's work: services, database, static files, then web, worker and scheduler."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.conf import settings
from django.core.management import call_command

from vaultportal.env import env_int, env_str
from vaultportal.runtime import database, embedded, locks, paths, sizes, static, tls
from vaultportal.runtime.errors import RuntimeFault
from vaultportal.runtime.processes import Program
from vaultportal.runtime.supervisor import Supervisor

SERVICES, PORTAL = 0, 1
READY_SECONDS = 120.0
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 to reach it, not to bind


@dataclass(frozen=True)
class Address:
    """Where the web server listens, seen from this machine."""

    host: str
    port: int
    certificate: tls.Certificate | None

    def require_free(self) -> None:
        """Say that the port is taken before anything is started.

        Raises:
            RuntimeFault: somebody listens there, or it is no address of this machine.
        """
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except OSError as fault:
                raise RuntimeFault(
                    f"The portal cannot listen at {self.host} port {self.port}: {fault.strerror}. "
                    "Set PORTAL_PORT or PORTAL_HOST."
                ) from None

    def is_ready(self) -> bool:
        """True when /readyz answers 200."""
        host = ANY_ADDRESS.get(self.host, self.host)
        link: http.client.HTTPConnection
        if self.certificate:
            link = http.client.HTTPSConnection(host, self.port, timeout=5, context=self._trust())
        else:
            link = http.client.HTTPConnection(host, self.port, timeout=5)
        try:
            link.request("GET", "/readyz")
            return link.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):  # not listening, or not yet whole
            return False
        finally:
            link.close()

    def _trust(self) -> ssl.SSLContext:
        # Only whether our own child answers is asked; an operator's certificate may name the proxy.
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context


# Name of the process, and its command. Questions that people wait for have a worker of their own:
# no backlog of notifications delays them. So has what takes minutes, with two processes: an
# endpoint is installed while the audit trail is read.
ROLES = {
    "web": ("web",),
    "worker": ("worker", "--queues", "default,gates"),
    "gates": ("worker", "--queues", "gates", "--processes", "1"),
    "jobs": ("worker", "--queues", "jobs", "--processes", "2"),
    "beat": ("beat",),
}


def serve(*, with_worker: bool = True) -> None:
    """Run the whole portal until SIGINT or SIGTERM, in this terminal.

    Raises:
        RuntimeFault: another portal owns the data folder, the port is taken, it never gets ready.
        ImproperlyConfigured: a number of processes or threads is none.
    """
    sizes.check()
    layout = paths.layout()
    lock = locks.own_for_serving(layout)
    try:
        certificate = tls.certificate()
        port = env_int("PORTAL_PORT", paths.DEFAULT_PORT, least=1, most=65535)
        address = Address(env_str("PORTAL_HOST", "127.0.0.1"), port, certificate)
        address.require_free()
        supervisor = Supervisor()
        with supervisor.supervising():
            _start_services(supervisor, layout)
            # Beside each other: the one waits for the database while the other compresses files.
            with ThreadPoolExecutor(max_workers=1) as pool:
                collected = pool.submit(static.collect)
                _prepare_database(supervisor)
                collected.result()
            for role in ROLES if with_worker else ("web",):
                supervisor.start(_command(role), tier=PORTAL)
            if supervisor.await_ready(address.is_ready, seconds=READY_SECONDS, name="The portal"):
                _greet(supervisor, certificate)
                supervisor.run()
            supervisor.say(f"Stopping ({supervisor.reason}).")
    finally:
        os.close(lock)


def _start_services(supervisor: Supervisor, layout: paths.Layout) -> None:
    for service in embedded.services(layout):
        child = supervisor.start(service.program(), tier=SERVICES)
        if child.process:
            embedded.await_answer(service, child.program, child.process)


def _prepare_database(supervisor: Supervisor) -> None:
    from vaultportal.crypto import keyring  # noqa: PLC0415 models, which are loaded by now
    from vaultportal.crypto.errors import RootKeyRefused  # noqa: PLC0415 as above

    supervisor.say("Bringing the database up to date.")
    call_command("migrate", interactive=False, verbosity=0)
    try:
        keyring.check()
    except RootKeyRefused as refusal:
        raise RuntimeFault(refusal.message) from None
    finally:
        _leave_database()


def _leave_database() -> None:
    """The supervisor needs no session and no open key while it waits."""
    from vaultportal.crypto import keyring  # noqa: PLC0415 models, which are loaded by now

    keyring.forget()
    database.leave()


def _command(role: str) -> Program:
    return Program(
        name=role,
        argv=(sys.executable, str(paths.BASE_DIR / "manage.py"), *ROLES[role]),
        env=dict(os.environ) | {"PYTHONUNBUFFERED": "1"},
    )


def _greet(supervisor: Supervisor, certificate: tls.Certificate | None) -> None:
    from vaultportal.directory import setup  # noqa: PLC0415 models, which are loaded by now

    url = settings.PUBLIC_BASE_URL
    lines = ["", f"The portal is at {url}"]
    trust = ""
    if certificate and certificate.ca:
        lines.append(f"Clients must trust its CA: {certificate.ca}")
        trust = f" --cacert '{certificate.ca}'"
    if setup.is_needed():
        lines += [
            "",
            f"Nobody is in charge yet. Open {url}/setup and enter this code, good for one day:",
            f"    {setup.current_code()}",
        ]
    _leave_database()
    lines += [
        "",
        "To try:",
        f"    curl{trust} {url}/readyz",
        "    python manage.py bootstrap --json    # first administrator and clients",
        "    python manage.py verify_audit        # is the trail whole?",
        "",
        "Ctrl-C stops everything.",
    ]
    for line in lines:
        supervisor.say(line)
