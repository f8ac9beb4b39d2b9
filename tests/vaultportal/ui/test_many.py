"""Programs, people and keys of a list, many at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.vaultportal.ui.conftest import sign_in
from vaultportal import many
from vaultportal.audit.models import AuditEntry
from vaultportal.directory.permissions import ApiClientPermission, UserPermission
from vaultportal.directory.services import keys
from vaultportal.errors import NotFound
from vaultportal.identity.models import ApiKey, User

pytestmark = pytest.mark.django_db
CLIENTS = "/access/clients/"


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def actions_on(target: UUID) -> list[str]:
    found = AuditEntry.objects.filter(target_id=str(target)).order_by("at")
    return list(found.values_list("action", flat=True))


def programs(count: int) -> list[User]:
    word = factories.unique("feed")
    return [factories.make_client(full_name=f"{word} {number}") for number in range(count)]


def test_one_that_is_refused_does_not_hinder_the_others() -> None:
    def act(word: str) -> None:
        if word == "gone":
            raise NotFound("word")

    outcomes = many.to_each(["a", "gone", "b"], act)

    assert [each.thing for each in outcomes if each.refusal is None] == ["a", "b"]
    assert isinstance(outcomes[1].refusal, NotFound)


def test_what_is_no_refusal_is_not_swallowed() -> None:
    def act(_word: str) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        many.to_each(["a"], act)


def test_programs_are_switched_off_and_back_by_the_notice(admin: Client) -> None:
    made = programs(3)
    chosen = [str(each.pk) for each in made[:2]]

    told = text_of(admin.post(CLIENTS, {"action": "disable", "selected": chosen}, follow=True))

    assert "Disable: done for 2." in told and 'name="undo"' in told
    assert [User.objects.get(pk=each.pk).is_active for each in made] == [False, False, True]
    assert actions_on(made[0].pk) == ["api_client.disable"] and not actions_on(made[2].pk)
    back = {"action": "enable", "selected": chosen, "undo": "1"}
    told = text_of(admin.post(CLIENTS, back, follow=True))
    assert "Enable: done for 2." in told and 'name="undo"' not in told
    assert actions_on(made[0].pk) == ["api_client.disable", "api_client.enable"]


def test_what_changes_nothing_or_is_gone_is_told_and_leaves_no_trace(admin: Client) -> None:
    on, off = programs(2)
    User.objects.filter(pk=off.pk).update(is_active=False)
    given = {
        "action": "disable",
        "selected": [str(on.pk), str(off.pk), str(factories.make_person().pk), "rubbish"],
    }

    told = text_of(admin.post(CLIENTS, given))

    assert "Done for 1." in told and off.full_name in told and "It is so already." in told
    assert not actions_on(off.pk)
    again = text_of(admin.post(CLIENTS, given))  # sent twice
    assert "Nothing was changed." in again
    assert actions_on(on.pk) == ["api_client.disable"]


def test_all_that_match_are_those_that_it_changes(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many, "MOST", 2)
    made = programs(3)
    word = made[0].full_name.split()[0]
    every = {"action": "disable", "all_matching": "1"}

    first = text_of(admin.post(f"{CLIENTS}?q={word}", every))
    rest = text_of(admin.post(f"{CLIENTS}?q={word}", every, follow=True))

    assert "Done for 2." in first and "These were the first 2." in first
    assert "Disable: done for 1." in rest
    assert not User.objects.filter(pk__in=[each.pk for each in made], is_active=True).exists()


def test_who_may_only_look_has_no_boxes_and_changes_nothing() -> None:
    role = factories.make_role(permissions=[ApiClientPermission.VIEW])
    viewer = sign_in(factories.member_of(factories.make_person(), role))
    [program] = programs(1)
    given = {"action": "disable", "selected": [str(program.pk)]}

    assert 'name="selected"' not in text_of(viewer.get(CLIENTS))
    assert "Your roles do not allow it." in text_of(viewer.post(CLIENTS, given))
    assert sign_in(factories.make_person()).post(CLIENTS, given).status_code == 403
    old = sign_in(factories.member_of(factories.make_person(), role), proved=False)
    assert old.post(CLIENTS, given).status_code == 401
    assert User.objects.get(pk=program.pk).is_active


def test_the_list_costs_as_much_with_boxes_on_many_rows(admin: Client) -> None:
    programs(1)
    admin.get(CLIENTS)

    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            admin.get(CLIENTS)
        return len(captured)

    few = statements()
    programs(20)
    assert statements() == few


def test_of_people_each_refusal_has_its_cause() -> None:
    rights = factories.make_role(permissions=[UserPermission.VIEW, UserPermission.CHANGE])
    manager = factories.member_of(factories.make_person(), rights)
    person, above = factories.make_person(), factories.make_person(is_superuser=True)
    chosen = [str(each.pk) for each in (person, above, manager)]
    given = {"action": "disable", "selected": chosen}

    told = text_of(sign_in(manager).post("/access/people/", given))

    assert "Done for 1." in told and "2 stayed as they were" in told
    assert "This is yourself." in told and "Your roles do not allow it." in told
    assert manager.get_full_name() in told and above.get_full_name() in told
    assert User.objects.get(pk=above.pk).is_active and not actions_on(above.pk)


def issue(owner: User, count: int) -> list[UUID]:
    actor = factories.actor_of(owner)
    return [keys.issue_key(actor, owner.pk, label=f"key {n}").id for n in range(count)]


def live(owner: User) -> int:
    return ApiKey.objects.filter(user=owner, revoked_at=None).count()


def test_ones_own_keys_are_revoked_once_it_was_asked() -> None:
    owner, other = factories.make_person(), factories.make_person()
    mine, theirs = issue(owner, 3), issue(other, 1)
    browser, url = sign_in(owner), f"/access/keys/{owner.pk}/revoke/"
    assert url in text_of(browser.get("/me/keys/"))
    given = {"action": "revoke", "selected": [str(each) for each in (*mine[:2], *theirs)]}

    asked = text_of(browser.post(url, given))
    assert "2 are selected." in asked and "key 0" in asked and "cannot be brought back" in asked
    assert live(owner) == 3
    told = browser.post(url, given | {"sure": "1"}, follow=True)

    assert told.redirect_chain[-1][0] == "/me/keys/"
    assert "Revoke: done for 2." in text_of(told) and 'name="undo"' not in text_of(told)
    assert (live(owner), live(other)) == (1, 1)
    assert actions_on(mine[0]) == ["api_key.issue", "api_key.revoke"]
    browser.post(url, given | {"sure": "1"})  # sent twice
    assert actions_on(mine[0]) == ["api_key.issue", "api_key.revoke"]


def test_one_key_is_revoked_by_its_own_button(admin: Client) -> None:
    owner = factories.make_person()
    [key, _other] = issue(owner, 2)
    page = text_of(sign_in(owner).get("/me/keys/"))
    assert 'form="revoke-one"' in page and f'value="{key}"' in page

    sign_in(owner).post("/me/keys/", {"action": "revoke", "key": str(key)})

    assert live(owner) == 1


def test_keys_of_another_are_revoked_by_who_may_and_nobody_else(admin: Client) -> None:
    program = factories.make_client()
    made = [factories.make_api_key(program)[1].pk for _ in range(2)]
    url = f"/access/keys/{program.pk}/revoke/"
    given = {"action": "revoke", "selected": [str(each) for each in made], "sure": "1"}
    role = factories.make_role(permissions=[UserPermission.VIEW])
    half = sign_in(factories.member_of(factories.make_person(), role))

    assert (half.get(url).status_code, half.post(url, given).status_code) == (403, 403)
    assert live(program) == 2
    assert admin.get(url)["Location"] == f"{CLIENTS}{program.pk}/"
    told = admin.post(url, given, follow=True)
    assert told.redirect_chain[-1][0] == f"{CLIENTS}{program.pk}/"
    assert live(program) == 0


def test_an_action_that_there_is_not_does_nothing(admin: Client) -> None:
    answer = admin.post(CLIENTS, {"action": "explode", "selected": [str(programs(1)[0].pk)]})

    assert answer.status_code == 302
    assert "Nothing was chosen to be done." in text_of(admin.get(CLIENTS))
