"""What pages must not do: mix fields up, lose them, give for good, tell too little or too much."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from secrets_app.api.portal import cursors
from secrets_app.models import Secret, SecretUserGrant
from secrets_app.payload import OUTLINE_NAMES, Payload
from secrets_app.services import grants, secrets
from secrets_app.services.grants import Holder
from secrets_app.services.settings import Settings, change_settings
from tests.factories import as_admin, as_owner, make_person, make_role, unique
from tests.secrets_app.factories import CANARY, make_personal, make_shared, ref
from tests.secrets_app.ui.conftest import SignIn
from vaultportal.errors import Invalid
from vaultportal.identity.actor import Actor

pytestmark = pytest.mark.django_db
THREE = {"alpha": "1", "beta": "2", "gamma": "3"}


def text(response: Any) -> str:
    page: str = response.content.decode()
    return page


def data_of(actor: Actor, made: Any) -> dict[str, Any]:
    payload = secrets.read_data(actor, ref(made)).payload
    assert payload is not None
    return dict(payload.value)


def etag_of(actor: Actor, made: Any) -> str:
    return secrets.find(actor, ref(made), rights=()).info.etag


def rows(names: list[str], **values: str) -> dict[str, str]:
    """The posted rows of stored fields."""
    given: dict[str, str] = {}
    for number, name in enumerate(names):
        value = values.get(name, "")
        given |= {f"name-{number}": name, f"stored-{number}": str(number), f"value-{number}": value}
    return given


def in_input(etag: str) -> str:
    return f'name="etag" value="{etag.replace(chr(34), "&quot;")}"'


def test_an_edit_that_was_overtaken_never_mixes_fields_up(sign_in: SignIn) -> None:
    owner = as_owner()
    made = make_personal(owner, data=THREE)
    client, place, old = sign_in(owner), f"/secrets/{made.id}/edit/", etag_of(owner, made)
    given = {**rows(list(THREE), gamma="typed"), "etag": old}
    now = {"zero": "0", **THREE}
    secrets.replace_secret(owner, ref(made), payload=Payload.of(now))

    more = text(client.post(place, {**given, "more": "1"}))
    nameless = client.post(place, {**given, "name-7": "", "value-7": "x"})
    assert in_input(old) in more
    assert nameless.status_code == 422 and in_input(old) in text(nameless)
    stale = client.post(place, given)
    page = text(stale)
    assert stale.status_code == 409 and "Below are the fields as they are now" in page
    assert in_input(etag_of(owner, made)) in page and in_input(old) not in page
    assert data_of(owner, made) == now

    again = {**rows(list(now), gamma="typed"), "etag": etag_of(owner, made)}
    assert 'value="zero"' in page and client.post(place, again).status_code == 302
    after = data_of(owner, made)
    assert after == {**now, "gamma": "typed"} and list(after) == list(now)


def test_fields_stay_in_their_order_when_one_is_written(sign_in: SignIn) -> None:
    owner = as_owner()
    made = make_personal(owner, data=THREE)
    given = {**rows(list(THREE), alpha="new"), "etag": etag_of(owner, made)}

    assert sign_in(owner).post(f"/secrets/{made.id}/edit/", given).status_code == 302

    assert list(data_of(owner, made).items()) == [("alpha", "new"), ("beta", "2"), ("gamma", "3")]


def test_settings_that_were_overtaken_show_both_and_can_be_saved(sign_in: SignIn) -> None:
    owner = as_owner()
    made = make_personal(owner)
    client, place, old = sign_in(owner), f"/secrets/{made.id}/settings/", etag_of(owner, made)
    change_settings(owner, ref(made), Settings(keep_versions=7, needs_ticket=True))
    given = {"name": made.name, "kind": "json", "keep_versions": "9", "etag": old}

    stale = client.post(place, given)

    page, now = text(stale), etag_of(owner, made)
    assert stale.status_code == 409
    assert "<del>Versions to keep: 7</del>" in page and "<ins>Versions to keep: 9</ins>" in page
    assert "<del>Each look needs a ticket: yes</del>" in page
    assert in_input(now) in page and in_input(old) not in page
    assert client.post(place, {**given, "etag": now}).status_code == 302
    row = Secret.objects.get(pk=made.id)
    assert (row.keep_versions, row.needs_ticket) == (9, False)


def test_what_the_page_does_not_show_whole_it_does_not_change(sign_in: SignIn) -> None:
    owner = as_owner()
    many = {f"field {number}": "x" for number in range(OUTLINE_NAMES + 1)}
    client = sign_in(owner)
    for data in (many, {"n" * 201: "x", "other": "y"}):
        made = make_personal(owner, data=data)
        place = f"/secrets/{made.id}/edit/"
        given = {**rows(list(data)[:1]), "etag": etag_of(owner, made)}

        assert client.get(place).status_code == 302
        assert client.post(place, given).status_code == 302
        assert data_of(owner, made) == data
    assert "more fields, or longer names" in text(client.get(f"/secrets/{made.id}/"))


def test_a_number_of_the_type_stays_a_number_when_edited(sign_in: SignIn) -> None:
    owner = as_owner()
    data = {"host": "db1", "port": 5432, "password": CANARY}
    made = make_personal(owner, data=data, type="database")
    given = {**rows(list(data), port="5433"), "etag": etag_of(owner, made)}

    assert sign_in(owner).post(f"/secrets/{made.id}/edit/", given).status_code == 302

    assert data_of(owner, made) == {**data, "port": 5433}


def test_a_date_too_far_away_is_a_fault_of_the_form(sign_in: SignIn) -> None:
    owner, role = as_owner(), make_role()
    made = make_personal(owner)
    client, far = sign_in(owner), "9999-12-31T23:59"
    name = {"name": made.name, "kind": "json", "etag": etag_of(owner, made)}
    share = {"role": str(role.uuid), "rights": ["read"], "until": "date", "until_at": far}

    answer = client.post(f"/secrets/{made.id}/settings/", {**name, "expires_at": far})
    assert answer.status_code == 422 and "This year is too far away" in text(answer)
    assert client.post(f"/secrets/{made.id}/share/", {**share, "go": "1"}).status_code == 422
    assert Secret.objects.get(pk=made.id).expires_at is None


def test_an_address_of_several_names_nobody_and_the_account_is_shown(sign_in: SignIn) -> None:
    owner, address = as_owner(), f"{unique('both')}@example.com"
    one = make_person(email=address, full_name="Ada One")
    made = make_personal(owner)
    client, place = sign_in(owner), f"/secrets/{made.id}/share/"

    asked = text(client.post(place, {"person": address.upper(), "rights": ["read"]}))
    assert f"Ada One ({one.username})" in asked
    make_person(email=address)
    with pytest.raises(Invalid):
        Holder.named(address)
    again = client.post(place, {"person": address, "rights": ["read"], "go": "1"})
    assert again.status_code == 422 and "Several accounts have this address" in text(again)
    link = client.post(f"/secrets/{made.id}/links/", {"views": 1, "hours": 1, "receiver": address})
    assert link.status_code == 422 and "Several accounts have this address" in text(link)
    assert Holder.named(one.username.upper()) == Holder("user", one.pk)


def test_a_right_never_comes_for_good_by_a_mistake(sign_in: SignIn) -> None:
    owner, friend = as_owner(), make_person()
    made = make_personal(owner)
    client, place = sign_in(owner), f"/secrets/{made.id}/grants/"
    cell = {"kind": "user", "holder": str(friend.pk), "right": "read", "give": "1"}
    rows = SecretUserGrant.objects.filter(content_object_id=made.id, user=friend)

    for until in ("tomorrow", "2999-02-31T00:00:00Z", "2999-01-01T00:00:00"):
        assert client.post(place, {**cell, "until": until}).status_code == 404, until
    share = {"person": friend.username, "rights": ["read"], "until_at": "2999-01-01T00:00"}
    assert client.post(f"/secrets/{made.id}/share/", share).status_code == 422
    assert not rows.exists()
    end = timezone.now() + timedelta(days=2)
    assert client.post(place, {**cell, "until": end.isoformat()}).status_code == 302
    assert rows.get().valid_until == end


def test_numbers_and_places_that_cannot_be_are_not_found(sign_in: SignIn) -> None:
    owner = as_owner()
    made = make_personal(owner)
    client = sign_in(owner)

    assert client.get(f"/secrets/{made.id}/versions/{2**31}/").status_code == 404
    place = cursors.text_of(("a\0b", made.id))
    assert place is not None
    with pytest.raises(Invalid):
        cursors.parse(place)
    assert client.get(f"/secrets/personal/?after={place}").status_code == 200


def test_all_that_match_are_those_that_the_list_shows(sign_in: SignIn) -> None:
    owner, word = as_owner(), unique("needle")
    by_field, by_name = make_personal(owner, data={word: "x"}), make_personal(owner, name=word)
    other = make_personal(owner)
    given = {"action": "delete", "all_matching": "1", "go": "1"}

    client = sign_in(owner)
    assert by_field.name in text(client.get(f"/secrets/personal/?q={word}"))
    client.post(f"/secrets/bulk/?space=personal&q={word}", given)

    left = Secret.objects.filter(owner_id=owner.user_id).values_list("pk", flat=True)
    assert list(left) == [other.id] and by_name.id not in left


def test_no_page_says_that_a_visit_was_recorded(sign_in: SignIn) -> None:
    made = make_shared(readers=(make_role(),))

    page = text(sign_in(as_admin()).get(f"/secrets/{made.id}/"))

    assert "Reading needs one of the roles below" in page and "was recorded" not in page


def test_a_right_of_a_disabled_account_can_be_taken(sign_in: SignIn) -> None:
    owner, friend = as_owner(), make_person()
    made = make_personal(owner)
    grants.give(owner, ref(made), Holder("user", friend.pk), "read")
    friend.is_active = False
    friend.save()
    cell = {"kind": "user", "holder": str(friend.pk), "right": "read"}

    assert sign_in(owner).post(f"/secrets/{made.id}/grants/", cell).status_code == 302

    assert not SecretUserGrant.objects.filter(content_object_id=made.id, user=friend).exists()
