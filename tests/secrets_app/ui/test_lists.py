"""Lists of secrets: who sees which, folders, filters, many at once, and what a page costs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from secrets_app import course
from secrets_app.models import Secret, SecretRoleGrant
from secrets_app.permissions import SecretPermission
from secrets_app.services import checkouts, grants, secrets
from secrets_app.services.grants import Holder
from secrets_app.ui import shell
from tests.factories import (
    as_admin,
    as_member,
    as_owner,
    as_stranger,
    make_person,
    make_role,
    unique,
)
from tests.secrets_app.factories import CANARY, make_personal, make_shared, ref
from tests.secrets_app.ui.conftest import HTMX, SignIn
from vaultportal.identity import access
from vaultportal.identity.ids import uuid7
from vaultportal.identity.models import User
from vaultportal.ui import palette

pytestmark = pytest.mark.django_db


def text(response: Any) -> str:
    page: str = response.content.decode()
    return page


def test_a_folder_shows_for_who_may_view_anything_below_it_and_for_nobody_else(
    sign_in: SignIn,
) -> None:
    role, word = make_role(), unique("prod")
    make_shared(readers=(role,), name=f"{word}/payments/psp")
    make_shared(name=f"{word}/hidden/other")
    member = sign_in(as_member(role))

    top, inside = member.get("/secrets/shared/"), member.get(f"/secrets/shared/?folder={word}")

    assert f"{word}/" in text(top) and f"{word}/payments/psp" not in text(top)
    assert "payments/" in text(inside) and "hidden/" not in text(inside)
    assert "No shared secret is open to you" in text(sign_in(as_stranger()).get("/secrets/shared/"))


def test_search_looks_through_all_folders_and_at_names_of_fields(sign_in: SignIn) -> None:
    role, word, field = make_role(), unique("deep"), unique("webhook")
    make_shared(readers=(role,), name=f"{word}/a/b/psp-live")
    make_shared(readers=(role,), name=f"{word}/c", data={field: CANARY})
    make_shared(name=f"{word}/closed", data={field: CANARY})
    member = sign_in(as_member(role))

    by_name = member.get("/secrets/shared/?q=PSP-live", headers=HTMX)
    by_field = member.get(f"/secrets/shared/?q={field}", headers=HTMX)

    assert f"{word}/a/b/psp-live" in text(by_name)
    assert f"{word}/c" in text(by_field) and "by the name of a field" in text(by_field)
    assert f"{word}/closed" not in text(by_field) and CANARY not in text(by_field)
    nothing = text(member.get("/secrets/shared/?q=zzzzzzz"))
    assert "No secret matches" in nothing and "Clear filters" in nothing


def test_filters_narrow_by_role_type_and_end(sign_in: SignIn) -> None:
    role, other = make_role(), make_role()
    soon = timezone.now() + timedelta(days=3)
    one, two = unique("one"), unique("two")
    make_shared(readers=(role,), name=one, expires_at=soon)
    make_shared(readers=(role, other), name=two, type="login", data={"password": CANARY})
    member = sign_in(as_member(role))

    def shown(query: str) -> list[bool]:
        page = text(member.get(f"/secrets/shared/?view=flat&{query}", headers=HTMX))
        return [one in page, two in page]

    assert shown("expiring=soon") == [True, False]
    assert shown("expiring=over") == [False, False]
    assert shown("kind=login") == [False, True]
    assert shown("kind=json") == [True, False]
    assert shown(f"role={other.uuid}") == [False, True]
    assert shown("role=none&kind=none&expiring=none&after=x&folder=..") == [True, True]


@pytest.mark.parametrize("count", [2, 12])
def test_a_list_costs_a_fixed_number_of_statements(
    sign_in: SignIn, django_assert_max_num_queries: Any, count: int
) -> None:
    role, admin, word = make_role(), as_admin(), unique("many")
    for number in range(count):
        make_shared(admin, readers=(role,), name=f"{word}/{number}")
    member = sign_in(as_member(role))
    member.get("/secrets/shared/")

    with django_assert_max_num_queries(18):
        assert member.get(f"/secrets/shared/?folder={word}").status_code == 200
    with django_assert_max_num_queries(18):
        assert member.get(f"/secrets/shared/?q={word}").status_code == 200


def test_personal_lists_show_ones_own_and_people_those_of_others(sign_in: SignIn) -> None:
    role = make_role()
    owner, member = as_owner(), as_member(role)
    made = make_personal(owner, readers=(role,))
    shared = make_shared(readers=(role,))

    mine = text(sign_in(owner).get("/secrets/personal/"))
    theirs = text(sign_in(member).get("/secrets/people/"))

    assert made.name in mine
    assert made.name in theirs and owner.name in theirs and shared.name not in theirs


def test_pages_lead_on_and_back(sign_in: SignIn) -> None:
    owner, word = as_owner(), unique("page")
    for number in range(52):
        make_personal(owner, name=f"{word}-{number:02}")
    client = sign_in(owner)

    first = client.get("/secrets/personal/")
    after = first.context["pages"].after_url
    second = client.get(f"/secrets/personal/{after}")

    assert f"{word}-49" in text(first) and f"{word}-50" not in text(first)
    assert f"{word}-51" in text(second) and second.context["pages"].before_url


def bulk(client: Any, action: str, ids: list[Any], **given: Any) -> Any:
    return client.post("/secrets/bulk/?space=shared", {"action": action, "selected": ids, **given})


def test_many_are_shared_moved_and_deleted_and_each_refusal_is_told(sign_in: SignIn) -> None:
    role, word = make_role(), unique("bulk")
    made = [make_shared(name=f"{word}/{number}") for number in range(3)]
    ids = [str(each.id) for each in made]
    admin = sign_in(as_admin())

    asked = bulk(admin, "share", ids)
    assert "3 secrets are selected." in text(asked)
    assert bulk(admin, "share", ids, go="1").status_code == 422
    bulk(admin, "share", ids, go="1", role=str(role.uuid), rights=["read"])
    assert SecretRoleGrant.objects.filter(group_id=role.pk).count() == 3

    make_shared(name=f"{word}/moved/0")
    moved = text(bulk(admin, "move", ids, go="1", folder=f"{word}/moved/"))
    assert "Done for 2 secrets." in moved and "Another secret has that name." in moved
    assert Secret.objects.filter(name=f"{word}/moved/1").exists()

    ends = (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    bulk(admin, "expire", ids, go="1", expires_at=ends)
    assert Secret.objects.filter(pk__in=ids, expires_at=None).count() == 0
    assert bulk(admin, "expire", ids, go="1", expires_at="2001-01-01T00:00").status_code == 422

    stranger = text(bulk(sign_in(as_member(role)), "delete", ids, go="1"))
    assert "Nothing was changed." in stranger and "Your roles do not allow it." in stranger
    bulk(admin, "delete", ids, go="1")
    assert not Secret.objects.filter(pk__in=ids).exists()


def test_bulk_takes_everything_that_matches_and_says_when_that_is_too_much(
    sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, word = as_admin(), unique("all")
    for number in range(3):
        make_shared(admin, name=f"{word}/{number}")
    monkeypatch.setattr("secrets_app.ui.views.bulk.MAX_BULK", 2)
    client = sign_in(admin)

    asked = client.post(
        f"/secrets/bulk/?space=shared&folder={word}", {"action": "delete", "all_matching": "1"}
    )

    assert "More than 2 match." in text(asked) and "2 secrets are selected." in text(asked)
    nothing = bulk(client, "delete", ["none", "01900000-0000-7000-8000-000000000000"])
    assert nothing.status_code == 302
    assert bulk(client, "shred", []).status_code == 404


def test_the_overview_and_the_palette_know_secrets(
    sign_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    owner, word = as_owner(), unique("ends")
    make_personal(owner, name=word, expires_at=timezone.now() + timedelta(days=2))
    make_personal(owner, name=f"{word}-over", expires_at=timezone.now() - timedelta(days=2))

    needs = list(shell._ending(owner))
    with django_assert_max_num_queries(1):
        total = shell._total(owner)
    found = [found.label for heap in palette.search(owner, word) for found in heap.found]

    assert [need.state for need in needs] == ["warn", "bad"]
    assert list(shell._ending(as_stranger())) == []
    assert total.value == "2" and shell._total(as_stranger()).value == "0"
    assert total.points == (*[0] * (course.DAYS - 1), 2) and "2 of them new" in total.detail
    assert shell._total(as_stranger()).points == ()
    assert found == [
        *(word, f"{word}-over"),
        *(f"Write a new version of {word}", f"Share {word}", f"Use {word} from a program"),
        f"Audit of {word}",
        f"New secret “{word}”",
    ]
    assert word in text(sign_in(owner).get("/"))


def test_the_course_of_secrets_tells_when_those_there_are_came() -> None:
    owner, role, now = as_owner(), make_role(), timezone.now()
    user = User.objects.get(pk=owner.user_id)
    for days in (40, 3, 0):
        made = _made_before(timedelta(days=days))
        access.grant(as_admin(), user, SecretPermission.VIEW, made)
        access.grant(as_admin(), role, SecretPermission.VIEW, made)
    access.grant(as_admin(), role, SecretPermission.READ, made)

    for actor in (owner, as_member(role)):  # with two grants it is one all the same
        found = course.of(actor, now)
        assert (len(found.points), found.points[0], found.total, found.new) == (30, 1, 3, 2)
        assert found.points[-5:] == (1, 1, 2, 2, 3)
    assert course.of(as_admin(), now).total == Secret.objects.count()
    assert course.of(as_stranger(), now).points == (0,) * 30


def _made_before(age: timedelta) -> Secret:
    """A secret whose id tells that it is so old."""
    older = UUID(int=uuid7().int - (int(age.total_seconds() * 1000) << 80))
    now, author = timezone.now(), as_owner().user_id
    return Secret.objects.create(
        id=older,
        name=unique("old"),
        author_id=author,
        updated_by_id=author,
        created_at=now - age,
        updated_at=now,
    )


def test_words_of_passphrases_are_for_who_is_signed_in(sign_in: SignIn, client: Client) -> None:
    answer = sign_in(as_stranger()).get("/secrets/words/")

    words = text(answer).split("\n")
    assert len(words) == len(set(words)) == 1024
    assert answer["Content-Type"].startswith("text/plain")
    assert all(word.isascii() and word.islower() for word in words)
    assert client.get("/secrets/words/").status_code in (302, 401)
    form = text(sign_in(as_owner()).get("/secrets/personal/new/"))
    assert 'data-words="/secrets/words/"' in form
    assert '<option value="words:8:-">8 words with hyphens, 80 bits</option>' in form


def test_a_check_out_that_ends_asks_for_attention() -> None:
    role = make_role()
    holder, made = as_member(role), make_shared(readers=(role,))
    checkouts.check_out(holder, ref(made), reason="INC-1", minutes=10)

    (need,) = shell._overdue(holder)

    assert made.name in need.text and str(made.id) in need.url
    assert list(shell._overdue(as_member(role))) == []


def test_a_row_leads_to_what_can_be_done_with_its_secret(sign_in: SignIn) -> None:
    role, owner, friend = make_role(), as_owner(), make_person()
    made = make_personal(owner, data={"a": "1", "b": CANARY}, readers=(role,))
    single = make_personal(owner, data={"only": CANARY})
    grants.give(owner, ref(made), Holder("user", friend.pk), "read")
    client, copying = sign_in(owner), {"purpose": "copy"}

    page = text(client.get("/secrets/personal/"))
    assert f"{role.name}, 1 by name" in " ".join(page.split())
    for path in ("share/", "settings/", "edit/", "delete/", "?tab=use", "reveal/?purpose=copy"):
        assert f"/secrets/{made.id}/{path}" in page
    which = client.get(f"/secrets/{made.id}/reveal/", copying, headers=HTMX)
    assert "Which field?" in text(which) and which["HX-Retarget"] == "#dialog"
    asked = client.get(f"/secrets/{single.id}/reveal/", copying, headers=HTMX)
    assert "Why do you need only?" in text(asked) and CANARY not in text(asked)
    member = text(sign_in(as_member(role)).get("/secrets/people/"))
    assert f"/secrets/{made.id}/share/" not in member
    assert f"/secrets/{made.id}/reveal/?purpose=copy" in member


def test_an_empty_list_says_what_to_make_and_whom_to_ask(sign_in: SignIn) -> None:
    owner = as_owner()
    client = sign_in(owner)

    page = text(client.get("/secrets/personal/"))
    for path in ("/secrets/personal/new/", "/secrets/import/", "/secrets/ask/"):
        assert f'href="{path}"' in page
    assert owner.name in text(client.get("/secrets/ask/"))


def test_folders_are_offered_while_one_types_a_name(sign_in: SignIn) -> None:
    owner, word = as_owner(), unique("deep")
    make_personal(owner, name=f"{word}/a/b")
    make_personal(as_owner(), name=f"{word}/not/mine")

    page = text(sign_in(owner).get("/secrets/personal/new/"))

    assert f'<option value="{word}/a/">' in page and f"{word}/not/" not in page


def test_who_read_mine_is_told_to_me_and_to_nobody_else(sign_in: SignIn) -> None:
    role, owner = make_role(), as_owner()
    reader = as_member(role)
    made = make_personal(owner, readers=(role,))
    secrets.read_data(owner, ref(made))
    mine = sign_in(owner)
    assert "Nobody else has read them" in text(mine.get("/me/reads/"))
    assert "home-readers" not in text(mine.get("/"))

    secrets.read_data(reader.with_(reason="IncidentResponse", note="INC-7"), ref(made))

    page = text(mine.get("/me/reads/"))
    assert made.name in page and "Incident response, INC-7" in page
    assert page.count(f"<code>{made.name}</code>") == 1
    assert "home-readers" in text(mine.get("/"))
    assert made.name not in text(sign_in(reader).get("/me/reads/"))
    assert "/me/reads/" in text(mine.get("/me/")) and "/me/activity/" in text(mine.get("/me/"))
    assert made.name in text(mine.get("/me/activity/"))
