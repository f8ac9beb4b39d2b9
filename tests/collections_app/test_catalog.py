"""Schemas that a process keeps, asked for by many of its threads at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from collections_app import catalog, pvschema
from collections_app.services.collections import add_collection
from collections_app.services.custom_types import TypeDraft, add_type
from tests.factories import as_admin

pytestmark = pytest.mark.django_db


@pytest.fixture
def overtaken(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Know nothing; while the next one asks for the epoch, another thread loads everything."""

    def begin() -> None:
        real = catalog.epoch

        def meanwhile() -> int:
            monkeypatch.setattr(catalog, "epoch", real)
            catalog.refresh()
            return real()

        catalog.forget()
        monkeypatch.setattr(catalog, "epoch", meanwhile)

    return begin


def test_a_collection_that_another_thread_loads_meanwhile_is_found(
    overtaken: Callable[[], None],
) -> None:
    add_collection(as_admin(), pvschema.parse("overtaken PERSONS (email EMAIL);"))
    overtaken()

    assert catalog.known("overtaken").name == "overtaken"


def test_a_type_that_another_thread_loads_meanwhile_is_found(
    overtaken: Callable[[], None],
) -> None:
    add_type(as_admin(), TypeDraft("OVERTAKEN", "STRING"))
    overtaken()

    assert catalog.custom_type("OVERTAKEN") is not None


def test_all_that_another_thread_loads_meanwhile_is_there(overtaken: Callable[[], None]) -> None:
    add_collection(as_admin(), pvschema.parse("overtaken PERSONS (email EMAIL);"))
    overtaken()

    assert "overtaken" in catalog.current().collections
