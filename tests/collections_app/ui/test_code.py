"""Bundles, data types and actions: written, tried on samples, used, and kept while used."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from collections_app.models import Action, Bundle, CustomType
from collections_app.permissions import Capability
from tests.collections_app.ui.conftest import browser_of
from tests.factories import make_person, make_policy, make_role, unique

pytestmark = pytest.mark.django_db

CODE = """exports.upper = {type: "normalizer", handler: (value) => value.toUpperCase()};
exports.greet = {
  type: "action", description: "Says hello.", handler: ({body}) => ({said: body.to}),
};
"""
EVERYTHING = [
    Capability.CODE_READER,
    Capability.CODE_WRITER,
    Capability.TYPES_READER,
    Capability.TYPES_WRITER,
    Capability.ACTION_READER,
    Capability.ACTION_WRITER,
    Capability.ACTION_INVOKER,
]


def a_name(word: str) -> str:
    return unique(word).replace("-", "_")


@pytest.fixture
def writer(db: None) -> Client:
    """May write all code, and run it with a role of their own."""
    person = make_person(username=unique("writer"))
    make_role(permissions=EVERYTHING, policies=[make_policy()], members=[person], name=unique("r"))
    return browser_of(person)


def stored(writer: Client, code: str = CODE) -> str:
    name = a_name("b")
    answer = writer.post("/bundles/new/", {"name": name, "code": code, "do": "save"})
    assert answer.headers["Location"] == f"/bundles/code/{name}/"
    return name


def test_a_bundle_is_stored_and_shows_its_functions(writer: Client) -> None:
    name = stored(writer)

    page = writer.get(f"/bundles/code/{name}/").content.decode()

    assert "Says hello." in page
    assert "toUpperCase" in page
    assert name in writer.get("/bundles/").content.decode()


def test_a_draft_is_tried_without_being_stored(writer: Client) -> None:
    given = {"code": CODE, "function": "upper", "sample": '"abc"', "do": "try"}

    page = writer.post("/bundles/new/", given).content.decode()

    assert "&quot;ABC&quot;" in page
    assert not Bundle.objects.exists()


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        ({"code": "let x = ;", "do": "try"}, 200, "Line 1"),
        ({"code": CODE, "function": "upper", "sample": "7", "do": "try"}, 200, "Failed"),
        ({"code": CODE, "function": "nothing", "do": "try"}, 422, "must be one that"),
        ({"code": CODE, "sample": "{no", "do": "try"}, 422, "This is not JSON."),
        ({"code": CODE, "sample": "[" * 5000 + "]" * 5000, "do": "try"}, 422, "This is not JSON."),
        ({"code": "let x = ;", "name": "b", "do": "save"}, 422, "id_code"),
    ],
)
def test_what_does_not_work_is_said(
    writer: Client, given: dict[str, str], status: int, said: str
) -> None:
    answer = writer.post("/bundles/new/", given)

    assert answer.status_code == status
    assert said in answer.content.decode()
    assert not Bundle.objects.exists()


def test_a_bundle_that_is_used_says_by_what_and_stays(writer: Client) -> None:
    name = stored(writer)
    kind = a_name("T").upper()
    given = {"name": kind, "base": "STRING", "normalizer": f"{name}.upper"}
    assert writer.post("/bundles/types/new/", given).status_code == 302
    assert CustomType.objects.get(name=kind).normalizer == f"{name}.upper"
    assert kind in writer.get("/bundles/types/").content.decode()
    assert kind in writer.get(f"/bundles/code/{name}/").content.decode()

    page = writer.post(f"/bundles/code/{name}/delete/", {"word": name}, follow=True)
    assert "Something uses the bundle" in page.content.decode()
    assert Bundle.objects.filter(name=name).exists()

    writer.post(f"/bundles/types/{kind}/delete/")
    writer.post(f"/bundles/code/{name}/delete/", {"word": name})
    assert not Bundle.objects.filter(name=name).exists()


def test_a_data_type_is_described_anew(writer: Client) -> None:
    name, kind = stored(writer), a_name("T").upper()
    given = {"name": kind, "base": "STRING", "normalizer": f"{name}.upper"}
    writer.post("/bundles/types/new/", given)

    answer = writer.post(f"/bundles/types/{kind}/", {"description": "Upper case."})

    assert answer.status_code == 302
    assert CustomType.objects.get(name=kind).description == "Upper case."
    assert writer.get("/bundles/types/EMAIL/").status_code == 200
    wrong = {"name": kind, "base": "STRING", "validator": "no-reference"}
    assert writer.post("/bundles/types/new/", wrong).status_code == 422


def test_saving_the_same_code_changes_no_line_of_it(writer: Client) -> None:
    name = stored(writer)
    before = Bundle.objects.get(name=name)
    given = {"description": "Greets.", "do": "save", "code": CODE.replace("\n", "\r\n")}

    assert writer.post(f"/bundles/code/{name}/", given).status_code == 302

    after = Bundle.objects.get(name=name)
    assert (after.code, after.digest) == (CODE, before.digest)
    assert after.description == "Greets."
    crlf = stored(writer, CODE.replace("\n", "\r\n"))
    assert Bundle.objects.get(name=crlf).digest == before.digest


def test_code_that_drops_a_function_is_not_saved(writer: Client) -> None:
    name = stored(writer)
    shorter = CODE.splitlines()[0]

    answer = writer.post(f"/bundles/code/{name}/", {"code": shorter, "do": "save"})

    assert answer.status_code == 422
    assert "greet" in Bundle.objects.get(name=name).code


def test_who_may_not_write_code_only_reads_it(writer: Client) -> None:
    name = stored(writer)
    reader = make_person()
    make_role(permissions=[Capability.CODE_READER], members=[reader])
    client = browser_of(reader)

    page = client.get(f"/bundles/code/{name}/").content.decode()

    assert "readonly" in page
    assert "Save bundle" not in page
    assert client.get("/bundles/new/").status_code == 403
    assert client.post(f"/bundles/code/{name}/delete/", {"word": name}).status_code == 403
    assert client.get("/bundles/types/").status_code == 403


def test_a_stranger_sees_no_code(stranger: Client) -> None:
    answer = stranger.get("/bundles/")

    assert answer.status_code == 403
    assert "You may not see bundles" in answer.content.decode()
    assert stranger.get("/bundles/actions/http_call/").status_code == 403


def test_pages_say_when_code_is_switched_off(writer: Client, settings: Settings) -> None:
    settings.PVAULT_FEATURES_DISABLE_JAVASCRIPT = True

    assert "Code is switched off here" in writer.get("/bundles/").content.decode()
    answer = writer.post("/bundles/new/", {"name": "b", "code": CODE, "do": "save"})
    assert answer.status_code == 422


@pytest.mark.django_db(transaction=True)
def test_an_action_is_made_and_invoked(writer: Client) -> None:
    name, action = stored(writer), a_name("a")
    page = writer.get("/bundles/actions/new/").content.decode()
    role = page.split('<option value="')[1].split('"')[0]
    given = {"name": action, "function": f"{name}.greet", "role": role}
    assert writer.post("/bundles/actions/new/", given).status_code == 302
    assert action in writer.get("/bundles/actions/").content.decode()
    url = f"/bundles/actions/{action}/"

    page = writer.post(url, {"reason": "Maintenance", "body": '{"to": "Ida"}'}).content.decode()

    assert "&quot;said&quot;: &quot;Ida&quot;" in page
    assert writer.post(url, {"reason": "Maintenance", "body": "{no"}).status_code == 422
    deep = writer.post(url, {"reason": "Maintenance", "body": "[" * 5000 + "]" * 5000})
    assert deep.status_code == 422
    broken = writer.post(url, {"reason": "Maintenance", "body": "null"})
    assert broken.status_code == 422
    assert "has failed with an error" in broken.content.decode()
    writer.post(f"{url}delete/")
    assert not Action.objects.filter(name=action).exists()
