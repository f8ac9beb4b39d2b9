"""The portal's own PostgreSQL and Valkey: up for ``serve``, or for as long as one command runs."""

from __future__ import annotations

import os
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TypeAlias

from vaultportal.runtime import locks, paths
from vaultportal.runtime.accounts import require_passage, service_account
from vaultportal.runtime.errors import RuntimeFault
from vaultportal.runtime.files import ensure_secret, private_folder
from vaultportal.runtime.paths import Layout
from vaultportal.runtime.postgres import Postgres
from vaultportal.runtime.processes import POLL_SECONDS, Program, await_ready, spawn, stop
from vaultportal.runtime.services import (
    POSTGRES_PASSWORD,
    VALKEY_PASSWORD,
    embedded_broker,
    embedded_database,
    ensure_secrets,
)
from vaultportal.runtime.valkey import Valkey

READY_SECONDS = 60.0
LOG_LIMIT = 1024 * 1024

Service: TypeAlias = Postgres | Valkey


def services(layout: Layout) -> list[Service]:
    """Those that the environment leaves to the portal: none, one or both."""
    found: list[Service] = []
    account = service_account()
    if embedded_database():
        found.append(Postgres(layout, account, ensure_secret(layout.keys / POSTGRES_PASSWORD)))
    if embedded_broker():
        found.append(Valkey(layout, account, ensure_secret(layout.keys / VALKEY_PASSWORD)))
    return found


def prepare_folders(layout: Layout) -> None:
    """Data folder, key folder and the folder of the sockets, each as closed as it can be.

    Raises:
        RuntimeFault: one is not safe, or the services' account cannot pass to it.
    """
    private_folder(layout.keys)
    if not (embedded_database() or embedded_broker()):
        private_folder(layout.data)
        return
    account = service_account()
    private_folder(layout.data, mode=0o711 if account.switches else 0o700)
    if account.switches and not stat.S_IMODE(layout.data.stat().st_mode) & stat.S_IXOTH:
        layout.data.chmod(0o711)  # from a time when the services were elsewhere
    require_passage(account, layout.data)
    private_folder(layout.sockets, owner=account.uid)


def prepare() -> Layout:
    """Folders and secrets of the portal in the environment; before settings are loaded."""
    layout = paths.layout()
    prepare_folders(layout)
    ensure_secrets()
    return layout


@contextmanager
def running() -> Iterator[None]:
    """The services are up while the block runs: a running portal's, or our own for its duration."""
    layout = prepare()
    wanted = services(layout)
    if not wanted:
        yield
        return
    with ExitStack() as borrowed:
        handle = locks.try_own(layout, "command")
        if handle is None:
            handle = _borrow(layout, wanted, borrowed)
        if handle is None:
            yield
            return
    gate: int | None = None
    try:
        with started(layout, wanted):
            try:
                yield
            finally:
                gate = locks.await_users(layout)  # shut until the services are down
    finally:
        os.close(handle)
        if gate is not None:
            os.close(gate)


def _borrow(layout: Layout, wanted: list[Service], borrowed: ExitStack) -> int | None:
    """Wait until another process has them ready: None; or its lock falls to us: the handle."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        with ExitStack() as use:
            use.enter_context(locks.using(layout))
            if all(service.is_ready() for service in wanted):
                borrowed.push(use.pop_all())
                return None
        if (handle := locks.try_own(layout, "command")) is not None:
            return handle
        time.sleep(POLL_SECONDS)  # between two tries: another process tells nobody
    pid, _ = locks.owner(layout)
    raise RuntimeFault(f"The services that process {pid} runs in {layout.data} do not answer.")


@contextmanager
def started(layout: Layout, wanted: list[Service]) -> Iterator[None]:
    """Start the services, wait until they answer, stop them at the end. The caller has the lock."""
    private_folder(layout.logs)
    with ExitStack() as children:
        for service in wanted:
            program = service.program()
            log = children.enter_context(_log(layout.logs / f"{program.name}.log"))
            child = spawn(program, log)
            children.callback(stop, child, program)
            await_answer(service, program, child)
        yield


def await_answer(service: Service, program: Program, child: subprocess.Popen[bytes]) -> None:
    """Wait until a started service can be used."""
    await_ready(
        service.is_ready,
        lambda: child.poll() is None,
        seconds=READY_SECONDS,
        name=program.name,
    )


def _log(path: Path) -> IO[bytes]:
    """The log of a service, appended to; begun anew when it has grown over 1 MiB."""
    fresh = not path.exists() or path.stat().st_size > LOG_LIMIT
    return path.open("wb" if fresh else "ab")
