"""One-time links: terms, refusals, receipts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection

from secrets_app.models import LinkReceipt, OneTimeLink
from secrets_app.payload import Payload
from secrets_app.services import grants, links, secrets
from secrets_app.services.grants import Holder
from secrets_app.services.links import MadeLink, Terms, Visitor
from tests.factories import (
    actor_of,
    as_admin,
    as_member,
    as_owner,
    as_stranger,
    make_person,
    make_role,
)
from tests.secrets_app.factories import DATA, make_personal, make_shared, ref
from vaultportal.audit.models import AuditEntry
from vaultportal.errors import Forbidden, Invalid, NotFound, Unauthenticated
from vaultportal.identity.actor import Actor

pytestmark = pytest.mark.django_db
ANYBODY = Visitor(None, "r-1", "192.0.2.9", "curl/8")


def link_of(owner: Actor, terms: Terms | None = None) -> MadeLink:
    return links.make_link(owner, ref(make_personal(owner)), terms or Terms())


def test_whoever_holds_the_link_reads_once() -> None:
    owner = as_owner()
    made = link_of(owner)

    opened = links.open_link(ANYBODY, made.token)

    assert opened.payload.value == DATA
    assert opened.views_left == 0
    assert "payload" not in repr(opened)
    with pytest.raises(NotFound):
        links.open_link(ANYBODY, made.token)
    receipt = LinkReceipt.objects.get(link=made.link)
    assert (receipt.reader_id, receipt.address) == (None, "192.0.2.9")
    entry = AuditEntry.objects.get(action="secret.read", target_id=str(made.link.secret_id))
    assert (entry.actor_id, entry.address) == (made.link.pk, "192.0.2.9")


def test_looking_uses_nothing_up() -> None:
    made = link_of(as_owner(), Terms(passphrase="correct horse"))

    for _ in range(3):
        peek = links.peek_link(made.token)

    assert peek.needs_passphrase
    assert OneTimeLink.objects.get(pk=made.link.pk).views_left == 1


def test_a_link_shows_the_version_that_it_was_made_of() -> None:
    owner = as_owner()
    secret = make_personal(owner)
    made = links.make_link(owner, ref(secret), Terms(views=2))
    secrets.replace_secret(owner, ref(secret), payload=Payload.of({"new": 1}))

    assert links.open_link(ANYBODY, made.token).payload.value == DATA
    secrets.delete_secret(owner, ref(secret))
    with pytest.raises(NotFound):
        links.open_link(ANYBODY, made.token)


def test_a_passphrase_is_asked_for_and_not_guessed() -> None:
    made = link_of(as_owner(), Terms(views=3, passphrase="correct horse"))

    for _ in range(links.MAX_ATTEMPTS - 1):
        with pytest.raises(Forbidden):
            links.open_link(ANYBODY, made.token, "wrong")
    assert links.open_link(ANYBODY, made.token, "correct horse").views_left == 2
    with pytest.raises(Forbidden):
        links.open_link(ANYBODY, made.token, "")
    with pytest.raises(NotFound):
        links.open_link(ANYBODY, made.token, "correct horse")


def test_a_named_receiver_must_sign_in() -> None:
    owner, receiver = as_owner(), make_person()
    made = link_of(owner, Terms(receiver=receiver.pk))

    with pytest.raises(Unauthenticated):
        links.open_link(ANYBODY, made.token)
    with pytest.raises(NotFound):
        links.open_link(Visitor(as_stranger()), made.token)
    assert links.open_link(Visitor(actor_of(receiver)), made.token).payload.value == DATA
    assert LinkReceipt.objects.get(link=made.link).reader_id == receiver.pk


def test_links_end() -> None:
    owner = as_owner()
    late, revoked = link_of(owner), link_of(owner)
    past = datetime.now(UTC) - timedelta(seconds=1)
    OneTimeLink.objects.filter(pk=late.link.pk).update(expires_at=past)
    links.revoke_link(owner, revoked.link.pk)

    for token in (late.token, revoked.token, "", "no-such", "\ud800"):
        with pytest.raises(NotFound):
            links.open_link(ANYBODY, token)
        with pytest.raises(NotFound):
            links.peek_link(token)


def test_a_link_opens_only_while_its_maker_could() -> None:
    readers, owner = make_role(), as_owner()
    maker = make_person()
    secret = make_personal(owner)
    for right in ("read", "write"):
        grants.give(owner, ref(secret), Holder("user", maker.pk), right)
    one, two = (links.make_link(actor_of(maker), ref(secret), Terms()) for _ in range(2))

    assert links.open_link(ANYBODY, one.token).payload.value == DATA
    grants.take(owner, ref(secret), Holder("user", maker.pk), "write")
    with pytest.raises(NotFound):
        links.open_link(ANYBODY, two.token)
    assert OneTimeLink.objects.get(pk=two.link.pk).views_left == 1
    with pytest.raises(NotFound):
        links.make_link(as_member(readers), ref(secret), Terms())


def test_who_only_reads_or_manages_makes_no_link() -> None:
    readers = make_role()
    secret = make_shared(readers=(readers,))

    for actor in (as_member(readers), as_admin()):
        with pytest.raises(Forbidden):
            links.make_link(actor, ref(secret), Terms())


@pytest.mark.parametrize(
    "terms",
    [
        Terms(views=0),
        Terms(views=101),
        Terms(hours=0),
        Terms(hours=721),
        Terms(passphrase="x" * 1025),
        Terms(receiver=uuid4()),
    ],
)
def test_terms_have_bounds(terms: Terms) -> None:
    with pytest.raises(Invalid):
        link_of(as_owner(), terms)


def test_links_are_listed_and_closed_by_whom_they_concern() -> None:
    owner = as_owner()
    secret = make_personal(owner)
    made = links.make_link(owner, ref(secret), Terms())

    assert [link.pk for link in links.list_links(owner)] == [made.link.pk]
    assert [link.pk for link in links.list_links(owner, ref(secret))] == [made.link.pk]
    assert links.list_links(as_stranger()) == []
    with pytest.raises(Forbidden):
        links.list_links(as_admin(), ref(secret))
    for link_id in (made.link.pk, uuid4()):
        with pytest.raises(NotFound):
            links.revoke_link(as_stranger(), link_id)


def test_the_token_is_kept_nowhere() -> None:
    made = link_of(as_owner(), Terms(passphrase="correct horse"))

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l::text FROM secrets_app_onetimelink l WHERE id = %s", [made.link.pk]
        )
        (row,) = cursor.fetchone() or ("",)

    assert made.token not in row
    assert "horse" not in row
    assert made.token not in repr(made)
