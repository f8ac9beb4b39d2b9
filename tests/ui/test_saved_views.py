"""Saved views of lists: one's own, shared with a role, closed to everybody else."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import actor_of, as_admin, make_person, make_role, member_of
from tests.vaultportal.ui.conftest import sign_in
from vaultportal.audit.models import AuditEntry
from vaultportal.directory import saved_views
from vaultportal.directory.models import SavedView
from vaultportal.directory.services import people, roles
from vaultportal.directory.services import saved_views as services
from vaultportal.errors import Invalid
from vaultportal.identity.models import Membership, Role, User
from vaultportal.identity.models.role import ADMIN, EVERYONE
from vaultportal.ui import lists

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
LIST, PATH, QUERY = "ui:audit", "/audit/", "outcome=refused"
EVERY_LIST = (
    "secrets:personal",
    "secrets:shared",
    "secrets:people",
    "collections:list",
    "tokens:find",
    "storage:vaults",
    "storage:endpoints",
    "storage:jobs",
    "triggers:subscriptions",
    "triggers:invocations",
    "triggers:approvals",
    "ui:audit",
    "ui:people",
    "ui:clients",
)


@pytest.fixture
def person() -> User:
    return make_person()


@pytest.fixture
def browser(person: User) -> Client:
    return sign_in(person)


def new(list_name: str = LIST, query: str = QUERY) -> str:
    """Where a query is saved."""
    return f"{reverse('ui:view_new')}?{urlencode({'list': list_name, 'query': query})}"


def saved(owner: User, name: str = "Refused", *, role: Role | None = None) -> SavedView:
    return SavedView.objects.create(owner=owner, list_name=LIST, name=name, query=QUERY, role=role)


def page_of(client: Client, path: str = PATH) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def menu(client: Client, path: str = PATH) -> str:
    """The menu of saved views of a page."""
    found = re.search(r'<div id="views-of-list".*?</div>', page_of(client, path), re.DOTALL)
    assert found is not None
    return found[0]


def actions() -> list[str]:
    """What was recorded of views, the first one first."""
    rows = AuditEntry.objects.filter(target_kind="saved_view").order_by("id")
    return [row.action for row in rows]


def test_a_query_is_saved_and_opened_from_the_menu(browser: Client, person: User) -> None:
    link = re.search(r'href="([^"]+)"', menu(browser, f"{PATH}?{QUERY}&after=x&evil=1"))
    assert link is not None
    assert link[1] == new()
    form = page_of(browser, link[1])
    assert "A view of the list “Audit”." in form
    assert "It keeps: Outcome" in form

    answer = browser.post(link[1], {"name": "Refused", "role": ""})

    assert answer.status_code == 302
    assert answer["Location"] == f"{PATH}?{QUERY}"
    kept = SavedView.objects.get(owner=person)
    assert (kept.list_name, kept.name, kept.query, kept.role) == (LIST, "Refused", QUERY, None)
    there, elsewhere = menu(browser, f"{PATH}?{QUERY}"), menu(browser)
    assert f'<a href="{PATH}?{QUERY}" aria-current="true">' in there
    assert "Save this view" not in there
    assert f'<a href="{PATH}?{QUERY}">' in elsewhere
    assert menu(browser, "/secrets/personal/?q=x").count("<li>") == 0
    assert actions() == ["saved_view.create"]


def test_a_part_of_the_page_brings_the_menu_for_the_new_filters(browser: Client) -> None:
    part = browser.get(f"{PATH}?action=secret.*", headers=HTMX).content.decode()

    found = re.search(r'<div id="views-of-list" hx-swap-oob="outerHTML">.*?</div>', part, re.DOTALL)
    assert found is not None
    assert html.escape(new(query="action=secret.%2A")) in found[0]


def test_a_view_is_shared_with_the_members_of_a_role(browser: Client, person: User) -> None:
    role, colleague = make_role(members=[person]), make_person()
    member_of(colleague, role)

    answer = browser.post(new(), {"name": "Refused", "role": str(role.uuid)})

    assert answer.status_code == 302
    shown = menu(sign_in(colleague), f"{PATH}?{QUERY}")
    assert "Shared with my roles" in shown
    assert role.name in shown
    assert "Change the view" not in shown
    assert "Save this view" in shown  # for a copy of one's own
    assert f"Shared with {role.name}" in menu(browser)
    assert "Refused" not in menu(sign_in(make_person()))
    assert actions() == ["saved_view.create", "saved_view.share"]
    Membership.objects.filter(user=colleague).delete()
    assert "Refused" not in menu(sign_in(colleague))


def test_sharing_is_for_members_and_for_those_who_manage_roles(
    browser: Client, person: User
) -> None:
    foreign, everyone = make_role(), Role.objects.get(name=EVERYONE)
    assert foreign.name not in page_of(browser, new())

    for role in (foreign, everyone):
        refused = browser.post(new(), {"name": "Refused", "role": str(role.uuid)})
        assert refused.status_code == 422
        with pytest.raises(Invalid, match="none that you may share with"):
            services.save_view(actor_of(person), LIST, "x", [("q", "x")], role.uuid)
    assert not SavedView.objects.exists()

    manager = member_of(make_person(), Role.objects.get(name=ADMIN))
    for number, role in enumerate((foreign, everyone)):
        given = {"name": f"Refused {number}", "role": str(role.uuid)}
        assert sign_in(manager).post(new(), given).status_code == 302
    assert "Refused 1" in menu(browser)
    assert "Refused 0" not in menu(browser)


def test_another_persons_view_can_be_neither_seen_nor_changed(
    browser: Client, person: User
) -> None:
    role = make_role(members=[person])
    theirs = saved(make_person(), role=role)
    path = reverse("ui:view", args=[theirs.pk])

    for client in (browser, sign_in(member_of(make_person(), Role.objects.get(name=ADMIN)))):
        assert client.get(path).status_code == 404
        assert client.post(path, {"name": "Mine", "role": ""}).status_code == 404
        assert client.post(path, {"action": "delete"}).status_code == 404

    theirs.refresh_from_db()
    assert (theirs.name, theirs.role) == ("Refused", role)


def test_ones_own_is_renamed_shared_and_deleted(browser: Client, person: User) -> None:
    role, view = make_role(members=[person]), saved(person)
    path = reverse("ui:view", args=[view.pk])
    assert 'value="Refused"' in page_of(browser, path)

    answer = browser.post(path, {"name": "Denied", "role": str(role.uuid)})

    assert (answer.status_code, answer["Location"]) == (302, f"{PATH}?{QUERY}")
    Membership.objects.filter(user=person).delete()  # what is shared already may stay so
    assert browser.post(path, {"name": "Denied!", "role": str(role.uuid)}).status_code == 302
    view.refresh_from_db()
    assert (view.name, view.role) == ("Denied!", role)
    assert browser.post(path, {"name": "Denied!", "role": ""}).status_code == 302
    assert browser.post(path, {"action": "delete"})["Location"] == PATH
    assert not SavedView.objects.exists()
    assert actions() == [
        "saved_view.change",
        "saved_view.share",
        "saved_view.change",
        "saved_view.unshare",
        "saved_view.delete",
    ]


@pytest.mark.parametrize("name", ["", " ", "x" * 81, "tab\there"])
def test_a_name_is_a_short_line(browser: Client, name: str) -> None:
    assert browser.post(new(), {"name": name, "role": ""}).status_code == 422
    assert not SavedView.objects.exists()


def test_a_name_is_taken_once_a_list_and_person(browser: Client, person: User) -> None:
    saved(person)
    saved(make_person())

    again = browser.post(new(), {"name": "Refused", "role": ""})
    other = browser.post(new("ui:people", "state=disabled"), {"name": "Refused", "role": ""})

    assert again.status_code == 422
    assert "This is taken." in again.content.decode()
    assert other.status_code == 302
    path = reverse("ui:view", args=[saved(person, "Denied").pk])
    assert browser.post(path, {"name": "Refused", "role": ""}).status_code == 422


def test_there_is_a_limit(browser: Client, person: User) -> None:
    SavedView.objects.bulk_create(
        SavedView(owner=person, list_name=LIST, name=str(number), query=f"q={number}")
        for number in range(saved_views.MOST_OWN)
    )

    refused = browser.post(new(), {"name": "One more", "role": ""})

    assert refused.status_code == 422
    assert "There are 100 views of this list already." in refused.content.decode()
    assert SavedView.objects.count() == saved_views.MOST_OWN


@pytest.mark.parametrize(
    ("list_name", "given", "kept"),
    [
        ("ui:people", "q=ada&page=7&next=//evil.example&role=&state=active", "q=ada&state=active"),
        ("ui:audit", "action=x&after=1&before=2&trail=3~4&csrfmiddlewaretoken=t", "action=x"),
        ("secrets:shared", "folder=a/b&view=flat&q=&page=2", "folder=a%2Fb&view=flat"),
        ("triggers:approvals", "tab=todo&state=waiting&part=rows&v=1", "state=waiting"),
        (
            "triggers:invocations",
            "columns=time,zzz,state&kind=real",
            "kind=real&columns=time%2Cstate",
        ),
        ("ui:clients", 'q="><b>&q=javascript:x', "q=%22%3E%3Cb%3E&q=javascript%3Ax"),
    ],
)
def test_only_what_is_the_lists_own_is_kept(
    browser: Client, list_name: str, given: str, kept: str
) -> None:
    answer = browser.post(new(list_name, given), {"name": "Kept", "role": ""})

    assert answer.status_code == 302
    assert SavedView.objects.get().query == kept
    assert urlsplit(answer["Location"]).path == reverse(list_name)
    assert parse_qsl(urlsplit(answer["Location"]).query) == parse_qsl(kept)


@pytest.mark.parametrize("given", ["", "page=3&after=x", "zzz=1", "action=" + "x" * 2001])
def test_nothing_and_too_much_cannot_be_saved(browser: Client, given: str) -> None:
    answer = browser.post(new(LIST, given), {"name": "Kept", "role": ""})

    assert answer.status_code == 422
    assert "What is on cannot be saved" in answer.content.decode()
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("name", ["", "ui:home", "admin:index", "ui:person", "//evil", "x" * 300])
def test_what_is_no_list_is_not_found(browser: Client, name: str) -> None:
    assert browser.get(new(name)).status_code == 404
    assert browser.post(new(name), {"name": "Kept"}).status_code == 404


def test_a_hostile_name_is_words(browser: Client, person: User) -> None:
    saved(person, "<script>alert(1)</script>")

    shown = browser.get(PATH).content.decode()

    assert "<script>alert(1)" not in shown
    assert "&lt;script&gt;alert(1)" in shown


def test_a_retired_role_and_a_deleted_person_take_their_share_along(person: User) -> None:
    role, colleague = make_role(members=[person]), make_person()
    view = saved(person, role=role)
    saved(colleague, role=role)

    roles.retire_role(as_admin(), role.uuid)
    people.delete_person(as_admin(), colleague.pk)

    view.refresh_from_db()
    assert view.role is None
    assert list(SavedView.objects.all()) == [view]


@pytest.mark.parametrize("name", EVERY_LIST)
def test_a_list_pays_one_statement_however_many_views_there_are(name: str) -> None:
    admin = member_of(make_person(), Role.objects.get(name=ADMIN))
    role = make_role(members=[admin])
    for number in range(3):
        for owner, given in ((admin, None), (make_person(), role)):
            SavedView.objects.create(
                owner=owner, list_name=name, name=f"View {number}", query="q=x", role=given
            )
    client, path = sign_in(admin), reverse(name)

    with CaptureQueriesContext(connection) as counted:
        answer = client.get(f"{path}?q=zzz&state=zzz&action=zzz")

    asked = [each["sql"] for each in counted if "directory_savedview" in each["sql"]]
    assert answer.status_code == 200
    assert lists.named(name) is not None
    assert len(asked) <= 1
    if asked:
        assert answer.content.decode().count("<span>View 1<") == 2


def test_it_speaks_german() -> None:
    browser = sign_in(make_person(language="de"))

    shown = page_of(browser, f"{PATH}?{QUERY}")

    assert "Gespeicherte Ansichten" in shown
    assert "Diese Ansicht speichern" in shown
    assert "Eine Ansicht der Liste" in page_of(browser, new())
