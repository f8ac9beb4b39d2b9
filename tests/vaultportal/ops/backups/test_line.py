"""The session that holds the lock outlives the limits of a server."""

from __future__ import annotations

import psycopg
import pytest

from vaultportal.ops.backups import line

LIMITS = (
    "statement_timeout",
    "idle_in_transaction_session_timeout",
    "idle_session_timeout",
    "transaction_timeout",
)


@pytest.mark.django_db
def test_no_limit_of_the_server_ends_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGOPTIONS", " ".join(f"-c {limit}=54321" for limit in LIMITS))

    with line.alone() as session:
        asked = {limit: session.execute(f"SHOW {limit}").fetchone() for limit in LIMITS}
        reset = session.execute(
            "SELECT DISTINCT reset_val FROM pg_settings WHERE name = ANY(%s)", [list(LIMITS)]
        ).fetchall()

    assert asked == dict.fromkeys(LIMITS, ("0",))
    assert reset == [("54321",)]  # they were set


@pytest.mark.django_db
def test_the_next_one_need_not_wait_for_the_server_to_see_the_last_one_off() -> None:
    for _ in range(50):
        with line.alone():
            pass


@pytest.mark.django_db
def test_what_ended_badly_lets_the_next_one_in() -> None:
    for _ in range(20):
        with pytest.raises(ValueError, match="broken"), line.alone() as session:
            session.execute("BEGIN")
            with pytest.raises(psycopg.Error):
                session.execute("SELECT 1/0")
            raise ValueError("broken")


@pytest.mark.django_db
def test_a_session_that_is_gone_hides_nothing() -> None:
    with pytest.raises(ValueError, match="broken"), line.alone() as session:
        session.close()
        raise ValueError("broken")
