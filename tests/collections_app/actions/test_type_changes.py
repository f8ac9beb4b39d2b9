"""Data types as things: what may change while values of them are stored."""

from __future__ import annotations

import pytest

from collections_app.schema.drafts import property_from_json
from collections_app.services.adding import add_object
from collections_app.services.custom_types import (
    TypeDraft,
    add_type,
    delete_type,
    get_type,
    update_type,
)
from collections_app.services.options import ReadOptions, WriteOptions
from collections_app.services.properties import add_property
from collections_app.services.reading import get_object
from tests.collections_app.actions.conftest import MAKER, name_of
from vaultportal.errors import Conflict, Invalid, NotFound
from vaultportal.identity.actor import Actor

pytestmark = pytest.mark.django_db

PLAIN = WriteOptions()


def test_functions_are_added_to_built_in_types_and_taken_away(
    keeper: Actor, make_collection: MAKER, bundle: str
) -> None:
    name = make_collection([{"name": "mail", "data_type_name": "EMAIL"}]).name
    made = str(add_object(keeper, name, {"mail": "ida@x.example"}, PLAIN))
    shown = ReadOptions(props=("mail.last2",))

    update_type(keeper, "email", TypeDraft("EMAIL", transformers=[f"{bundle}.last2"]))

    assert get_object(keeper, name, made, shown) == {"mail.last2": "…le"}
    assert get_type(keeper, "EMAIL").transformer_names == ["last2", "mask", "token"]
    with pytest.raises(Invalid):
        update_type(keeper, "EMAIL", TypeDraft("EMAIL", description="mine"))
    with pytest.raises(Invalid):
        delete_type(keeper, "EMAIL")
    update_type(keeper, "EMAIL", TypeDraft("EMAIL", transformers=["mask"]))
    with pytest.raises(NotFound):
        get_object(keeper, name, made, shown)


def test_a_type_changes_only_as_far_as_stored_values_allow(
    keeper: Actor, bundle: str, staff_no: str
) -> None:
    plain = add_type(keeper, TypeDraft(name_of("T"), "STRING")).name

    changed = update_type(
        keeper,
        plain,
        TypeDraft(plain, description="Plain.", validator=f"{bundle}.is_staff_no"),
    )

    assert (changed.description, changed.has_code) == ("Plain.", True)
    for draft in (
        TypeDraft(staff_no, validator=""),
        TypeDraft(staff_no, normalizer=""),
        TypeDraft(staff_no, base_type_name="EMAIL"),
    ):
        with pytest.raises(Invalid):
            update_type(keeper, staff_no, draft)


def test_a_type_in_use_stays_and_an_unused_one_goes(
    keeper: Actor, staff: str, staff_no: str
) -> None:
    unused = add_type(keeper, TypeDraft(name_of("T"), "STRING")).name

    delete_type(keeper, unused)
    with pytest.raises(Conflict) as used:
        delete_type(keeper, staff_no)

    assert used.value.reason == "in_use"
    with pytest.raises(NotFound):
        get_type(keeper, unused)
    draft = property_from_json({"name": "more", "data_type_name": unused, "is_nullable": True})
    with pytest.raises(Invalid):
        add_property(keeper, staff, "more", draft)
