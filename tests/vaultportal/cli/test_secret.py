"""Secrets from a shell: the good case, the refusals, the race; values in and out by safe ways."""

from __future__ import annotations

import json
from pathlib import Path

from tests.factories import unique
from tests.secrets_app.api.conftest import World
from tests.vaultportal.cli.conftest import CANARY, Vp, keyed

DATA = {"user": "ci", "password": CANARY, "ttl": 3600, "é": None}


def put(vp: Vp, address: str = "", *words: str) -> str:
    """A new secret with DATA; its address."""
    address = address or unique("cli/secret")
    vp.run("secret", "put", address, *words, given=json.dumps(DATA).encode())
    return address


def test_a_secret_lives(owner: Vp, world: World) -> None:
    name = put(owner)

    found = owner.json("secret", "get", name)
    assert (found["data"], found["version"], found["owner_id"]) == (DATA, 1, world.id_of("owner"))
    assert (
        owner.run("secret", "get", f"me:{name}", "--field", "password") == b"%s\n" % CANARY.encode()
    )
    assert owner.run("secret", "get", name, "--field", "ttl", "--no-newline") == b"3600"
    written = owner.json("secret", "put", name, "--reason", "Für später", given=b'{"n": 1.0}')
    assert written["version"] == 2
    assert owner.json("secret", "get", name, "--version", "1")["data"] == DATA
    assert owner.json("secret", "restore", name, "1")["version"] == 3
    rows = owner.json("secret", "versions", name)
    assert [(row["number"], row["reason"]) for row in rows] == [(3, ""), (2, "Für später"), (1, "")]
    owner.run("secret", "rm", name, exits=2)
    assert owner.json("secret", "rm", name, "--yes")["erased"] is True
    assert owner.refusal(5, "secret", "get", name)["error"] == "not_found"


def test_data_arrive_as_they_were_given(owner: Vp, world: World) -> None:
    text = b'{"z": 1.0, "a": 1e2, "big": 123456789012345678901234567890, "": [null]}'
    name = unique("exact")

    owner.run("secret", "put", name, "--data", "-", given=text)

    path = f"/vault/api/v1/user/{world.id_of('owner')}/secrets/{name}"
    assert b'"data":' + text in world.call("owner", "GET", path).content


def test_fields_come_from_files_and_standard_input(owner: Vp) -> None:
    name, key = unique("fields"), owner.folder / "key"
    key.write_text(f"line 1\n{CANARY}\n\n")

    owner.run("secret", "put", name, "--field", "password", given=CANARY.encode() + b"\n")
    owner.run("secret", "put", name, "--merge", "--field-file", f"key={key}")

    data = owner.json("secret", "get", name)["data"]
    assert data == {"password": CANARY, "key": f"line 1\n{CANARY}\n"}
    owner.run("secret", "put", name, "--field-file", "note=-", given=b"n")
    assert owner.json("secret", "get", name)["data"] == {"note": "n"}
    for words in (("--field", "a", "--field", "b"), ("--merge", "--data", "-")):
        owner.run("secret", "put", name, *words, exits=2, given=b"x")


def test_a_value_that_is_no_object_is_refused_and_not_repeated(owner: Vp) -> None:
    name = unique("bad")

    owner.run("secret", "put", name, exits=8, given=f'["{CANARY}"]'.encode())
    assert owner.refusal(8, "secret", "put", name, given=f'{{"a": 1, "a": "{CANARY}"}}'.encode())


def test_roles_are_given_by_name_and_readers_read(world: World, owner: Vp, tmp_path: Path) -> None:
    role = world.roles["readers"]
    name = put(owner, "", "--read-role", role["name"], "--write-role", world.roles["writers"]["id"])
    theirs = f"{world.id_of('owner')}:{name}"
    reader, writer = keyed(world, "reader", tmp_path), keyed(world, "writer", tmp_path)
    stranger = keyed(world, "stranger", tmp_path)

    assert reader.json("secret", "get", theirs)["data"] == DATA
    assert owner.json("secret", "get", name, "--info")["read_roles"] == [role]
    assert writer.refusal(4, "secret", "get", theirs)["error"]
    writer.run("secret", "put", theirs, given=b'{"new": 1}')
    stranger.run("secret", "get", theirs, exits=5)
    owner.run("secret", "put", name, "--read-role", unique("no"), exits=5, given=b"{}")


def test_shared_secrets_have_a_space_of_their_own(world: World, owner: Vp, tmp_path: Path) -> None:
    manager, name = keyed(world, "manager", tmp_path), unique("both")
    world.create("owner", name=name)
    put(manager, f"shared:{name}", "--read-role", world.roles["readers"]["id"])

    listed = owner.json("secret", "list", name)
    assert [(row["name"], row["owner_id"]) for row in listed] == [(name, world.id_of("owner"))]
    assert f"shared:{name}".encode() in manager.run("secret", "list", name, "--owner", "shared")
    manager.run("secret", "rm", f"shared:{name}", "--yes")


def test_a_list_goes_on_to_the_end(owner: Vp, world: World) -> None:
    word = unique("many")
    for letter in "abc":
        world.create("owner", name=f"{word}/{letter}")

    names = [row["name"] for row in owner.json("secret", "list", word, "--limit", "2")]
    assert names == [f"{word}/a", f"{word}/b"]
    assert len(owner.json("secret", "list", word)) == 3


def test_who_comes_with_an_old_tag_is_told_and_changes_nothing(owner: Vp, world: World) -> None:
    name = unique("tag")
    world.create("owner", name=name)
    old = owner.json("secret", "get", name)["etag"]
    new = owner.json("secret", "put", name, given=b'{"a": 2}')["etag"]

    assert owner.refusal(6, "secret", "put", name, "--if-match", old, given=b"{}")["error"]
    owner.run("secret", "rm", name, "--yes", "--if-match", old, exits=6)
    owner.run("secret", "put", unique("none"), "--if-match", new, exits=5, given=b"{}")
    owner.run("secret", "rm", name, "--yes", "--if-match", new)


def test_of_several_writers_with_one_tag_one_writes(owner: Vp, world: World) -> None:
    name = unique("race")
    world.create("owner", name=name)
    tag = owner.json("secret", "get", name)["etag"]

    started = [owner.start("secret", "put", name, "--if-match", tag) for _ in range(3)]
    for process in started:
        process.communicate(b'{"race": 1}', timeout=60)

    assert sorted(process.returncode for process in started) == [0, 6, 6]
    assert owner.json("secret", "get", name)["version"] == 2


def test_of_several_who_make_one_name_one_does(owner: Vp) -> None:
    name = unique("race")

    started = [owner.start("secret", "put", name, "--create") for _ in range(2)]
    for process in started:
        process.communicate(b"{}", timeout=60)

    assert sorted(process.returncode for process in started) == [0, 6]


def test_a_wrong_command_line_is_2(owner: Vp) -> None:
    for words in (
        ("secret", "get", "shared:"),
        ("secret", "get", "x", "--info", "--field", "y"),
    ):
        owner.run(*words, exits=2)
    owner.run("secret", "list", "--owner", "nobody", exits=8)
