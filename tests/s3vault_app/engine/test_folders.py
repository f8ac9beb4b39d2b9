"""Folders on machines bear the mark of whose they are; nobody else's are written or cleared."""

from __future__ import annotations

from pathlib import Path

import pytest

from s3vault_app.drivers.hosts.base import VerbFailed
from s3vault_app.drivers.hosts.local import LocalHost
from s3vault_app.drivers.seaweedfs.installer import Installer

FILES = {"etc/pool": b"7\n", "weed.sh": b"exit\n"}


def installer(folder: Path, node: str = "one", data: Path | None = None) -> Installer:
    return Installer(LocalHost(), "7", str(folder / "root"), str(data or ""), node=node)


def test_two_entries_for_one_folder_never_touch_each_other(tmp_path: Path) -> None:
    first, second = installer(tmp_path), installer(tmp_path, "two")
    first.configure(FILES)
    kept = tmp_path / "root" / "engine" / "data" / "volume"
    kept.write_text("data")

    for verb in (second.look, lambda: second.configure(FILES), lambda: second.start("stamp")):
        with pytest.raises(VerbFailed, match="another machine of the portal's list"):
            verb()
    assert second.stop() is False
    assert second.remove(purge=True) is False
    assert kept.read_text() == "data"
    assert first.configure(FILES) is False
    assert first.remove(purge=True) is True
    assert not (tmp_path / "root").exists()


def test_a_data_folder_with_files_of_others_is_refused_and_survives(tmp_path: Path) -> None:
    mine = tmp_path / "photos"
    mine.mkdir()
    (mine / "cat.jpg").write_text("cat")
    there = installer(tmp_path, data=mine)

    for verb in (there.look, lambda: there.configure(FILES)):
        with pytest.raises(VerbFailed, match="is not empty"):
            verb()
    there.remove(purge=True)
    assert [each.name for each in mine.iterdir()] == ["cat.jpg"]


def test_a_data_folder_of_another_endpoint_is_refused_and_survives(tmp_path: Path) -> None:
    data = tmp_path / "data"
    Installer(LocalHost(), "7", str(tmp_path / "other"), str(data), node="two").configure(FILES)
    (data / "volume").write_text("data")
    there = installer(tmp_path, data=data)

    with pytest.raises(VerbFailed, match="is another endpoint's"):
        there.configure(FILES)
    there.remove(purge=True)
    assert (data / "volume").read_text() == "data"


def test_programs_of_others_beside_the_engine_stay(tmp_path: Path) -> None:
    tool = tmp_path / "root" / "bin" / "tool"
    tool.parent.mkdir(parents=True)
    tool.write_text("tool")
    there = installer(tmp_path)
    there.configure(FILES)

    there.remove(purge=True)

    assert tool.read_text() == "tool"
    assert not (tmp_path / "root" / "engine").exists()


def test_files_where_the_engine_would_go_are_not_taken_for_ours(tmp_path: Path) -> None:
    foreign = tmp_path / "root" / "engine" / "etc" / "thing.conf"
    foreign.parent.mkdir(parents=True)
    foreign.write_text("x")

    with pytest.raises(VerbFailed, match="not the portal's"):
        installer(tmp_path).configure(FILES)
    installer(tmp_path).remove(purge=True)
    assert foreign.read_text() == "x"


@pytest.mark.parametrize("folder", ["/srv", "//srv", "/"])
def test_a_folder_right_below_the_top_is_refused(folder: str, tmp_path: Path) -> None:
    for root, data in ((folder, ""), (str(tmp_path / "root"), folder)):
        with pytest.raises(VerbFailed, match="too near the top"):
            Installer(LocalHost(), "7", root, data, node="one").remove(purge=True)
