"""Each page in both themes and three widths: readable for all, silent, within its policy."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import URLPattern, URLResolver

from collections_app.ui import urls as collections_urls
from secrets_app.ui import urls as secrets_urls
from tests.portal import Portal
from tests.ui.conftest import Arrive, in_portal
from tests.ui.pages import ELSEWHERE, PAGES, Row
from triggers_app.ui import urls as triggers_urls
from vaultportal.ui import urls as ui_urls

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

VIEWS = (("light", 1440), ("dark", 1440), ("light", 390), ("dark", 320))


@pytest.fixture(scope="module")
def things(portal: Portal) -> dict[str, str]:
    """A secret, a collection and an object of the administrator."""
    found: dict[str, str] = in_portal(
        portal,
        """
        import json, secrets as random
        from datetime import timedelta
        from django.utils import timezone
        from collections_app import pvschema
        from collections_app.services import adding, collections
        from collections_app.services.options import WriteOptions
        from secrets_app.payload import Payload
        from secrets_app.services import secrets
        from triggers_app.models import Pending
        from vaultportal.identity import authentication
        from vaultportal.identity.models import User
        actor = authentication.user_actor(User.objects.get(username="admin@localhost").pk)
        name = "pages_" + random.token_hex(4)
        draft = secrets.Draft(
            name=name + "/psp-live",
            payload=Payload.of({"api_key": "k", "note": "n"}),
            owner_id=actor.user_id,
        )
        properties = "email EMAIL UNIQUE, ssn SSN NULL, city STRING NULL"
        schema = pvschema.parse(f"{name} PERSONS ({properties});")
        collections.add_collection(actor, schema)
        body = {"email": "mara@example.com", "city": "Berlin"}
        made = adding.add_object(actor, name, body, WriteOptions())
        secret = secrets.create_secret(actor, draft)
        now = timezone.now()
        asked = Pending.objects.create(
            trigger="vault:secret-read-approval", operation="secret.read", actor_id=actor.user_id,
            actor_name=actor.name, object_kind="secret", object_id=str(secret.id),
            object_name=secret.name, object_version="1", request_digest=random.token_bytes(32),
            reason="Incident response", created_at=now, expires_at=now + timedelta(days=1),
        )
        things = {"secret": secret.id, "collection": name, "object": made, "approval": asked.pk}
        print(json.dumps(things, default=str))
        """,
    )
    return found


@pytest.mark.parametrize("row", PAGES, ids=lambda row: row.name)
def test_a_page_is_clean_and_a_screenshot_is_kept(
    row: Row, arrive: Arrive, administrator: Any, things: dict[str, str]
) -> None:
    state = administrator if row.signed_in else None
    for scheme, width in VIEWS:
        visitor = arrive(
            color_scheme=scheme,
            viewport={"width": width, "height": 900},
            storage_state=state,
        )

        assert visitor.open(row.path.format(**things)) == row.status

        visitor.picture(f"{row.name}-{scheme}-{width}")
        visitor.check()


@pytest.mark.parametrize("row", PAGES, ids=lambda row: row.name)
def test_a_page_reads_without_script(
    row: Row, arrive: Arrive, administrator: Any, things: dict[str, str]
) -> None:
    state = administrator if row.signed_in else None
    visitor = arrive(java_script_enabled=False, storage_state=state)

    assert visitor.open(row.path.format(**things)) == row.status

    assert visitor.page.locator("h1").inner_text()
    assert visitor.page.locator("main").inner_text().strip()


def test_a_page_speaks_german(arrive: Arrive, administrator: Any) -> None:
    visitor = arrive(storage_state=administrator, locale="de-DE")

    visitor.open("/secrets/personal/new/")

    assert visitor.page.locator("h1").inner_text() == "Neues Geheimnis"
    assert visitor.page.locator("html").get_attribute("lang") == "de"
    visitor.check()


def test_every_address_has_a_row() -> None:
    modules = (ui_urls, secrets_urls, collections_urls, triggers_urls)
    named = {name for module in modules for name in _names(module.urlpatterns, "")}

    assert named - {row.view for row in PAGES} - ELSEWHERE == set()


def _names(patterns: list[URLPattern | URLResolver], space: str) -> set[str]:
    found: set[str] = set()
    for each in patterns:
        if isinstance(each, URLResolver):
            inner = f"{space}{each.namespace}:" if each.namespace else space
            found |= _names(each.url_patterns, inner)
        elif each.name:
            found.add(space + each.name)
    return found
