"""What a process keeps of those it has seen: as long as it is true, and no more."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests import factories
from tests.vaultportal.identity.bearers import REVOCATIONS, SignedIn, bearing
from vaultportal.errors import Unauthenticated
from vaultportal.identity.actor import system
from vaultportal.identity.authentication import Authenticator
from vaultportal.identity.cache import MOST_SECONDS, ActorCache
from vaultportal.identity.models import ApiKey, Membership, User

committed = pytest.mark.django_db(transaction=True)


def keep(
    cache: ActorCache, key: bytes, *, epoch: int = 1, ago: float = 0, seconds: float | None = None
) -> None:
    cache.put(key, system(), epoch=epoch, read_at=time.monotonic() - ago, seconds=seconds)


def test_an_entry_counts_under_its_epoch_only() -> None:
    cache = ActorCache()
    keep(cache, b"a", epoch=7)

    assert cache.get(b"a", 7) is system()
    assert cache.get(b"a", 8) is None
    assert cache.get(b"a", 6) is None
    assert cache.get(b"a", None) is None


def test_an_entry_ends_by_itself() -> None:
    cache = ActorCache()
    keep(cache, b"old", ago=MOST_SECONDS + 1)
    keep(cache, b"short", ago=2, seconds=1)
    keep(cache, b"fresh", ago=2, seconds=5)

    assert cache.get(b"old", 1) is None
    assert cache.get(b"short", 1) is None
    assert cache.get(b"fresh", 1) is system()
    assert not cache.has(b"old")


def test_the_oldest_make_room() -> None:
    cache = ActorCache(most_entries=3)
    for key in (b"a", b"b", b"c", b"a", b"d"):
        keep(cache, key)

    assert len(cache) == 3
    assert not cache.has(b"b")
    assert cache.has(b"a")
    cache.clear()
    assert len(cache) == 0


@committed
def test_a_known_actor_costs_one_statement_and_a_changed_one_two(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    user = factories.make_person()
    token = factories.make_access_token(user)
    process = Authenticator()

    with django_assert_num_queries(1):
        first = process.authenticate(bearing(token))
    with django_assert_num_queries(1):
        assert process.authenticate(bearing(token)) == first
    factories.member_of(user, factories.make_role())
    with django_assert_num_queries(2):
        changed = process.authenticate(bearing(token))
    assert changed.role_ids != first.role_ids
    with django_assert_num_queries(1):
        process.authenticate(bearing(token))


@committed
@pytest.mark.parametrize("revoke", REVOCATIONS.values(), ids=REVOCATIONS.keys())
def test_a_revocation_is_seen_by_every_process_at_the_next_call(
    revoke: Callable[[User, ApiKey], object],
) -> None:
    user = factories.make_person()
    token, key = factories.make_api_key(user)
    processes = [Authenticator(), Authenticator()]
    for process in processes:
        process.authenticate(bearing(token))

    revoke(user, key)

    for process in processes:
        with pytest.raises(Unauthenticated):
            process.authenticate(bearing(token))


@committed
def test_a_role_that_is_taken_away_is_gone_at_the_next_call_of_every_process() -> None:
    role, user = factories.make_role(), factories.make_person()
    factories.member_of(user, role)
    token = factories.make_access_token(user)
    processes = [Authenticator(), Authenticator()]
    assert all(role.number in one.authenticate(bearing(token)).role_ids for one in processes)

    Membership.objects.filter(user=user).delete()

    assert not any(role.number in one.authenticate(bearing(token)).role_ids for one in processes)


@committed
def test_nothing_is_kept_longer_than_the_shortest_of_token_and_memberships() -> None:
    now = timezone.now()
    user = factories.make_person()
    token, _ = factories.make_api_key(user, expires_at=now + timedelta(hours=1))

    def kept_for() -> float:
        process = Authenticator()
        process.authenticate(bearing(token))
        (entry,) = process.cache._entries.values()
        return entry.seconds

    assert kept_for() == 30
    factories.member_of(user, factories.make_role(), valid_until=now + timedelta(seconds=20))
    assert 10 < kept_for() <= 20
    factories.member_of(user, factories.make_role(), valid_from=now + timedelta(seconds=15))
    assert 5 < kept_for() <= 15
    ApiKey.objects.filter(user=user).update(expires_at=now + timedelta(seconds=12))
    assert 2 < kept_for() <= 12


@pytest.mark.django_db
def test_inside_a_transaction_nothing_is_kept() -> None:
    token, _ = factories.make_api_key(factories.make_person())
    process = Authenticator()

    process.authenticate(bearing(token))

    assert len(process.cache) == 0


@committed
def test_the_token_itself_is_not_kept() -> None:
    token, _ = factories.make_api_key(factories.make_person())
    process = Authenticator()

    process.authenticate(bearing(token))

    (kept,) = process.cache._entries
    assert len(kept) == 32
    assert token.encode() not in kept
    assert token not in repr(process.cache._entries)


@committed
def test_a_browsers_actor_is_kept_and_dropped_like_any_other(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    user = factories.make_person()
    process = Authenticator()
    actor = process.session_actor(SignedIn(user))

    with django_assert_num_queries(1):
        assert process.session_actor(SignedIn(user)) == actor
    assert actor.credential.kind == "session"
    assert actor.address == "192.0.2.1"
    User.objects.filter(pk=user.pk).update(is_active=False)
    with pytest.raises(Unauthenticated):
        process.session_actor(SignedIn(user))
