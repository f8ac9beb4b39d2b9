"""Engines as a portal of before has left them: the same program under an older name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from s3vault_app.drivers.hosts.local import LocalHost
from s3vault_app.drivers.seaweedfs.layout import VERSION
from s3vault_app.drivers.seaweedfs.package import package
from s3vault_app.engine import places
from s3vault_app.models import Machine
from tests.s3vault_app.engine.deaths import command_line
from tests.s3vault_app.engine.lab import Lab
from tests.s3vault_app.engine.reaper import running

OLDER = "4.40"


@contextmanager
def aged(machine: Machine) -> Iterator[Machine]:
    """It has an older engine; after the block that of before."""
    engine = Path(machine.install_root) / "engine"
    line, stamp = (engine / "weed.sh").read_text(), (engine / "run" / "stamp").read_text().strip()
    _age(machine)
    try:
        yield machine
    finally:
        own = places.installer(machine, LocalHost())
        own.ship(package(), lambda share: None)
        (engine / "weed.sh").write_text(line)
        own.start(stamp)
        own.tidy()


def _age(machine: Machine) -> None:
    root = Path(machine.install_root)
    line = root / "engine" / "weed.sh"
    (root / "bin" / f"weed-{VERSION}").rename(root / "bin" / f"weed-{OLDER}")
    line.write_text(line.read_text().replace(f"weed-{VERSION}", f"weed-{OLDER}"))
    places.installer(machine, LocalHost(), version=OLDER).start("of before")
    machine.engine_version = OLDER
    machine.save()


def stands(lab: Lab, machine: Machine, version: str) -> bool:
    """One engine of the version is there, answers, and nothing else lies about."""
    assert processes(machine) == [f"{machine.install_root}/bin/weed-{version}"]
    assert programs(machine) == [f"weed-{version}"]
    assert not list((Path(machine.install_root) / "engine").glob("before*"))
    machine.refresh_from_db()
    assert (machine.engine_state, machine.engine_version) == ("online", version)
    return places.engine_of(lab.pool).probe(places.door_of(machine)).ok


def processes(machine: Machine) -> list[str]:
    """The engines that run there."""
    root = Path(machine.install_root)
    lines = [command_line(number) for number in running(root)]
    return [line.split("\0")[0] for line in lines if line.startswith(f"{root}/bin/")]


def programs(machine: Machine) -> list[str]:
    """What lies where engines lie."""
    return [path.name for path in (Path(machine.install_root) / "bin").iterdir()]
