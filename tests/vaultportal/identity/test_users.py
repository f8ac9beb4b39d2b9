"""Names and numbers of principals."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, connection, transaction

from tests import factories
from vaultportal.identity.models import Membership, Role, User

WRITERS = 8


def at_once(action: Callable[[int], object]) -> list[object]:
    """Run the action in as many threads, all starting together, each with its own connection."""
    barrier = Barrier(WRITERS)

    def run(place: int) -> object:
        try:
            barrier.wait()
            return action(place)
        except IntegrityError as clash:
            return clash
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(run, range(WRITERS)))


@pytest.mark.django_db
@pytest.mark.parametrize("taken", ["Mara", "mara", "MARA"])
def test_a_name_is_taken_in_any_letter_case(taken: str) -> None:
    factories.make_person(username="mara")

    with pytest.raises(IntegrityError), transaction.atomic():
        factories.make_person(username=taken)
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.make_client(username=taken)


@pytest.mark.django_db
def test_a_name_is_found_in_any_letter_case() -> None:
    mara = factories.make_person(username="Mara")

    assert User.objects.get_by_natural_key("mARA") == mara
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "user_name_any_case" in User.objects.named("mARA").explain()
    assert "user_email_any_case" in User.objects.addressed("m@lab.example").explain()


@pytest.mark.django_db
def test_an_empty_name_is_refused() -> None:
    with pytest.raises(IntegrityError):
        User.objects.create(username="")


@pytest.mark.django_db(transaction=True)
def test_of_many_who_take_a_name_at_once_one_wins() -> None:
    name = factories.unique("race")

    results = at_once(
        lambda place: factories.make_person(username=name.upper() if place % 2 else name)
    )

    assert len([result for result in results if isinstance(result, User)]) == 1
    assert User.objects.filter(username__iexact=name).count() == 1


@pytest.mark.django_db(transaction=True)
def test_numbers_differ_however_many_come_at_once_and_fit_32_bits() -> None:
    results = at_once(lambda _place: factories.make_person())

    numbers = {result.number for result in results if isinstance(result, User)}
    assert len(numbers) == WRITERS
    assert all(0 < number < 2**31 for number in numbers)


@pytest.mark.django_db(transaction=True)
def test_a_number_is_never_given_twice() -> None:
    gone = factories.make_person()
    number = gone.number
    gone.delete()
    with pytest.raises(RuntimeError), transaction.atomic():
        undone = factories.make_person()
        raise RuntimeError
    later = factories.make_person()

    assert number < undone.number < later.number

    retired = factories.make_role()
    role_number = retired.number
    retired.delete()
    assert factories.make_role().number > role_number


@pytest.mark.django_db
def test_a_user_is_in_a_role_once_and_for_a_time_that_can_be() -> None:
    user, role = factories.make_person(), factories.make_role()
    factories.member_of(user, role)

    with pytest.raises(IntegrityError), transaction.atomic():
        factories.member_of(user, role)
    now = user.created_at
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.member_of(user, factories.make_role(), valid_from=now, valid_until=now)
    assert list(user.groups.all()) == [Group.objects.get(pk=role.pk)]
    assert Membership.objects.filter(user=user).count() == 1


@pytest.mark.django_db
def test_the_built_in_roles_are_there_and_the_administrators_hold_every_permission() -> None:
    admin = Role.objects.get(name="privx-admin")
    everyone = Role.objects.get(name="privx-user")

    assert admin.system
    assert everyone.system
    assert not everyone.permissions.exists()
    every = Permission.objects.all()
    assert set(admin.permissions.all()) == set(every)
    later = Permission.objects.create(
        content_type=every[0].content_type, codename="later", name="Made by a later version"
    )
    assert later in admin.permissions.all()


@pytest.mark.django_db
def test_the_secret_of_a_client_can_be_shown_again_and_lies_sealed() -> None:
    client = factories.make_client(secret="not-in-the-table")

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT secret::text FROM identity_apiclient WHERE user_id = %s", [client.pk]
        )
        (stored,) = cursor.fetchone()

    assert b"not-in-the-table".hex() not in stored
    assert User.objects.get(pk=client.pk).api_client.secret == "not-in-the-table"
