"""Pages of one-time links, of imports and of exports."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from secrets_app import lifecycle
from secrets_app.models import ImportJob, OneTimeLink, Secret
from secrets_app.records import Ref
from secrets_app.services import secrets
from tests.factories import as_admin, as_owner, as_stranger, make_person, unique
from tests.secrets_app.factories import CANARY, make_personal
from tests.secrets_app.ui.conftest import SignIn
from vaultportal.audit.models import AuditEntry
from vaultportal.identity.actor import Actor

pytestmark = pytest.mark.django_db
TERMS = {"views": "1", "hours": "24"}


def text(response: Any) -> str:
    page: str = response.content.decode()
    return page


def make(client: Client, secret_id: Any, **terms: str) -> str:
    """A link made on its page; its path."""
    answer = client.post(f"/secrets/{secret_id}/links/", {**TERMS, **terms})
    assert answer["Cache-Control"] == "no-store"
    found = re.search(r"/secrets/open/[\w-]+/", text(answer))
    assert found is not None
    return found[0]


def test_a_link_is_shown_once_and_opens_once_by_post_only(sign_in: SignIn) -> None:
    owner = as_owner()
    made = make_personal(owner, data={"token": CANARY})
    author, anybody = sign_in(owner), Client()
    place = make(author, made.id)

    for _ in range(2):  # looking uses nothing up
        looked = anybody.get(place)
        assert looked.status_code == 200 and CANARY not in text(looked)
        assert looked["Referrer-Policy"] == "same-origin" and looked["Cache-Control"] == "no-store"
    assert CANARY in text(anybody.post(place))
    assert anybody.post(place).status_code == 404
    assert anybody.get(place).status_code == 404

    receipts = text(author.get("/secrets/links/"))
    assert "Used up" in receipts and "127.0.0.1" in receipts
    assert place not in receipts and place not in text(author.get(f"/secrets/{made.id}/links/"))
    entries = AuditEntry.objects.filter(target_id=str(made.id)).values_list("action", flat=True)
    assert {"secret.link_make", "secret.link_open"} <= set(entries)


def test_a_passphrase_and_a_receiver_are_asked_for(sign_in: SignIn) -> None:
    owner, friend = as_owner(), make_person()
    made = make_personal(owner, data={"token": CANARY})
    author, anybody = sign_in(owner), Client()

    place = make(author, made.id, passphrase="blue-otter")
    wrong = anybody.post(place, {"passphrase": "red-otter"})
    assert wrong.status_code == 403 and "The passphrase is not right." in text(wrong)
    assert CANARY in text(anybody.post(place, {"passphrase": "blue-otter"}))

    place = make(author, made.id, receiver=friend.username)
    assert "Sign in" in text(anybody.get(place)) and anybody.post(place).status_code == 401
    assert sign_in(as_stranger()).post(place).status_code == 404
    known = Client()
    known.force_login(friend)
    assert CANARY in text(known.post(place))


def test_wrong_terms_are_a_form_again_and_a_closed_link_opens_nothing(sign_in: SignIn) -> None:
    owner = as_owner()
    made = make_personal(owner)
    author = sign_in(owner)
    for wrong in ({"views": "0"}, {"hours": "100000"}, {"receiver": "nobody-at-all"}):
        answer = author.post(f"/secrets/{made.id}/links/", {**TERMS, **wrong})
        assert answer.status_code == 422

    place = make(author, made.id)
    link = OneTimeLink.objects.get(secret_id=made.id)
    stranger = sign_in(as_stranger())
    assert stranger.post(f"/secrets/links/{link.pk}/revoke/").status_code == 404
    author.post(f"/secrets/links/{link.pk}/revoke/", {"secret": str(made.id)})
    assert Client().post(place).status_code == 404


LINES = b"name,user,password\nmail,mara,%s\nmail,mara,second\nbad//name,x,y\n" % CANARY.encode()


def send(client: Client, content: bytes = LINES, **given: str) -> Any:
    file = SimpleUploadedFile("my.csv", content)
    return client.post(
        "/secrets/import/", {"source": "csv", "to": "personal", "content": file, **given}
    )


def job_of(actor: Actor) -> ImportJob:
    return ImportJob.objects.filter(author_id=actor.user_id).latest("created_at")


def test_an_import_is_looked_at_named_resolved_and_told_of(sign_in: SignIn) -> None:
    owner, word = as_owner(), unique("in")
    make_personal(owner, name=f"{word}/taken", data={"password": "old"})
    client = sign_in(owner)

    assert send(client, folder=word).status_code == 302
    job = job_of(owner)
    assert CANARY.encode() not in bytes(job.staged or b"")
    preview = text(client.get(f"/secrets/import/{job.pk}/"))
    assert f"{word}/mail" in preview and "password" in preview and CANARY not in preview

    named = {"name-0": f"{word}/taken", "take-0": "1", "name-1": f"{word}/mail", "take-1": "1"}
    named |= {"name-2": f"{word}/left out"}
    answer = client.post(f"/secrets/import/{job.pk}/", named)
    assert answer["Location"].endswith("?step=conflicts")
    conflicts = text(client.get(answer["Location"]))
    assert f"{word}/taken" in conflicts and "Import 2 entries" in conflicts
    client.post(answer["Location"], {"conflict-0": "version"})

    found = secrets.read_data(owner, Ref.personal(owner.user_id, f"{word}/taken"))
    assert found.info.version == 2
    assert found.payload is not None and found.payload.value["password"] == CANARY
    assert Secret.objects.filter(name=f"{word}/mail").exists()
    assert not Secret.objects.filter(name=f"{word}/left out").exists()
    job.refresh_from_db()
    assert (job.state, job.staged, job.done) == ("done", None, 2)
    report = text(client.get(f"/secrets/import/{job.pk}/"))
    assert "New version" in report and "Skipped" in report and CANARY not in report
    table = client.get(f"/secrets/import/{job.pk}/report.csv")
    assert f"{word}/left out,json,2,skipped,left out" in text(table)
    assert client.post(f"/secrets/import/{job.pk}/?step=conflicts").status_code == 404
    assert sign_in(as_admin()).get(f"/secrets/import/{job.pk}/").status_code == 404


def test_a_file_that_cannot_be_read_or_is_forgotten_stores_nothing(sign_in: SignIn) -> None:
    owner = as_owner()
    client = sign_in(owner)

    assert send(client, b"\xff\xfe", source="bitwarden-json").status_code == 422
    assert send(client, to="shared").status_code == 422  # not for whoever may not add them
    send(client)
    job = job_of(owner)
    unusable = client.post(f"/secrets/import/{job.pk}/", {"name-0": "a//b", "take-0": "1"})
    assert "conflicts" not in unusable["Location"]
    assert "This name cannot be used." in text(client.get(unusable["Location"]))
    client.post(f"/secrets/import/{job.pk}/", {"discard": "1"})
    job.refresh_from_db()
    assert (job.state, job.staged) == ("failed", None)
    assert not Secret.objects.filter(owner_id=owner.user_id).exists()


def test_a_file_that_nobody_decided_about_is_forgotten_by_the_clock(sign_in: SignIn) -> None:
    owner = as_owner()
    send(sign_in(owner))
    ImportJob.objects.filter(author_id=owner.user_id).update(created_at="2020-01-01T00:00:00Z")

    lifecycle.close_stalled_imports()

    job = job_of(owner)
    assert (job.state, job.staged) == ("failed", None)


def test_an_export_is_an_archive_and_each_secret_in_it_was_read(sign_in: SignIn) -> None:
    owner = as_owner()
    made = make_personal(owner)
    client = sign_in(owner)
    given = {"which": "personal", "passphrase": "three-brown-otters", "again": "other"}

    assert client.post("/secrets/export/", given).status_code == 422
    answer = client.post("/secrets/export/", {**given, "again": "three-brown-otters"})

    assert answer["Content-Type"] == "application/octet-stream" and CANARY not in str(
        answer.content
    )
    assert AuditEntry.objects.filter(target_id=str(made.id), action="secret.read").count() == 1
    assert sign_in(owner, age=3600).post("/secrets/export/", given).status_code == 401


def test_columns_of_a_table_become_the_fields_that_one_wants(sign_in: SignIn) -> None:
    owner, word = as_owner(), unique("map")
    client = sign_in(owner)
    send(client, b"name,user,password,x\nmail,mara,%s,y\n" % CANARY.encode(), folder=word)
    place = f"/secrets/import/{job_of(owner).pk}/"
    assert 'name="column-0" value="user"' in text(client.get(place))

    given = {"column-0": "login", "column-1": "password", "column-2": ""}
    again = client.post(place, {**given, "map": "1", "name-0": "", "take-0": "1"})
    assert again["Location"] == place
    preview = text(client.get(place))
    assert 'value="login"' in preview and "the field x" in preview and CANARY not in preview
    client.post(place, {**given, "name-0": f"{word}/mail", "take-0": "1"})
    client.post(f"{place}?step=conflicts")

    found = secrets.read_data(owner, Ref.personal(owner.user_id, f"{word}/mail")).payload
    assert found is not None and found.value == {"login": "mara", "password": CANARY}


def test_columns_are_asked_of_tables_only(sign_in: SignIn) -> None:
    owner = as_owner()
    client = sign_in(owner)
    send(client, b"A=1\n", source="dotenv")

    assert 'name="column-0"' not in text(client.get(f"/secrets/import/{job_of(owner).pk}/"))


def test_links_are_closed_many_at_once_once_it_was_asked(sign_in: SignIn) -> None:
    owner, other = as_owner(), as_owner()
    made, foreign = make_personal(owner), make_personal(other)
    browser = sign_in(owner)
    places = [make(browser, made.id) for _ in range(3)]
    make(sign_in(other), foreign.id)
    mine = list(OneTimeLink.objects.filter(secret_id=made.id).order_by("-id"))
    theirs = OneTimeLink.objects.get(secret_id=foreign.id)
    chosen = [str(each.pk) for each in (mine[0], mine[1], theirs)]
    given: dict[str, Any] = {"action": "close", "selected": chosen}

    asked = text(browser.post("/secrets/links/", given))
    assert "2 are selected." in asked and "They open nothing from now on" in asked
    told = text(browser.post("/secrets/links/", given | {"sure": "1"}, follow=True))

    assert "Close links: done for 2." in told and 'name="undo"' not in told
    still = OneTimeLink.objects.filter(revoked_at=None)
    assert set(still) == {mine[2], theirs}
    assert [Client().get(place).status_code for place in places] == [200, 404, 404]
    entries = AuditEntry.objects.filter(action="secret.link_revoke", target_id=str(made.id))
    assert entries.count() == 2
    browser.post("/secrets/links/", given | {"sure": "1"})  # sent twice
    assert entries.count() == 2


def test_links_of_a_secret_are_closed_by_who_may_write_it(sign_in: SignIn) -> None:
    owner = as_owner()
    made = make_personal(owner)
    browser = sign_in(owner)
    make(browser, made.id)
    page = text(browser.get(f"/secrets/{made.id}/links/"))
    [link] = OneTimeLink.objects.filter(secret_id=made.id)
    url = f"/secrets/links/?secret={made.id}"
    assert f'action="{url}"' in page and f'value="{link.pk}"' in page
    given = {"action": "close", "selected": [str(link.pk)], "sure": "1"}

    assert sign_in(as_stranger()).post(url, given).status_code == 404
    assert OneTimeLink.objects.filter(revoked_at=None).exists()
    answer = browser.post(url, given)

    assert answer["Location"] == f"/secrets/{made.id}/links/"
    assert not OneTimeLink.objects.filter(revoked_at=None).exists()
