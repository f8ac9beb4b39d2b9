"""How many objects a collection has: about, exactly, and nothing to who may not learn it."""

from __future__ import annotations

from typing import Any

import pytest

from collections_app.permissions import Capability
from collections_app.services import adding, granting
from collections_app.services.options import WriteOptions
from tests.collections_app.ui.conftest import Place, browser_of
from tests.factories import make_person, make_role, unique

pytestmark = pytest.mark.django_db


def test_who_may_list_and_not_count_learns_no_number(place: Place, settings: Any) -> None:
    settings.PVAULT_SERVICE_MAX_PAGINATION_REMAINING_COUNT = 5
    bodies = [{"email": f"person{each}@example.com"} for each in range(59)]
    adding.add_objects(place.actor, place.name, bodies, WriteOptions())
    lister = make_person(username=unique("lister"))
    granting.grant_collection(place.actor, place.name, lister, Capability.OBJECTS_READER)
    granting.grant_collection(place.actor, place.name, lister, Capability.OBJECTS_LISTER)
    make_role(permissions=[Capability.COLLECTIONS_READER], members=[lister])

    theirs = browser_of(lister).get(place.url).content.decode()
    assert "50 rows on this page" in theirs
    for said in ("Count exactly", "about ", "in all"):
        assert said not in theirs
    counted = browser_of(lister).get(f"{place.url}?count=1").content.decode()
    assert "in all" not in counted

    own = browser_of(place.owner)
    assert "Count exactly" in own.get(place.url).content.decode()
    assert "60 in all" in own.get(f"{place.url}?count=1").content.decode()
    assert "All that match" in own.get(place.url).content.decode()
