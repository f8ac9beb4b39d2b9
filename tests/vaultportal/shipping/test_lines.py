"""A line as a receiver of RFC 5424 reads it."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from datetime import UTC, datetime

import pytest

from vaultportal.audit.entry import Note, Target, encode
from vaultportal.audit.models import LogTarget
from vaultportal.identity import actor as actors
from vaultportal.identity.ids import uuid7
from vaultportal.shipping import lines
from vaultportal.shipping.lines import Place

AT = datetime(2026, 3, 1, 12, 30, 15, 250000, UTC)
NAME = 'Zoë "x]\\ \n<109>1 forged\x1b\u2028'


def line(outcome: str = "success", action: str = "secret.read") -> tuple[bytes, lines.Line]:
    note = Note(actors.system(), action, Target("secret", "7", NAME), outcome, {"n": 3})
    body = encode(note.document(uuid7(), AT))
    return body, lines.of_entry(Place(4, 17, 2, b"\xab" * 32), body)


def message(form: str, one: lines.Line) -> str:
    sent = lines.payload(LogTarget.Kind.SYSLOG_TLS, form, [one, one])
    length, _, rest = sent.partition(b" ")
    first, second = rest[: int(length)], rest[int(length) :]
    assert second == length + b" " + first
    return first.decode()


def test_each_line_bears_the_id_of_its_entry() -> None:
    body, one = line()
    own = json.loads(body)["id"]

    assert json.loads(one.json)["entry"]["id"] == own
    assert f' id="{own}"' in message("structured", one)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\x00",
        b"[]",
        b'"text"',
        b"{}",
        b'{"action":"a.b","at":1,"outcome":"success"}',
        b'{"action":"a.b","at":"2026",\n"outcome":"success"}',
    ],
)
def test_a_damaged_entry_is_sent_as_its_bytes_are(body: bytes) -> None:
    one = lines.of_entry(Place(4, 17, 2, b"\xab" * 32), body)

    said = message("json", one)
    assert said.startswith("<108>1 - ")
    assert said.isprintable()
    found = json.loads(said[said.index("{") :])
    assert (found["shard"], found["seq"], b64decode(found["unreadable"])) == (4, 17, body)
    assert ' unreadable="' in message("structured", one)


def test_structured_data_has_all_of_the_entry_and_forges_no_line() -> None:
    said = message("structured", line()[1])

    head = re.fullmatch(
        r"<110>1 2026-03-01T12:30:15\.250000\+00:00 \S+ vault-portal - secret\.read "
        r"\[audit@32473 (?P<pairs>.*)\] secret\.read",
        said,
    )
    assert head
    assert said.isprintable()
    pairs = dict(re.findall(r'([^ =]+)="((?:[^"\\\]]|\\.)*)"', head["pairs"]))
    assert (pairs["shard"], pairs["seq"], pairs["epoch"]) == ("4", "17", "2")
    assert pairs["mac"] == "ab" * 32
    assert pairs["target.name"].startswith('Zoë \\"x\\]\\\\ �<109>1 forged��')
    assert json.loads(pairs["detail"].replace('\\"', '"')) == {"n": 3}
    assert pairs["actor.kind"]
    assert "reason" not in pairs


def test_json_has_the_bytes_that_the_chain_covers() -> None:
    body, one = line()

    said = message("json", one)

    assert f'"entry":{body.decode()}}}' in said
    assert json.loads(said[said.index("{") :])["entry"]["target"]["name"]
    assert "\n" not in said


def test_a_refusal_is_a_warning_and_a_header_stays_one() -> None:
    said = message("json", line("refused", "an action\nwith blanks and more than 32 letters")[1])

    assert said.startswith("<108>1 ")
    assert " - an_action_with_blanks_and_more_t - {" in said


def test_a_test_line_says_nothing() -> None:
    one = lines.of_test(AT)

    assert message("json", one).endswith(' - test - {"test":"2026-03-01T12:30:15.250000+00:00"}')
    assert '[audit@32473 test="2026' in message("structured", one)
    assert lines.payload(LogTarget.Kind.HTTPS, "json", [one, one]).count(b"\n") == 2
