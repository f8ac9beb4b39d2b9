"""What a form says when it is refused comes out of the catalog too, whoever refused it.

A pseudo-language marks every message (see ``pseudo``): what stands in an error without a mark
would be English on a German page.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation

from secrets_app.models import ImportJob
from secrets_app.ui import told
from tests.factories import actor_of, make_person, make_role, member_of, unique
from tests.secrets_app.factories import make_personal, make_shared
from tests.ui.pseudo import CLOSE, OPEN, PASSWORD, en_xa
from vaultportal.errors import Conflict, Fault, Invalid
from vaultportal.identity.models import Role, User
from vaultportal.identity.models.role import ADMIN
from vaultportal.ui import faults
from vaultportal.ui.forms import PasswordForm

__all__ = ["en_xa"]  # the fixture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("en_xa")]
CODES = (
    *("missing", "type", "format", "range", "duplicate"),
    *("unknown", "choice", "conflict", "readonly"),
)
_ERRORS = re.compile(
    r'<p class="vp-err"[^>]*>(.*?)</p>|<div class="vp-note is-bad"[^>]*>(.*?)</div>'
    r'|<div [^>]*role="alert"[^>]*>\s*<p[^>]*>(.*?)</p>',
    re.DOTALL,
)


@pytest.fixture
def administrator() -> User:
    person = make_person(username=unique("boss"), password=PASSWORD)
    member_of(person, Role.objects.get(name=ADMIN))
    return person


@pytest.fixture
def client(administrator: User) -> Client:
    browser = Client()
    given = {"login": administrator.username, "password": PASSWORD}
    browser.post("/accounts/login/", given)
    return browser


def unmarked(answer: Any) -> list[str]:
    """What the errors of a page say outside of the marks; they must say something."""
    page = answer.content.decode()
    said = [re.sub(r"<[^>]+>", "", "".join(found)) for found in _ERRORS.findall(page)]
    told_ = [text for text in said if OPEN in text]
    assert told_, (answer.status_code, said or page[:3000])
    rest = [re.sub(f"{OPEN}[^{CLOSE}]*{CLOSE}", "", text) for text in said]
    return [text.strip() for text in rest if re.search(r"[^\W\d_]{2}", text)]


def test_forms_of_secrets(client: Client, administrator: User) -> None:
    actor, taken = actor_of(administrator), unique("taken")
    one = make_personal(actor, name=taken)
    two = make_personal(actor)
    shared = make_shared(actor, readers=(make_role(members=[administrator]),))
    row = {"name-0": "a", "value-0": "b"}
    retired = make_role()
    place = f"/secrets/{two.id}"
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("/secrets/personal/new/", {"name": "a//b", **row}),
        ("/secrets/personal/new/", {"name": "x"}),
        ("/secrets/personal/new/", {"name": taken, "kind": "json", **row}),
        ("/secrets/personal/new/", {"name": "x", "name-0": "a", "name-1": "a", "value-2": "v"}),
        ("/secrets/personal/new/", {"name": unique("n"), "kind": "database", **row}),
        ("/secrets/new/", {"name": "x", "readers": ["none"], **row}),
        (f"{place}/edit/", {"etag": "old", "name-0": "", "value-0": "x"}),
        (f"{place}/edit/", {"etag": "old", **row}),
        (f"{place}/settings/", {"name": taken, "kind": "none", "keep_days": "0", "etag": "old"}),
        (f"{place}/settings/", {"name": taken, "kind": "json", "etag": "old"}),
        (f"{place}/share/", {"rights": ["read"]}),
        (f"{place}/share/", {"person": "nobody-at-all", "rights": ["read"], "until": "date"}),
        (f"{place}/share/", {"role": str(retired.uuid), "rights": ["own"]}),
        (f"{place}/links/", {"views": "0", "hours": "", "receiver": "nobody-at-all"}),
        (f"/secrets/{shared.id}/checkout/", {"minutes": "7"}),
        ("/secrets/export/", {"which": "all", "passphrase": "short", "again": "x"}),
        ("/secrets/bulk/", {"action": "share", "go": "1", "selected": [str(one.id)]}),
        ("/secrets/bulk/", {"action": "move", "go": "1", "folder": "..", "selected": [one.id]}),
    ]

    found = {
        f"{path} {number}: {text}"
        for number, (path, given) in enumerate(wrong)
        for text in unmarked(client.post(path, given))
    }

    assert not found, "\n".join(sorted(found))


def test_a_file_that_cannot_be_read_and_what_an_import_tells(
    client: Client, administrator: User
) -> None:
    file = SimpleUploadedFile("my.json", b"{")
    given = {"source": "bitwarden-json", "to": "personal", "content": file}
    assert unmarked(client.post("/secrets/import/", given)) == []

    lines = b"export A=1\nA=2\nB=$C\n"
    client.post(
        "/secrets/import/",
        {"source": "dotenv", "to": "personal", "content": SimpleUploadedFile("x.env", lines)},
    )
    job = ImportJob.objects.filter(author_id=administrator.pk).latest("created_at")
    place = f"/secrets/import/{job.pk}/"
    preview = client.get(place).content.decode()
    assert f"{OPEN}an earlier value of A{CLOSE}" in preview
    client.post(place, {"name-0": "x"})
    client.post(f"{place}?step=conflicts", {})
    assert f"{OPEN}left out{CLOSE}" in client.get(place).content.decode()
    assert told.said("secret must have at most 3 bytes.").startswith(OPEN)


def test_forms_of_oneself(client: Client) -> None:
    wrong: list[tuple[str, dict[str, str]]] = [
        ("/me/", {"theme": "none", "density": "none", "language": "xx"}),
        ("/me/password/", {"old": "wrong", "new": "another-horse-battery-9"}),
        ("/me/password/", {"old": PASSWORD, "new": "short"}),
        ("/me/keys/new/", {"reach": "none", "lifetime": "1000000"}),
        ("/setup/keys/", {"code": "000000"}),
    ]

    found = {
        f"{path}: {text}" for path, given in wrong for text in unmarked(client.post(path, given))
    }

    assert not found, "\n".join(sorted(found))


def test_signing_in_and_proving(client: Client) -> None:
    part = {"HX-Request": "true"}
    answers = [
        Client().post("/accounts/login/", {"login": "nobody", "password": "x"}),
        Client().post("/me/again/", {"login": "nobody", "password": "x"}, headers=part),
        client.post("/me/prove/", {"proof": "wrong"}, headers=part),
        client.post("/accounts/2fa/totp/activate/", {"code": "000000"}),
    ]

    assert [text for answer in answers for text in unmarked(answer)] == []


@pytest.mark.parametrize(
    "refusal",
    [
        Invalid("role", "A role does not exist."),
        Conflict("role", "The role is built in."),
        Conflict("thing", "A sentence that nobody has listed."),
        *(
            Invalid("thing", "Some sentence.", faults=(Fault("old", code, "is wrong"),))
            for code in [
                "missing",
                "type",
                "format",
                "range",
                "duplicate",
                "unknown",
                "choice",
                "conflict",
                "readonly",
            ]
        ),
    ],
)
def test_what_a_service_refuses(refusal: Invalid | Conflict) -> None:
    form = PasswordForm({"old": "a", "new": "b"})

    with translation.override("en"):
        faults.put(form, refusal)

    said = [str(error) for errors in form.errors.values() for error in errors]
    assert said and all(text.startswith(OPEN) and text.endswith(CLOSE) for text in said)
