"""The steps of an installation on one machine. Each looks first, and does nothing twice."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from s3vault_app.drivers.hosts.base import Host, HostLost, Script, VerbFailed
from s3vault_app.drivers.seaweedfs import files
from s3vault_app.drivers.seaweedfs.layout import PROGRAM, SOCKET_PATH_LIMIT, VERSION, Node
from s3vault_app.drivers.seaweedfs.package import Package

SCRIPT = Script(Path(__file__).with_name("machine.sh").read_text())
MOST_SKEW_SECONDS = 300  # signatures of requests carry the time
LEAST_MEMORY_KB = 256 * 1024
LEAST_DATA_KB = 512 * 1024
_LISTENS_ON_ALL = {ipaddress.ip_address("0.0.0.0"), ipaddress.ip_address("::")}  # noqa: S104 compared


@dataclass(frozen=True, slots=True)
class Facts:
    """What a machine says of itself. has_program: the one that this is about is there, whole."""

    root: str
    data_root: str
    pool: str
    running: bool
    has_program: bool
    system: str
    processor: str
    manager: str
    free_kb: int
    total_kb: int
    root_free_kb: int
    memory_kb: int
    skew: int
    listening: tuple[tuple[str, int], ...]

    def shown(self) -> dict[str, Any]:
        """What is worth keeping and showing."""
        names = (
            "system",
            "processor",
            "manager",
            "free_kb",
            "total_kb",
            "memory_kb",
            "root",
            "data_root",
        )
        return {name: getattr(self, name) for name in names}


class Installer:
    """root, data: folders on the machine; "" for the usual ones below its home.

    node: whose endpoint it is. Folders that another has marked, or that hold what nobody marked,
    are neither written to nor cleared. version: of the program that it is about.
    """

    def __init__(
        self,
        host: Host,
        pool: str,
        root: str = "",
        data: str = "",
        *,
        node: str,
        version: str = VERSION,
    ) -> None:
        self._host = host
        self._values = {"POOL": pool, "BINARY": f"{PROGRAM}{version}", "NODE": node}
        if root:
            self._values["ROOT"] = root
        if data:
            self._values["DATA"] = data

    def look(self) -> Facts:
        """What is there; nothing is changed.

        Raises:
            HostLost, VerbFailed: programs are missing, or a folder cannot be written to.
        """
        found = self._run("preflight")
        return Facts(
            root=found["root"],
            data_root=found["data"],
            pool=found["pool"],
            running=found["running"] == "yes",
            has_program=found["program"] == "yes",
            system=found["system"],
            processor=found["processor"],
            manager=found["manager"],
            free_kb=int(found["free_kb"]),
            total_kb=int(found["total_kb"]),
            root_free_kb=int(found["root_free_kb"]),
            memory_kb=int(found.get("memory_kb") or 0),
            skew=int(found["now"]) - int(time.time()),
            listening=tuple(_listening(found["listening"])),
        )

    def ship(
        self,
        package: Package,
        progress: Callable[[float], None],
    ) -> bool:
        """The program is there, whole. True when it was not before.

        progress: told of the share that has arrived; what it raises ends the transfer, which a
        later one takes up where this one was.
        """
        packed = self._host.is_remote
        values = {"DIGEST": package.digest, "TOKEN": package.digest[:16], "PACKED": _word(packed)}
        for _ in range(2):
            found = self._run("have", values)
            if found["have"] == "yes":
                return False
            offset, whole = int(found["offset"]), package.length(packed=packed)
            if offset < whole:
                chunks = _told(
                    package.chunks(packed=packed, offset=offset), offset, whole, progress
                )
                self._host.send(
                    SCRIPT, "receive", self._values | values | {"OFFSET": str(offset)}, chunks
                )
            try:
                return self._run("unpack", values, seconds=300)["changed"] == "yes"
            except (
                VerbFailed
            ) as fault:  # it was broken and is thrown away: once more, from the start
                failed = fault
        raise failed

    def configure(self, contents: dict[str, bytes]) -> bool:
        """The files are there, as given. True when one was not before."""
        found = self._run("configure", stdin=files.archive(contents))
        return found["changed"] == "yes"

    def start(self, stamp: str) -> bool:
        """The engine runs, started with the files of ``stamp``. True when it was started now.

        stamp: "" for whatever files are there.
        """
        return self._run("start", {"STAMP": stamp}, seconds=120)["changed"] == "yes"

    def runs(self) -> tuple[bool, str]:
        """Whether its process is there now, and the version that it is started in; "" for none."""
        found = self._run("runs")
        return found["running"] == "yes", found["program"].removeprefix(PROGRAM)

    def keep(self) -> bool:
        """What it takes to go back to the engine that is there is kept. True when it was not."""
        return self._run("keep")["changed"] == "yes"

    def back(self, *, run: bool = True) -> str:
        """What was kept is in its place, and runs again; the version that is there now.

        run: False for an endpoint that somebody has stopped: it stays so. Where nothing was kept,
        all that is done is to clear away a program that was brought and is not used.
        """
        found = self._run("back", {"RUN": _word(run)}, seconds=120)
        return found["program"].removeprefix(PROGRAM)

    def tidy(self) -> bool:
        """What was kept is gone, and every other program. True when there was one."""
        return self._run("tidy")["changed"] == "yes"

    def stop(self) -> bool:
        """The engine does not run. True when it did."""
        return self._run("stop", seconds=120)["changed"] == "yes"

    def remove(self, *, purge: bool) -> bool:
        """Nothing of the engine is left but, without ``purge``, its data."""
        return self._run("remove", {"PURGE": _word(purge)}, seconds=120)["changed"] == "yes"

    def last_words(self) -> str:
        """What an engine said that does not come up; "" for nothing."""
        try:
            return " ".join(_lines(self._run("tail")))[:300]
        except (HostLost, VerbFailed):
            return ""

    def _run(
        self,
        verb: str,
        values: dict[str, str] | None = None,
        *,
        stdin: bytes = b"",
        seconds: float = 90,
    ) -> dict[str, str]:
        return self._host.run(
            SCRIPT, verb, self._values | (values or {}), stdin=stdin, seconds=seconds
        )


def judge(facts: Facts, node: Node, package: Package) -> None:
    """Whether the engine can live there.

    Raises:
        VerbFailed: with all that a person has to change, in one sentence each.
    """
    wrong = []
    if facts.processor != package.processor:
        wrong.append(
            f"The processor is {facts.processor}, and the engine is for {package.processor}."
        )
    if facts.pool and facts.pool != node.pool:
        wrong.append("An endpoint of another storage pool is installed there.")
    if abs(facts.skew) > MOST_SKEW_SECONDS:
        wrong.append(f"The clock is {facts.skew} seconds off.")
    wrong += _no_room(facts, node, package)
    if not facts.running and (taken := sorted(set(_taken(facts, node)))):
        wrong.append(f"Ports in use: {', '.join(map(str, taken))}.")
    if len(str(node.home / "run" / "filer.sock")) > SOCKET_PATH_LIMIT:
        wrong.append("The install folder has too long a path.")
    if wrong:
        raise VerbFailed(" ".join(wrong))


def _no_room(facts: Facts, node: Node, package: Package) -> Iterator[str]:
    wants = []
    if not facts.has_program:
        needed = package.size * 3 // 2 // 1024  # with what arrives packed beside it
        wants.append(("The disk of the install folder", facts.root_free_kb, needed))
    if node.is_store and not facts.running:
        wants.append(("The disk of the data folder", facts.free_kb, LEAST_DATA_KB))
    if facts.memory_kb and not facts.running:
        wants.append(("The memory", facts.memory_kb, LEAST_MEMORY_KB))
    for what, free, least in wants:
        if free < least:
            yield f"{what} has {free // 1024} MiB free, {least // 1024} are needed."


def _taken(facts: Facts, node: Node) -> Iterator[int]:
    try:
        own = ipaddress.ip_address(node.address)
    except ValueError:
        own = None  # a name: whatever listens on the port may be in the way
    for address, port in facts.listening:
        there = ipaddress.ip_address(address)
        if port in node.listens_on and (own is None or there in _LISTENS_ON_ALL or there == own):
            yield port


def _listening(text: str) -> Iterator[tuple[str, int]]:
    """Addresses and ports from /proc/net/tcp: hexadecimal, in words of the machine's byte order."""
    for entry in text.split():
        address, _, port = entry.partition(":")
        raw = bytes.fromhex(address)
        words = [raw[start : start + 4][::-1] for start in range(0, len(raw), 4)]
        found = ipaddress.ip_address(b"".join(words))
        mapped = getattr(found, "ipv4_mapped", None)
        yield str(mapped or found), int(port, 16)


def _told(
    chunks: Iterator[bytes], done: int, whole: int, progress: Callable[[float], None]
) -> Iterator[bytes]:
    for chunk in chunks:
        progress(done / whole)
        yield chunk
        done += len(chunk)


def _lines(found: dict[str, str]) -> list[str]:
    return [
        found[name] for name in sorted(found, key=lambda name: int(name[4:])) if name[4:].isdigit()
    ]


def _word(value: bool) -> str:  # noqa: FBT001 the one thing that it takes
    return "yes" if value else "no"
