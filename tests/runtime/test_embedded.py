"""PostgreSQL and Valkey by our own starters: closed, durable, back after any kill, then gone."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis

from vaultportal.runtime import embedded, locks, paths, services
from vaultportal.runtime.errors import AlreadyRunning, RuntimeFault
from vaultportal.runtime.paths import BASE_DIR, Layout

RUN = """
import signal, sys
from vaultportal.runtime import embedded
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
with embedded.running():
    print("up", flush=True)
"""
HOLD = RUN + "    signal.pause()"


def connect() -> psycopg.Connection[tuple[object, ...]]:
    found = services.database_settings()
    return psycopg.connect(
        host=found["HOST"],
        dbname=found["NAME"],
        user=found["USER"],
        password=found["PASSWORD"],
        autocommit=True,
    )


def broker() -> redis.Redis:
    return redis.Redis.from_url(services.redis_client_url())


def processes_in(layout: Layout) -> list[int]:
    """Those whose working folder lies in the data folder: the servers and their children."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                folder = (entry / "cwd").readlink()
            except OSError:  # gone meanwhile, or not ours to see
                continue
            if folder.is_relative_to(layout.data):
                found.append(int(entry.name))
    return found


def await_true(question: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)  # between two looks


def postmaster(layout: Layout) -> int:
    return int((layout.postgres / "postmaster.pid").read_text().split()[0])


@contextmanager
def owner_process() -> Iterator[subprocess.Popen[str]]:
    """Another process that runs the services of this environment."""
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD], cwd=BASE_DIR, stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "up\n"
        yield child
    finally:
        child.terminate()
        child.communicate(timeout=30)


def test_both_are_up_in_the_block_and_gone_after_it(layout: Layout) -> None:
    with embedded.running():
        with connect() as session:
            version = session.execute("SHOW server_version_num").fetchone()
        with broker() as client:
            assert client.ping()
        assert version is not None
        assert str(version[0]).startswith("18")

    assert processes_in(layout) == []


def test_nobody_gets_in_without_the_password_or_through_tcp(layout: Layout) -> None:
    with embedded.running():
        for user, password in (("portal", "wrong"), ("portal", ""), ("postgres", "")):
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(
                    host=str(layout.sockets), dbname="portal", user=user, password=password
                )
        with (
            pytest.raises(redis.AuthenticationError),
            redis.Redis(unix_socket_path=str(layout.valkey_socket)) as stranger,
        ):
            stranger.ping()
        with connect() as session:
            assert session.execute("SHOW listen_addresses").fetchone() == ("",)
            assert session.execute("SHOW fsync").fetchone() == ("on",)
            role = session.execute(
                "SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname=%s", ["portal"]
            )
            assert role.fetchone() == (False, False)
        with broker() as client:
            assert client.config_get("port") == {"port": "0"}
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            assert client.config_get("appendonly") == {"appendonly": "yes"}


def test_no_password_is_in_a_command_line_or_in_the_data_folder(layout: Layout) -> None:
    with embedded.running():
        words = [
            path.read_text().encode()
            for path in (layout.keys / "postgres.password", layout.keys / "valkey.password")
        ]
        lines = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in processes_in(layout)]
        files = [path.read_bytes() for path in layout.data.rglob("*") if path.is_file()]

        assert len(lines) > 2
        assert not [word for word in words if any(word in text for text in (*lines, *files))]


def test_folders_are_as_closed_as_they_can_be(layout: Layout) -> None:
    with embedded.running():
        modes = {
            path: stat.S_IMODE(path.stat().st_mode)
            for path in (layout.data, layout.keys, layout.postgres, layout.valkey, layout.sockets)
        }

    passing = 0o711 if os.geteuid() == 0 else 0o700
    assert modes.pop(layout.data) == passing
    assert set(modes.values()) == {0o700}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to drop")
def test_root_runs_them_as_another(layout: Layout) -> None:
    with embedded.running():
        owners = {Path(f"/proc/{pid}").stat().st_uid for pid in processes_in(layout)}

    assert owners
    assert 0 not in owners


def test_what_is_written_is_there_the_next_time(layout: Layout) -> None:
    with embedded.running(), connect() as session, broker() as client:
        session.execute("CREATE TABLE kept AS SELECT 'Ünïcode' AS word")
        client.set("kept", "yes")

    with embedded.running(), connect() as session, broker() as client:
        assert session.execute("SELECT word, upper(word) FROM kept").fetchone() == (
            "Ünïcode",
            "ÜNÏCODE",
        )
        assert client.get("kept") == b"yes"


def test_a_long_path_is_no_hindrance(place: Path, empty_environment: pytest.MonkeyPatch) -> None:
    empty_environment.setenv("PORTAL_DATA_DIR", str(place / ("long " * 30).strip() / "a,b"))

    with embedded.running(), connect() as session, broker() as client:
        assert session.execute("SELECT 1").fetchone() == (1,)
        assert client.ping()

    shutil.rmtree(paths.layout().sockets)


