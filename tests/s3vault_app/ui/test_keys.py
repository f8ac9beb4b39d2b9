"""Key pairs: shown once, rotated with an overlap, ended; those of others are theirs."""

from __future__ import annotations

import time
from typing import Any

import pytest

from s3vault_app.models import KeyPair
from s3vault_app.services import keys
from tests.factories import make_person
from tests.s3vault_app.ui import rig
from vaultportal.audit.models import AuditEntry
from vaultportal.identity.models import User

pytestmark = pytest.mark.django_db


def text(answer: Any) -> str:
    return str(answer.content.decode())


def pair_of(user: User) -> KeyPair:
    keys.ensure_pairs([user.pk])
    return KeyPair.objects.get(user=user, vault=None, state="active")


def test_a_secret_is_shown_once_and_in_no_other_page() -> None:
    user, vault = make_person(), rig.vault()
    rig.give(user, vault)
    pair, client = pair_of(user), rig.browser(user)
    secret, side = str(pair.secret), f"/storage/vaults/{vault.number}/keys/"
    assert "Nobody has seen it" in text(client.get(side))

    shown = client.post(f"/storage/keys/{pair.pk}/show/", {"vault": vault.number, "next": side})
    again = client.post(f"/storage/keys/{pair.pk}/show/", {"vault": vault.number})

    assert secret in text(shown)
    assert f'href="{side}" data-leave' in text(shown)
    assert "no-store" in shown["Cache-Control"]
    assert (again.status_code, secret in text(again)) == (410, False)
    assert secret not in text(client.get(side))
    assert AuditEntry.objects.filter(target_id=str(pair.pk), action="s3_key.show").count() == 1


def test_a_rotation_keeps_the_old_pair_as_long_as_asked() -> None:
    user, vault = make_person(), rig.vault()
    rig.give(user, vault)
    old, client = pair_of(user), rig.browser(user)

    form = {"reach": "all", "overlap": "3600"}
    answer = client.post(f"/storage/vaults/{vault.number}/keys/rotate/", form)

    old.refresh_from_db()
    new = KeyPair.objects.get(user=user, vault=None, state="active")
    assert old.state == KeyPair.State.OVERLAP
    assert str(new.secret) in text(answer)
    wrong = client.post(f"/storage/vaults/{vault.number}/keys/rotate/", {"reach": "x"})
    assert wrong.status_code == 422


@pytest.mark.parametrize("named", [[""], ["1,000"], ["x"], ["1", "2"]])
def test_a_user_who_cannot_be_read_is_not_oneself(named: list[str]) -> None:
    user, vault = make_person(), rig.vault()
    rig.give(user, vault)
    old, client = pair_of(user), rig.browser(user)

    form = {"reach": "all", "overlap": "0", "user": named}
    answer = client.post(f"/storage/vaults/{vault.number}/keys/rotate/", form)

    old.refresh_from_db()
    assert (answer.status_code, old.state) == (422, KeyPair.State.ACTIVE)
    assert KeyPair.objects.filter(user=user).count() == 1


def test_keys_of_others_are_theirs() -> None:
    user, other, vault = make_person(), make_person(), rig.vault()
    rig.give(user, vault)
    rig.give(other, vault)
    pair, client = pair_of(user), rig.browser(other)

    assert pair.access_key_id not in text(client.get(f"/storage/vaults/{vault.number}/keys/"))
    assert client.post(f"/storage/keys/{pair.pk}/show/").status_code == 404
    assert client.get(f"/storage/keys/{pair.pk}/revoke/").status_code == 404
    form = {"user": user.number, "reach": "all", "overlap": "0"}
    assert client.post(f"/storage/vaults/{vault.number}/keys/rotate/", form).status_code == 403


def test_an_old_proof_is_asked_for_before_a_secret() -> None:
    user = make_person()
    pair, client = pair_of(user), rig.browser(user)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time() - 3600}]
    session.save()

    url, back = f"/storage/keys/{pair.pk}/show/", "/storage/vaults/7/keys/"
    answer = client.post(url, headers={"HX-Request": "true"})
    plain = client.post(url, {"next": back})

    assert (answer.status_code, answer["HX-Retarget"]) == (401, "#proof")
    assert plain["Location"] == "/me/prove/?next=%2Fstorage%2Fvaults%2F7%2Fkeys%2F"
    pair.refresh_from_db()
    assert pair.shown_at is None


def test_a_pair_is_ended_after_a_question() -> None:
    user = make_person()
    pair, client = pair_of(user), rig.browser(user)

    assert pair.access_key_id in text(client.get(f"/storage/keys/{pair.pk}/revoke/"))
    assert client.post(f"/storage/keys/{pair.pk}/revoke/").status_code == 302
    pair.refresh_from_db()
    assert pair.state == KeyPair.State.REVOKED
