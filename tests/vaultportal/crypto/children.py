"""What other processes do in these tests: ``python -m …crypto.children <job> <argument>``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import django
from django.conf import settings

if TYPE_CHECKING:
    from vaultportal.crypto.rewrap import Progress


def connect() -> None:
    """Set up Django on the database and the keys of the test that started this process."""
    django.setup()
    from django.db import connection  # noqa: PLC0415 after the set-up

    settings.DATABASES["default"]["NAME"] = os.environ["CRYPTO_TEST_DATABASE"]
    connection.settings_dict["NAME"] = os.environ["CRYPTO_TEST_DATABASE"]
    settings.PORTAL_KEY_PROVIDER = "keyfile"
    settings.PORTAL_KEY_DIR = Path(os.environ["CRYPTO_TEST_KEY_DIR"])


def say(*words: object) -> None:
    """A line for the parent."""
    sys.stdout.write(" ".join(str(word) for word in words) + "\n")
    sys.stdout.flush()


def step(job: Iterable[Progress]) -> None:
    """A batch for each line from the parent, and all the rest when it closes the pipe."""
    sys.stdin.readline()
    for progress in job:
        say(progress.done)
        sys.stdin.readline()


def main(job: str, arguments: list[str]) -> None:
    connect()
    from vaultportal.crypto import keyring, rewrap, rotation  # noqa: PLC0415 after the set-up

    if job == "scope-key":  # ready, wait for the start sign, make or open the key, show it
        keyring.check()
        say("ready")
        sys.stdin.readline()
        say(keyring.scope_key(arguments[0]).export().hex())
    elif job == "fork":  # what a prefork worker does: the child shares nothing but the keys
        parents = keyring.scope_key(arguments[0]).export()
        child = os.fork()
        if child == 0:
            os._exit(0 if keyring.scope_key(arguments[0]).export() == parents else 1)
        say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        keyring.refresh()
        say(keyring.scope_key(arguments[0]).export() == parents)
    elif job == "rotate-data":
        say(rotation.rotate_data_key(arguments[0]))
    elif job == "destroy-scope":
        rotation.destroy_scope(arguments[0])
        say("done")
    elif job == "rewrap":
        step(rewrap.rewrap_object_keys(batch=int(arguments[0])))
    elif job == "rotate-root":
        say("promoted", rotation.promote_root_key().version)
        step(rewrap.rewrap_data_keys(batch=int(arguments[0])))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
