"""Bundles: what they export, and that nothing is left without the code that it names."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from pytest_django import Settings

from collections_app.models import Bundle, CustomType
from collections_app.schema.functions import NORMALIZER, Function
from collections_app.services import script_host
from collections_app.services.actions import ActionDraft, add_action, delete_action
from collections_app.services.bundles import (
    add_bundle,
    delete_bundle,
    get_bundle,
    list_bundles,
    update_bundle,
)
from collections_app.services.custom_types import TypeDraft, add_type, delete_type
from tests.collections_app.actions.conftest import MAKE_BUNDLE, encoded, name_of
from vaultportal.audit.models import AuditEntry
from vaultportal.errors import Conflict, Invalid, NotFound, VaultError
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Role

pytestmark = pytest.mark.django_db

CODE = """
"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.zeta = { type: "transformer", handler: (context, object, value) => value,
  description: "last", dependencies: { properties: ["na*", "mail"] } };
exports.alpha = { type: "transformer", handler(context, object, value) { return value; } };
exports.upper = { type: "normalizer", handler: (value) => value.toUpperCase() };
exports.is_short = { type: "validator", handler: (value) => value.length < 5 };
exports.greet = { type: "action", handler: async ({ body }) => `Hello ${body}` };
exports.helper = () => 1;
exports.other = { type: "something" };
"""


def failure(code: str, keeper: Actor) -> VaultError:
    """What the vault says of the code."""
    with pytest.raises(Invalid) as refused:
        add_bundle(keeper, name_of("b"), encoded(code))
    assert refused.value.reason == "code.failed"
    return refused.value


def test_the_exports_of_the_code_are_listed_by_kind_and_name(keeper: Actor) -> None:
    made = add_bundle(keeper, name_of("hr"), encoded(CODE), "Staff.")

    assert made.exports == {
        "validators": [{"name": "is_short", "type": "validator"}],
        "normalizers": [{"name": "upper", "type": "normalizer"}],
        "transformers": [
            {"name": "alpha", "type": "transformer"},
            {
                "name": "zeta",
                "type": "transformer",
                "description": "last",
                "dependencies": {"properties": ["na*", "mail"]},
            },
        ],
        "actions": [{"name": "greet", "type": "action"}],
    }
    found = get_bundle(keeper, made.name)
    assert (found.encoded, found.description) == (encoded(CODE), "Staff.")
    assert made.name in [each.name for each in list_bundles(keeper)]
    entry = AuditEntry.objects.get(target_id=str(made.id), action="bundle.add")
    assert made.digest.encode() in bytes(entry.body)


def test_exports_may_be_assigned_as_a_whole(keeper: Actor) -> None:
    code = "exports = { upper: { type: 'normalizer', handler: (value) => value } };"

    made = add_bundle(keeper, name_of("b"), encoded(code))

    assert made.exports["normalizers"] == [{"name": "upper", "type": "normalizer"}]


def test_code_that_cannot_be_used_is_refused_with_its_line(
    keeper: Actor, settings: Settings
) -> None:
    settings.PORTAL_ACTIONS_CPU_MS, settings.PORTAL_ACTIONS_WALL_MS = 100, 60_000
    broken = failure("exports.a = {\n  type: 'action',\n  handler: () => {{{,\n};", keeper)
    thrown = failure("\n\nthrow new Error('secret-word');", keeper)
    endless = failure("for (;;) {}", keeper)
    empty = failure("exports.helper = () => 1;", keeper)
    bare = failure("exports.a = { type: 'action' };", keeper)
    greedy = failure(
        "exports.a = {type: 'action', handler: () => 1, dependencies: {properties: 'all'}};", keeper
    )

    assert broken.context["line"] == "3"
    assert thrown.context["line"] == "3"
    assert endless.context["limit"] == "cpu"
    assert "exports no function" in empty.message
    assert bare.context == {"function": "a"}
    assert greedy.context == {"function": "a"}
    for refused in (broken, thrown):
        assert "secret-word" not in str(refused)
        assert "secret-word" not in str(refused.context)


@pytest.mark.parametrize("code", ["***", "gA==", encoded("a\0b"), encoded("//" + " " * 1024**2)])
def test_what_is_no_code_at_all_is_refused(keeper: Actor, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        add_bundle(keeper, name_of("b"), code)

    assert refused.value.reason == "code.failed"


def test_a_name_is_taken_once_and_has_a_form(keeper: Actor) -> None:
    made = add_bundle(keeper, name_of("b"), encoded(CODE))

    with pytest.raises(Conflict) as taken:
        add_bundle(keeper, made.name, encoded(CODE))
    with pytest.raises(Invalid):
        add_bundle(keeper, "1st", encoded(CODE))
    with pytest.raises(NotFound):
        get_bundle(keeper, "b\0")

    assert taken.value.reason == "name.taken"


def test_new_code_must_export_what_the_old_did(keeper: Actor, make_bundle: MAKE_BUNDLE) -> None:
    made = make_bundle(CODE)
    more = CODE + "exports.more = { type: 'action', handler: () => 2 };"
    fewer = CODE.replace("exports.upper", "exports.lower")
    changed = CODE.replace('"normalizer"', '"validator"')

    for code in (fewer, changed):
        with pytest.raises(Invalid) as refused:
            update_bundle(keeper, made.name, encoded=encoded(code))
        assert refused.value.context == {"function": "upper"}
    grown = update_bundle(keeper, made.name, encoded=encoded(more), description="Grown.")

    assert [each["name"] for each in grown.exports["actions"]] == ["greet", "more"]
    assert (grown.description, grown.digest == made.digest) == ("Grown.", False)
    assert update_bundle(keeper, made.name, description="").encoded == encoded(more)


def test_a_bundle_in_use_stays(
    keeper: Actor,
    make_bundle: MAKE_BUNDLE,
    worker_role: Role,
    make_collection: Callable[..., object],
) -> None:
    made = make_bundle(CODE)
    kind = add_type(keeper, TypeDraft(name_of("T"), "STRING", transformers=[f"{made.name}.alpha"]))
    action = add_action(keeper, ActionDraft(name_of("a"), f"{made.name}.greet", worker_role.name))

    with pytest.raises(Conflict) as by_action:
        delete_bundle(keeper, made.name, force=True)
    delete_action(keeper, action.name)
    with pytest.raises(Conflict) as by_type:
        delete_bundle(keeper, made.name)
    make_collection([{"name": "word", "data_type_name": kind.name}])
    with pytest.raises(Conflict) as by_property:
        delete_bundle(keeper, made.name, force=True)

    assert by_action.value.context == {"bundle": made.name}
    assert by_type.value.context == {"bundle": made.name}
    assert by_property.value.context == {"data type": kind.name}


def test_force_takes_unused_types_along(keeper: Actor, make_bundle: MAKE_BUNDLE) -> None:
    made = make_bundle(CODE)
    kind = add_type(keeper, TypeDraft(name_of("T"), "STRING", normalizer=f"{made.name}.upper"))

    delete_bundle(keeper, made.name, force=True)

    assert not CustomType.objects.filter(name=kind.name).exists()
    assert not Bundle.objects.filter(pk=made.pk).exists()
    with pytest.raises(NotFound):
        delete_type(keeper, kind.name)


@pytest.mark.parametrize("way", ["describe", "run", "run_many"])
def test_the_database_is_given_back_while_code_runs(way: str) -> None:
    function = Function("b", "upper", NORMALIZER, f"digest of {way}", CODE)
    ways: dict[str, Callable[[], object]] = {
        "describe": lambda: script_host.describe("b", CODE),
        "run": lambda: script_host.run(function, ["a"]),
        "run_many": lambda: script_host.run_many(function, [["a"]]),
    }

    def held_afterwards() -> bool:
        connection.ensure_connection()
        try:
            ways[way]()
            return connection.connection is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:  # a thread has a connection without a transaction
        assert pool.submit(held_afterwards).result() is False
