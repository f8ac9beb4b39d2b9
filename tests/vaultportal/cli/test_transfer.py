"""Taking secrets over and away, from a shell."""

from __future__ import annotations

import json
import stat

from tests.factories import unique
from tests.vaultportal.cli.conftest import CANARY, Vp

PASSPHRASE = f"correct horse {CANARY}"


def test_what_is_exported_can_be_imported_again(owner: Vp) -> None:
    word = unique("moved")
    source = json.dumps({f"{word}/a": {"password": CANARY}, f"{word}/b": {"password": "2"}})

    dry = owner.json("import", "kv-json", "-", "--dry-run", given=source.encode())
    assert (dry["state"], dry["report"]["secrets"]) == ("done", 2)
    assert owner.json("secret", "list", word) == []
    assert b"2 of 2 entries are" in owner.run("import", "kv-json", "-", given=source.encode())

    archive = owner.folder / "out.kdbx"
    words = ("export", str(archive), "--query", word)
    owner.run(*words, given=PASSPHRASE.encode())
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert CANARY.encode() not in archive.read_bytes()
    owner.run(*words, exits=6, given=PASSPHRASE.encode())

    back = ("import", "keepass", str(archive), "--folder", "back")
    owner.run(*back, VP_IMPORT_PASSWORD=PASSPHRASE)
    found = owner.json("secret", "get", f"back/personal/{word}/a")
    assert found["data"]["password"] == CANARY


def test_all_or_nothing_and_the_report_says_why(owner: Vp) -> None:
    word = unique("taken")
    owner.run("secret", "put", f"{word}/a", given=b"{}")
    source = json.dumps({f"{word}/a": {"k": CANARY}, f"{word}/b": {"k": "2"}}).encode()

    told = owner.refusal(6, "import", "kv-json", "-", given=source)
    assert told["report"]["taken"] == [f"{word}/a"]
    printed = owner.run("import", "kv-json", "-", "--on-conflict", "skip", given=source)
    assert f"skipped: {word}/a".encode() in printed
    assert owner.json("secret", "get", f"{word}/a")["data"] == {}


def test_refusals_of_both(owner: Vp) -> None:
    owner.run("import", "kv-json", "-", exits=8, given=CANARY.encode())
    owner.run("import", "dotenv", "-", "--shared", exits=4, given=b"A=1")
    owner.run("export", str(owner.folder / "x"), exits=8, given=b"short")
    owner.run("export", "-", "--json", exits=2)
    assert list(owner.folder.iterdir()) == []
