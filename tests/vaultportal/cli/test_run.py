"""``vp run``: values reach the environment of the child, and nothing else."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

from tests.factories import unique
from tests.secrets_app.api.conftest import World
from tests.vaultportal.cli.conftest import CANARY, Vp

DUMP = "import json, os; print(json.dumps(dict(os.environ)))"


def put(world: World, name: str, **fields: object) -> str:
    """A secret of the owner with these fields."""
    name = unique(name)
    world.create("owner", name=name, data=fields)
    return name


def test_fields_become_variables_of_the_child(owner: Vp, world: World) -> None:
    db = put(world, "db", **{"db-user": "ci", "password": CANARY, "1st": 1, "on": True})
    api = put(world, "api", token=f"t-{CANARY}")
    words = ("run", "-s", db, "--prefix", "APP_", "-e", f"TOKEN=me:{api}#token")

    seen = json.loads(owner.run(*words, "--", sys.executable, "-c", DUMP, KEPT="1"))

    assert {name: seen[name] for name in seen if name.startswith(("APP_", "TOKEN"))} == {
        "APP_DB_USER": "ci",
        "APP_PASSWORD": CANARY,
        "APP_1ST": "1",
        "APP_ON": "true",
        "TOKEN": f"t-{CANARY}",
    }
    assert seen["KEPT"] == "1"
    assert not {name for name in seen if name in ("VP_API_KEY", "VP_CLIENT_SECRET")}
    rows = owner.json("secret", "get", api, "--info")
    did = world.call("owner", "GET", f"/api/v1/secrets/{rows['id']}/readers").json()["did"]
    assert len(did) == 1


def test_the_exit_code_is_the_childs(owner: Vp, world: World) -> None:
    name = put(world, "code", word="x")
    run = ("run", "-e", f"WORD={name}#word", "--")

    process = owner.start(*run, "sh", "-c", "exit 42")
    process.communicate(timeout=60)
    assert process.returncode == 42
    owner.run(*run, unique("no-program"), exits=127)
    plain = owner.folder / "plain"
    plain.write_text("")
    owner.run(*run, str(plain), exits=126)


def test_nothing_is_started_when_a_secret_is_missing(owner: Vp, world: World) -> None:
    name, mark = put(world, "once", word=CANARY, Word="y"), owner.folder / "started"
    child = ("--", "touch", str(mark))

    told = json.loads(owner.run("run", "-s", unique("none"), "--json", *child, exits=125))
    assert (told["exit_code"], told["cause"]) == (125, 5)
    assert b"WORD" in owner.run("run", "-s", name, *child, exits=125)
    owner.run("run", *child, exits=2)
    assert not mark.exists()


def test_no_command_line_shows_a_value(owner: Vp, world: World) -> None:
    name = put(world, "argv", password=CANARY)
    process = owner.start("run", "-s", name, "--", "cat")
    assert process.stdin
    assert process.stdout
    line = Path(f"/proc/{process.pid}/cmdline")
    until = time.monotonic() + 60
    while not line.read_bytes().startswith(b"cat") and time.monotonic() < until:
        assert CANARY.encode() not in line.read_bytes()
        time.sleep(0.01)  # between two looks

    assert line.read_bytes() == b"cat\0"
    assert CANARY.encode() in Path(f"/proc/{process.pid}/environ").read_bytes()
    assert process.communicate(b"through", timeout=60)[0] == b"through"


def test_references_are_resolved_on_request(owner: Vp, world: World) -> None:
    host = put(world, "host", host="db1")
    name = put(world, "url", url=f"pg://${{secret:{host}/host}}/app")
    show = ("--", "sh", "-c", 'printf %s "$URL"')

    assert owner.run("run", "-s", name, *show).startswith(b"pg://${")
    assert owner.run("run", "-s", name, "--resolve", *show) == b"pg://db1/app"


@pytest.mark.parametrize(
    "field", ["PATH", "ld-preload", "bash_env", "PYTHONSTARTUP", "https.proxy"]
)
def test_no_field_becomes_what_programs_obey(owner: Vp, world: World, field: str) -> None:
    name, mark = put(world, "bait", **{field: CANARY, "ok": "1"}), owner.folder / "started"
    child = ("--", "touch", str(mark))

    told = json.loads(owner.run("run", "-s", name, "--json", *child, exits=125))

    assert told["cause"] == 8
    assert not mark.exists()
    owner.run("run", "-s", name, "--prefix", "X_", *child)
    assert mark.exists()


def test_the_program_is_found_in_the_callers_path(owner: Vp, world: World) -> None:
    bait = owner.folder / "bait"
    bait.mkdir()
    (bait / "sh").write_text("#!/bin/sh\necho bait\n")
    (bait / "sh").chmod(0o755)
    name = put(world, "path", path=str(bait))

    printed = owner.run("run", "-e", f"PATH={name}#path", "--", "sh", "-c", 'echo "$PATH"')

    assert printed.decode() == f"{bait}\n"


def test_the_child_gets_no_password_of_vp(owner: Vp, world: World) -> None:
    name = put(world, "none", word="x")
    names = ("VP_PASSWORD", "VP_IMPORT_PASSWORD", "VP_EXPORT_PASSPHRASE")
    given = dict.fromkeys(names, CANARY) | {f"{each}_FILE": "/none" for each in names}

    owner.environment |= given

    seen = json.loads(owner.run("run", "-s", name, "--", sys.executable, "-c", DUMP))

    assert not given.keys() & seen.keys()