def test_after_a_killed_owner_nothing_runs_and_nothing_is_lost(layout: Layout) -> None:
    with owner_process() as owner:
        with connect() as session:
            session.execute("CREATE TABLE kept AS SELECT 1 AS one")
        owner.kill()
        owner.wait()

    await_true(lambda: processes_in(layout) == [])
    with embedded.running(), connect() as session:
        assert session.execute("SELECT one FROM kept").fetchone() == (1,)


def test_killed_servers_start_again_over_what_they_left(layout: Layout) -> None:
    with owner_process(), connect() as session, broker() as client:
        session.execute("CREATE TABLE kept AS SELECT 1 AS one")
        client.set("kept", "yes")
        client.execute_command("WAITAOF", 1, 0, 5000)
        for pid in processes_in(layout):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:  # the others of its family went with it
                continue

    assert (layout.postgres / "postmaster.pid").exists()
    assert layout.valkey_socket.exists()
    with embedded.running(), connect() as session, broker() as client:
        assert session.execute("SELECT one FROM kept").fetchone() == (1,)
        assert client.get("kept") == b"yes"


def test_a_server_that_survived_its_portal_is_ended(layout: Layout) -> None:
    with embedded.running():
        program = next(iter(embedded.services(layout))).program()
    orphan = subprocess.Popen(
        [*program.argv],
        env=dict(program.env),
        user=program.account.uid if program.account and program.account.switches else None,
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    )
    await_true((layout.postgres / "postmaster.pid").exists)

    with embedded.running(), connect():
        assert postmaster(layout) != orphan.pid

    assert orphan.wait(timeout=10) == 0


def test_a_stale_pid_that_another_process_has_now_is_no_hindrance(layout: Layout) -> None:
    with embedded.running():
        pass
    (layout.postgres / "postmaster.pid").write_text(f"{os.getpid()}\n{layout.postgres}\n")
    (layout.sockets / ".s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n")
    (layout.valkey / "valkey.pid").write_text(f"{os.getpid()}\n")

    with embedded.running(), connect() as session, broker() as client:
        assert session.execute("SELECT 1").fetchone() == (1,)
        assert client.ping()


def test_a_database_half_made_is_made_anew(layout: Layout) -> None:
    embedded.prepare()
    leftover = layout.data / ".postgres.0123"
    leftover.mkdir()
    (leftover / "PG_VERSION").write_text("18\n")

    with embedded.running(), connect():
        assert not leftover.exists()


def test_commands_at_the_same_time_share_one_server(layout: Layout) -> None:
    with owner_process() as owner:
        first = postmaster(layout)
        with embedded.running():
            assert postmaster(layout) == first
            owner.terminate()  # it waits for us before it stops the server
            with connect() as session:
                assert session.execute("SELECT 1").fetchone() == (1,)
            assert owner.poll() is None
        owner.wait(timeout=20)

    assert processes_in(layout) == []


def test_many_commands_at_once_all_get_their_turn(layout: Layout) -> None:
    children = [
        subprocess.Popen(
            [sys.executable, "-c", RUN],
            cwd=BASE_DIR,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(5)
    ]
    ends = [(child.communicate(timeout=90)[1], child.returncode) for child in children]

    assert [code for _, code in ends] == [0] * 5, ends
    assert processes_in(layout) == []


def test_a_second_portal_is_told_what_to_set(layout: Layout) -> None:
    embedded.prepare()
    handle = locks.own_for_serving(layout)
    try:
        with pytest.raises(AlreadyRunning, match="PORTAL_PORT") as refusal:
            locks.own_for_serving(layout)
    finally:
        os.close(handle)

    assert f"process {os.getpid()}" in str(refusal.value)
    os.close(locks.own_for_serving(layout))


def test_another_password_is_told_from_a_dead_server(layout: Layout) -> None:
    with embedded.running():
        pass
    (layout.keys / "postgres.password").write_text("another")

    with pytest.raises(RuntimeFault, match="Restore the key folder"), embedded.running():
        pass

    assert processes_in(layout) == []


def test_a_database_of_another_release_is_not_touched(layout: Layout) -> None:
    with embedded.running():
        pass
    (layout.postgres / "PG_VERSION").write_text("17\n")

    with pytest.raises(RuntimeFault, match="PostgreSQL 17"), embedded.running():
        pass


def test_nothing_is_started_where_both_are_elsewhere(
    layout: Layout, empty_environment: pytest.MonkeyPatch
) -> None:
    empty_environment.setenv("DATABASE_URL", "postgres://portal@db.example/portal")
    empty_environment.setenv("REDIS_URL", "redis://broker.example")

    with embedded.running():
        assert processes_in(layout) == []

    assert not layout.postgres.exists()
    assert sorted(path.name for path in layout.keys.iterdir()) == ["secret_key"]


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user runs them himself")
def test_a_closed_parent_is_named(place: Path, empty_environment: pytest.MonkeyPatch) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    empty_environment.setenv("PORTAL_DATA_DIR", str(closed / "data"))

    with pytest.raises(RuntimeFault, match="cannot pass through") as refusal, embedded.running():
        pass

    assert str(closed) in str(refusal.value)
    assert str(closed / "data") not in str(refusal.value)
