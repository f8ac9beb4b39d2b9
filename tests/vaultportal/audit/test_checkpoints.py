"""Checkpoints: what the chains alone cannot show."""

from __future__ import annotations

import stat
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from tests.vaultportal.audit.conftest import Forge
from vaultportal import trail
from vaultportal.audit import checkpoints, verification
from vaultportal.audit.models import AuditEntry, AuditHead, Checkpoint, SigningKey
from vaultportal.identity.actor import Actor
from vaultportal.trail import Target

pytestmark = pytest.mark.django_db


@pytest.fixture
def outside(tmp_path: Path, settings: Settings) -> Path:
    """The copy outside the database."""
    settings.AUDIT_CHECKPOINT_FILE = str(tmp_path / "checkpoints.jsonl")
    return tmp_path / "checkpoints.jsonl"


def act(actor: Actor, number: int = 1) -> None:
    for place in range(number):
        with trail.unit():
            trail.record(actor, "thing.do", Target("thing", str(place)))


def cut_tail(forge: Forge) -> None:
    """Take the newest entry of the longest chain away and set its head back."""
    head = AuditHead.objects.latest("seq")
    before = AuditEntry.objects.get(shard=head.shard, seq=head.seq - 1)
    forge("DELETE FROM audit_auditentry WHERE shard = %s AND seq = %s", head.shard, head.seq)
    forge(
        "UPDATE audit_audithead SET seq = %s, mac = %s WHERE shard = %s",
        *(before.seq, bytes(before.mac), head.shard),
    )


def verify(*arguments: str) -> str:
    out = StringIO()
    call_command("verify_audit", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_a_checkpoint_holds_all_heads_and_follows_the_one_before(written: Actor) -> None:
    first = checkpoints.Statement.of(checkpoints.take())
    act(written)
    second = checkpoints.Statement.of(checkpoints.take())

    assert (first.number, second.number) == (1, 2)
    assert first.content["entries"] == 40
    assert [head.shard for head in first.heads] == list(range(16))
    assert second.content["previous"] == first.digest()
    assert first.is_signed()
    assert list(checkpoints.breaks()) == []


def test_the_signing_key_is_sealed_and_stays(written: Actor) -> None:
    checkpoints.take()
    checkpoints.take()

    key = SigningKey.objects.get()
    assert len(bytes.fromhex(key.private)) == len(bytes(key.public)) == 32


def test_a_cut_tail_shows_against_a_checkpoint_only(written: Actor, forge: Forge) -> None:
    checkpoints.take()

    cut_tail(forge)

    assert list(verification.verify()) == []
    assert [found.kind for found in checkpoints.breaks()] == ["checkpoint"]


def test_cut_checkpoints_show_against_the_outside_copy_only(
    written: Actor, forge: Forge, outside: Path
) -> None:
    act(written)
    checkpoints.take()
    assert "whole" in verify("--against", str(outside))

    cut_tail(forge)
    forge("DELETE FROM audit_checkpoint")

    assert "whole" in verify()
    with pytest.raises(CommandError, match="checkpoint 1 is not in the database"):
        verify("--against", str(outside))


def test_a_trail_begun_anew_shows_against_the_outside_copy(
    written: Actor, forge: Forge, outside: Path
) -> None:
    checkpoints.take()
    for table in ("auditentry", "checkpoint", "signingkey"):
        forge(f"DELETE FROM audit_{table}")  # noqa: S608 our own words
    forge("UPDATE audit_audithead SET seq = 0, mac = decode(repeat('00', 32), 'hex')")
    act(written)

    assert "whole" in verify()
    with pytest.raises(CommandError, match="not in the database"):
        verify("--against", str(outside))


@pytest.mark.parametrize("column", ["body", "signature"])
def test_a_changed_checkpoint_is_reported(written: Actor, forge: Forge, column: str) -> None:
    checkpoints.take()
    changed = bytearray(getattr(Checkpoint.objects.get(), column))
    changed[40] ^= 1

    statement = f"UPDATE audit_checkpoint SET {column} = %s"  # noqa: S608 our own words
    forge(statement, bytes(changed))

    assert "not signed" in str(next(checkpoints.breaks()))


def test_a_missing_checkpoint_is_reported(written: Actor, forge: Forge) -> None:
    for _ in range(3):
        checkpoints.take()

    forge("DELETE FROM audit_checkpoint WHERE number = 2")

    assert "checkpoint 3 does not follow" in str(next(checkpoints.breaks()))


def test_the_outside_copy_catches_up_and_is_ours_alone(written: Actor, outside: Path) -> None:
    outside.mkdir()
    with pytest.raises(CommandError, match="AUDIT_CHECKPOINT_FILE"):
        call_command("checkpoint_audit")
    outside.rmdir()

    call_command("checkpoint_audit", stdout=StringIO())

    assert len(outside.read_bytes().splitlines()) == 2
    assert stat.S_IMODE(outside.stat().st_mode) == 0o600
    assert "whole" in verify("--against", str(outside))


def test_a_damaged_outside_copy_is_reported(written: Actor, outside: Path) -> None:
    checkpoints.take()
    outside.write_bytes(outside.read_bytes() + b'{"checkpoint": "{}"}\n')

    with pytest.raises(CommandError, match="line 2"):
        verify("--against", str(outside))
    with pytest.raises(CommandError, match="cannot be read"):
        verify("--against", str(outside.with_suffix(".none")))


def test_from_a_checkpoint_only_what_came_later_is_read(written: Actor, forge: Forge) -> None:
    checkpoints.take()
    act(written, 10)
    walked: list[int] = []

    since = checkpoints.heads_at(1)
    assert list(verification.verify(since=since, walked=walked.append)) == []
    assert sum(walked) == 10
    assert "whole" in verify("--from", "1")

    head = AuditHead.objects.latest("seq")
    forge(
        "UPDATE audit_auditentry SET outcome = 'failure' WHERE seq = 1 AND shard = %s", head.shard
    )
    assert "whole" in verify("--from", "1")
    with pytest.raises(
        CommandError, match=f"broken in 1 places, first: shard {head.shard} entry 1"
    ):
        verify()


def test_there_is_no_such_checkpoint(written: Actor) -> None:
    with pytest.raises(CommandError, match="no checkpoint 7"):
        verify("--from", "7")
