"""Threads of a job and the one that owns the database."""

from __future__ import annotations

import threading

import pytest

from s3vault_app.engine.board import Board, Stop, Stopped


def test_the_owner_answers_each_thread_with_what_it_computed() -> None:
    board = Board(lambda: None, 0.01)
    owner, answers = threading.get_ident(), []

    def task(number: int) -> None:
        answers.append((board.ask(threading.get_ident), board.ask(lambda: number * 2)))

    assert board.run([lambda: task(1), lambda: task(2)]) == []
    assert sorted(answers) == [(owner, 2), (owner, 4)]


def test_a_failure_goes_to_the_thread_that_asked() -> None:
    board = Board(lambda: None, 0.01)

    def task() -> None:
        board.ask(lambda: 1 // 0)

    [fault] = board.run([task])
    assert isinstance(fault, ZeroDivisionError)


@pytest.mark.parametrize("why", ["kill", "pause", "lost"])
def test_a_stop_reaches_every_thread_at_its_next_check(why: Stop) -> None:
    board = Board(lambda: why, 0.01)

    def task() -> None:
        while True:
            board.ask(lambda: None)
            board.check()

    faults = board.run([task, task])
    assert [fault.why for fault in faults if isinstance(fault, Stopped)] == [why, why]


@pytest.mark.parametrize("why", ["kill", "pause", "lost"])
def test_a_stop_that_was_asked_for_before_is_seen_at_the_first_look(why: Stop) -> None:
    board, done = Board(lambda: why, 0.01), []

    def begin() -> None:
        board.look()
        done.append(True)

    [fault] = board.run([lambda: board.ask(begin)])
    assert isinstance(fault, Stopped)
    assert (fault.why, done) == (why, [])


def test_nobody_waits_for_an_owner_that_cannot_go_on() -> None:
    def away() -> Stop | None:
        raise ConnectionError("the database is away")

    board, ends = Board(away, 0.01), []

    def task() -> None:
        try:
            board.ask(lambda: None)
            board.ask(lambda: None)
        finally:
            ends.append(True)

    with pytest.raises(ConnectionError):
        board.run([task, task])
    assert ends == [True, True]
