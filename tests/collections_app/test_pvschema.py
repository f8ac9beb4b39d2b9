"""PVSchema text, both ways."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collections_app import pvschema
from collections_app.schema.compiled import CollectionSchema, PropertySchema
from collections_app.schema.datatypes import BUILTIN
from collections_app.schema.drafts import PropertyDraft
from vaultportal.errors import Malformed

FLAGS = ("is_unique", "is_index", "is_substring_index", "is_encrypted", "is_nullable")
NOW = datetime(2025, 3, 1, tzinfo=UTC)

names = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_]{0,19}", fullmatch=True).filter(lambda n: n != "id")
properties = st.builds(
    PropertySchema,
    id=st.just(1),
    name=names,
    data_type=st.sampled_from(list(BUILTIN.values())),
    description=st.text(max_size=40),
    **{flag: st.booleans() for flag in FLAGS},
)


def schema_of(*found: PropertySchema, name: str = "staff") -> CollectionSchema:
    return CollectionSchema(uuid4(), name, "PERSONS", NOW, NOW, {each.name: each for each in found})


@given(st.lists(properties, max_size=6), names)
def test_what_is_printed_reads_back_as_it_was(found: list[PropertySchema], name: str) -> None:
    schema = schema_of(*found, name=name)

    draft = pvschema.parse(pvschema.render(schema))

    assert (draft.name, draft.type) == (schema.name, schema.type)
    assert [each.name for each in draft.properties] == sorted(schema.properties)
    for each in draft.properties:
        source = schema.properties[each.name]
        assert each.data_type_name == source.data_type.name
        assert each.description == source.description
        assert [getattr(each, flag) for flag in FLAGS] == [getattr(source, flag) for flag in FLAGS]


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    try:
        pvschema.parse_all(text)
    except Malformed as refusal:
        assert int(refusal.context["line"] or 0) >= 1
        assert int(refusal.context["column"] or 0) >= 1


def test_the_example_of_the_contract() -> None:
    text = (
        "staff PERSONS ( badge STRING UNIQUE INDEX, mail EMAIL NULL COMMENT 'work',"
        " note STRING NOT ENCRYPTED, )"
    )

    draft = pvschema.parse(text)

    badge, mail, note = draft.properties
    assert badge == PropertyDraft(
        "badge", "STRING", is_unique=True, is_index=True, given=badge.given
    )
    assert mail.is_nullable
    assert mail.description == "work"
    assert not note.is_encrypted
    shown = [
        PropertySchema(
            1,
            each.name,
            BUILTIN[each.data_type_name],
            each.description,
            **{flag: getattr(each, flag) for flag in FLAGS},
        )
        for each in draft.properties
    ]
    assert pvschema.render(schema_of(*shown)) == (
        "staff PERSONS (\n"
        "  badge STRING UNIQUE INDEX,\n"
        "  mail EMAIL NULL COMMENT 'work',\n"
        "  note STRING NOT ENCRYPTED\n"
        ");"
    )


@pytest.mark.parametrize(
    ("text", "line", "column", "word"),
    [
        ("", 1, 1, "name of a collection"),
        ("a", 1, 2, "PERSONS or DATA"),
        ("a THINGS (", 1, 3, "PERSONS or DATA"),
        ("a DATA\n  b", 2, 3, '"("'),
        ("a DATA (\n  b STRING SHINY)", 2, 12, "attribute"),
        ("a DATA (b STRING NULL NOT NULL)", 1, 23, "twice"),
        ("a DATA (b STRING, b NAME)", 1, 19, "twice"),
        ("a DATA (b STRING COMMENT 'x)", 1, 26, "no end"),
        ("a DATA (b STRING COMMENT x)", 1, 26, "quoted"),
        ("a DATA (b STRING NOT COMMENT 'x')", 1, 18, "attribute"),
        ("a DATA (b STRING; )", 1, 17, '")"'),
        ("a DATA (b \u00a0STRING)", 1, 11, "unexpected"),
    ],
)
def test_a_fault_names_line_and_column(text: str, line: int, column: int, word: str) -> None:
    with pytest.raises(Malformed) as refusal:
        pvschema.parse(text)

    assert refusal.value.context == {"line": str(line), "column": str(column)}
    assert word in refusal.value.message


def test_two_collections_in_one_text() -> None:
    assert [each.name for each in pvschema.parse_all("a DATA (); b PERSONS (x STRING)")] == [
        "a",
        "b",
    ]
    with pytest.raises(Malformed):
        pvschema.parse("a DATA (); b PERSONS (x STRING)")
