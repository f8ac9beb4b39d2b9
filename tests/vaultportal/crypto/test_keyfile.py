"""The key file: whole or absent, private or refused, and never replaced by another key."""

from __future__ import annotations

import base64
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from vaultportal.crypto.errors import RootKeyRefused, Tampered
from vaultportal.crypto.providers.keyfile import FILE_NAME, KeyFile

ROOT = Path(__file__).parents[3]
LINE = re.compile(r"^1:[A-Za-z0-9+/]{43}=$", re.MULTILINE)
# A process that waits for a line on its standard input, then makes the first key over and over.
MAKER = """
import sys
from pathlib import Path
from vaultportal.crypto.providers.keyfile import KeyFile
folders = [Path(folder) for folder in sys.argv[1:]]
print("ready", flush=True)
sys.stdin.readline()
for folder in folders:
    KeyFile(folder).prepare(fresh=True)
    print(KeyFile(folder).path.read_text().splitlines()[-1], flush=True)
"""


def prepared(folder: Path) -> KeyFile:
    provider = KeyFile(folder)
    provider.prepare(fresh=True)
    return provider


def maker(*folders: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", MAKER, *map(str, folders)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def start(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"


def test_the_first_start_makes_a_private_file(tmp_path: Path) -> None:
    provider = prepared(tmp_path / "keys")

    assert provider.path.stat().st_mode & 0o777 == 0o600
    assert provider.folder.stat().st_mode & 0o777 == 0o700
    assert LINE.search(provider.path.read_text())
    assert os.listdir(provider.folder) == [FILE_NAME]  # noqa: PTH208 names, hidden ones too
    assert list(provider.versions()) == [1]


def test_the_next_start_takes_the_same_key(tmp_path: Path) -> None:
    blob = prepared(tmp_path).wrap(b"key", b"context", version=1)

    again = prepared(tmp_path)

    assert again.unwrap(blob, b"context") == b"key"
    with pytest.raises(Tampered):
        again.unwrap(blob, b"elsewhere")


def test_sixteen_processes_at_once_make_one_key_each_time(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(20)]
    makers = [maker(*folders) for _ in range(16)]
    for process in makers:
        start(process)

    for process in makers:  # all begin before the first has gone through its folders
        print(file=process.stdin, flush=True)  # the start sign
    answers = [process.communicate()[0].splitlines() for process in makers]

    assert [process.returncode for process in makers] == [0] * 16
    for number, folder in enumerate(folders):
        assert len({answer[number] for answer in answers}) == 1
        assert os.listdir(folder) == [FILE_NAME]  # noqa: PTH208 as above


@pytest.mark.parametrize("files_done", [0, 1, 3, 7, 20, 60])
def test_a_killed_maker_leaves_no_half_written_file(tmp_path: Path, files_done: int) -> None:
    folders = [tmp_path / str(number) for number in range(300)]
    process = maker(*folders)
    start(process)
    assert process.stdin is not None
    assert process.stdout is not None
    print(file=process.stdin, flush=True)  # the start sign
    for _ in range(files_done):
        process.stdout.readline()

    process.send_signal(signal.SIGKILL)
    process.communicate()

    for folder in folders:
        if (folder / FILE_NAME).exists():
            assert LINE.search((folder / FILE_NAME).read_text())
        provider = prepared(folder)
        assert list(provider.versions()) == [1]


def test_what_a_killed_writer_left_is_removed(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    leftover = tmp_path / ".root.key.0123456789abcdef"
    leftover.write_text("half a ke")

    prepared(tmp_path)

    assert not leftover.exists()


def test_a_missing_file_is_no_first_start_when_data_is_sealed(tmp_path: Path) -> None:
    with pytest.raises(RootKeyRefused, match=r"root\.key is missing .* Put your copy") as refusal:
        KeyFile(tmp_path).prepare(fresh=False)

    assert "PORTAL_KEY_DIR" in refusal.value.message
    assert not (tmp_path / FILE_NAME).exists()


# -- unsafe files ----------------------------------------------------------------------------------


def group_may_read(path: Path) -> None:
    path.chmod(0o640)


def world_may_read(path: Path) -> None:
    path.chmod(0o604)


def group_may_write(path: Path) -> None:
    path.chmod(0o620)


def is_a_link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def is_a_dangling_link(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.with_name("nowhere"))


def is_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def is_empty(path: Path) -> None:
    path.write_text("# nothing\n")


def is_cut_off(path: Path) -> None:
    path.write_text(path.read_text()[:-9])


def is_binary(path: Path) -> None:
    path.write_bytes(os.urandom(200) + b"\xff\n")


def has_two_keys_of_a_version(path: Path) -> None:
    with path.open("a") as file:
        file.write(f"1:{base64.b64encode(bytes(32)).decode()}\n")


def has_version_zero(path: Path) -> None:
    path.write_text(f"0:{base64.b64encode(bytes(32)).decode()}\n")


@pytest.mark.parametrize("fresh", [True, False], ids=["fresh", "in use"])
@pytest.mark.parametrize(
    "spoil",
    [
        group_may_read,
        world_may_read,
        group_may_write,
        is_a_link,
        is_a_dangling_link,
        is_a_pipe,
        is_empty,
        is_cut_off,
        is_binary,
        has_two_keys_of_a_version,
        has_version_zero,
    ],
)
def test_an_unsafe_or_damaged_file_is_refused(
    tmp_path: Path, spoil: Callable[[Path], None], *, fresh: bool
) -> None:
    path = prepared(tmp_path / "keys").path
    key = path.read_text().splitlines()[-1].partition(":")[2]
    spoil(path)

    with pytest.raises(RootKeyRefused) as refusal:
        KeyFile(path.parent).prepare(fresh=fresh)

    assert key not in refusal.value.message
    assert str(path) in refusal.value.message


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused(tmp_path: Path) -> None:
    path = prepared(tmp_path / "keys").path
    os.chown(path, 65534, -1)

    with pytest.raises(RootKeyRefused, match="belongs to user 65534"):
        KeyFile(path.parent).prepare(fresh=False)


def test_no_key_is_made_in_a_folder_that_others_write(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)

    with pytest.raises(RootKeyRefused, match="chmod 0700"):
        KeyFile(tmp_path).prepare(fresh=True)
    assert not (tmp_path / FILE_NAME).exists()


def test_a_folder_that_cannot_be_made_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(RootKeyRefused, match="cannot be"):
        KeyFile(tmp_path / "file" / "keys").prepare(fresh=True)


def test_health_says_what_is_wrong(tmp_path: Path) -> None:
    provider = prepared(tmp_path / "keys")
    assert provider.health().ok
    assert provider.versions()[1] in provider.health().detail

    provider.path.chmod(0o644)

    assert not provider.health().ok
    assert "chmod 0600" in provider.health().detail


# -- several versions ------------------------------------------------------------------------------


def test_a_new_version_stands_beside_the_old_one(tmp_path: Path) -> None:
    provider = prepared(tmp_path / "keys")
    blob = provider.wrap(b"key", b"", version=1)

    assert provider.add_version() == 2

    assert provider.current_version() == 2
    assert provider.unwrap(blob, b"") == b"key"
    assert provider.path.stat().st_mode & 0o777 == 0o600
    assert list(prepared(tmp_path / "keys").versions()) == [1, 2]


def test_a_version_that_another_process_added_is_found_when_needed(tmp_path: Path) -> None:
    provider, other = prepared(tmp_path / "keys"), prepared(tmp_path / "keys")
    other.add_version()
    blob = other.wrap(b"key", b"", version=2)

    assert provider.unwrap(blob, b"") == b"key"


def test_a_version_that_is_nowhere_is_named_with_those_that_are_known(tmp_path: Path) -> None:
    provider = prepared(tmp_path / "keys")

    with pytest.raises(RootKeyRefused) as refusal:
        provider.wrap(b"key", b"", version=3)

    assert "version 3" in refusal.value.message
    assert provider.versions()[1] in refusal.value.message


def test_labels_tell_keys_of_one_number_apart(tmp_path: Path) -> None:
    one, other = prepared(tmp_path / "one"), prepared(tmp_path / "other")

    assert one.versions()[1] != other.versions()[1]
    assert one.versions() == prepared(tmp_path / "one").versions()


def test_a_lost_version_is_put_back_and_none_is_overwritten(tmp_path: Path) -> None:
    provider = prepared(tmp_path / "keys")
    key = provider.export(1)
    provider.add_version()

    restored = KeyFile(tmp_path / "restored")
    restored.put_back(1, key)
    restored.put_back(2, provider.export(2))
    restored.put_back(2, provider.export(2))

    assert restored.versions() == provider.versions()
    with pytest.raises(RootKeyRefused, match="another key of version 1"):
        restored.put_back(1, bytes(32))
