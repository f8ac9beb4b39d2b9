"""The web server: granian, a worker process for each core, in the way this portal wants it."""

from __future__ import annotations

import importlib
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterable
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING

import granian.wsgi
from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from vaultportal.env import env_int, env_str
from vaultportal.runtime import database, sizes, tls, unread
from vaultportal.runtime.paths import DEFAULT_PORT
from vaultportal.runtime.processes import arm_death_signal

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

logger = logging.getLogger(__name__)
TARGET = "vaultportal.wsgi:application"
CHECK_CERTIFICATE_EVERY = timedelta(hours=12)
STOP_SECONDS = 5


def serve() -> None:
    """Answer requests until SIGTERM or SIGINT. SIGHUP replaces the workers one by one."""
    certificate = tls.certificate()
    server = MPServer(
        TARGET,
        address=env_str("PORTAL_HOST", "127.0.0.1"),
        port=env_int("PORTAL_PORT", DEFAULT_PORT, least=1, most=65535),
        interface=Interfaces.WSGI,
        workers=sizes.web_processes(),
        blocking_threads=sizes.web_threads(),
        # One protocol, one parser. What wants HTTP/2 has a proxy before it.
        http=HTTPModes.http1,
        websockets=False,
        http1_settings=HTTP1Settings(header_read_timeout=10_000),
        # The portal keeps its own access log, without query strings.
        log_access=False,
        log_level=LogLevels.warning,
        ssl_cert=certificate.chain if certificate else None,
        ssl_key=certificate.key if certificate else None,
        ssl_protocol_min=SSLProtocols.tls12,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
    )
    if certificate and certificate.ca:
        threading.Thread(target=_keep_certificate, daemon=True).start()
    server.serve(target_loader=loader(os.getpid()), wrap_loader=True)


def loader(server_pid: int) -> Callable[[str], WSGIApplication]:
    """What a worker process runs first: tie it to the server, then load the application."""

    def load(target: str) -> WSGIApplication:
        arm_death_signal(signal.SIGTERM)
        if os.getppid() != server_pid:  # the server died while we were made
            os._exit(1)
        _hide_environment()
        module, _, name = target.partition(":")
        application: WSGIApplication = getattr(importlib.import_module(module), name)
        database.come()
        return guarded(unread.told(application))

    return load


def guarded(application: WSGIApplication) -> WSGIApplication:
    """The last resort, when even the error pages fail: granian would log the exception's words."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            return application(environ, start_response)
        except Exception as fault:  # nothing is left above us that would say less
            logger.error("A request found no answer (%s).", type(fault).__name__)
            start_response("500 Internal Server Error", [("Cache-Control", "no-store")])
            return [b""]

    return answer


def _hide_environment() -> None:
    # granian gives each request the whole environment: passwords would be in META, and a variable
    # named HTTP_… would pass for a header. It reads the environment in this one module.
    vars(granian.wsgi)["os"] = SimpleNamespace(environ={})


def _keep_certificate() -> None:
    """Renew our own certificate in time; the workers read it anew on SIGHUP."""
    never = threading.Event()
    while not never.wait(CHECK_CERTIFICATE_EVERY.total_seconds()):
        if tls.renew():
            os.kill(os.getpid(), signal.SIGHUP)
