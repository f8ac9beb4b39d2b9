"""The static files, collected once for each state of their sources."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

from vaultportal import __version__
from vaultportal.runtime import locks, paths
from vaultportal.runtime.files import private_folder, replace

STAMP = ".collected"


def collect() -> None:
    """Bring the collected files up to date; nothing is done when no source has changed."""
    folder = private_folder(paths.static_root(), mode=0o755)
    with locks.exclusive(folder.with_name("static.lock")):
        stamp, state = folder / STAMP, _state()
        if _read(stamp) == state:
            return
        call_command("collectstatic", interactive=False, verbosity=0, clear=True)
        replace(stamp, state.encode())


def _state() -> str:
    digest = hashlib.sha256(__version__.encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""
