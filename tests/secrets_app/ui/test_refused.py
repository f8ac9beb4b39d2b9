"""Refused is no dead end: who could open it, whom to ask, and why it is so."""

from __future__ import annotations

import html
import re

import pytest

from secrets_app.permissions import SecretPermission
from tests.factories import as_admin, as_stranger, make_role, unique
from tests.secrets_app.factories import make_shared
from tests.secrets_app.ui.conftest import HTMX, SignIn
from tests.secrets_app.ui.test_secret import text

pytestmark = pytest.mark.django_db


def link(page: str, label: str) -> str:
    """Where the one link with these words leads."""
    found = re.findall(rf'<a class="btn[^"]*" href="([^"]+)">{label}</a>', page)
    assert len(found) == 1, (label, found)
    return html.unescape(found[0])


def test_who_sees_only_that_a_secret_exists_asks_for_it_and_learns_why(sign_in: SignIn) -> None:
    role = make_role(name=unique("Payments"))
    made, admin = make_shared(readers=(role,)), sign_in(as_admin())

    page = text(admin.get(f"/secrets/{made.id}/"))

    asked = admin.get(link(page, "Ask for access"))
    assert f"Open it in http://testserver/secrets/{made.id}/, choose Share" in text(asked)
    why = admin.get(link(page, "Explain why"))
    assert why.status_code == 200
    assert not why.context["answer"].allowed and role.name in why.context["answer"].would_help


def test_the_refusal_itself_names_the_roles_and_leads_on(sign_in: SignIn) -> None:
    role = make_role(name=unique("Payments"))
    made, admin = make_shared(readers=(role,)), sign_in(as_admin())

    for headers in ({}, HTMX):
        refused = admin.get(f"/secrets/{made.id}/reveal/?field=0", headers=headers)

        page = text(refused)
        assert refused.status_code == 403 and f"one of these does: {role.name}" in page
        assert str(made.id) in link(page, "Ask for access")
        assert role.name in text(admin.get(link(page, "Explain why")))


def test_a_right_on_all_things_is_explained_as_well(sign_in: SignIn) -> None:
    role = make_role(name=unique("Keepers"), permissions=[SecretPermission.ADD])
    stranger = sign_in(as_stranger())

    page = text(stranger.get("/secrets/new/"))

    assert "You may not do this" in page and role.name in page and "Ask for access" not in page
    assert stranger.get(link(page, "Explain why")).status_code == 200


@pytest.mark.parametrize("secret", ["nonsense", "0197a3c4-0000-7000-8000-000000000000"])
def test_nobody_asks_for_what_they_may_not_know(sign_in: SignIn, secret: str) -> None:
    hidden, stranger = make_shared(), sign_in(as_stranger())

    for each in (secret, str(hidden.id)):
        assert stranger.get(f"/secrets/ask/?secret={each}").status_code == 404
