"""Collections, the objects and tokens of one of them, and the team's own code."""

from __future__ import annotations

from bench.lists.copying import repeat
from bench.lists.world import World
from collections_app import pvschema
from collections_app.models import (
    Action,
    Bundle,
    Collection,
    CustomType,
    IndexEntry,
    Object,
    Property,
    Token,
)
from collections_app.services import adding, collections, tokenizing
from collections_app.services.options import Expiration, WriteOptions
from vaultportal.crypto.models import ObjectKey

MODELS = (Object, IndexEntry, Token, ObjectKey)
BULK = 1000  # objects of one call
PROPERTIES = "email EMAIL UNIQUE, full_name NAME NULL, city STRING NOT ENCRYPTED NULL"
EXPORTS: dict[str, list[object]] = {
    "validators": [],
    "normalizers": [],
    "transformers": [],
    "actions": [],
}
# One in so many has a tag of its own.
RARE = "CASE WHEN made.n::int % 5000 = 2 THEN ARRAY['all', 'few'] ELSE ARRAY['all'] END"


def begin(world: World) -> None:
    """The collection that is looked into."""
    name = f"lists_{world.word}"
    collections.add_collection(world.actor, pvschema.parse(f"{name} PERSONS ({PROPERTIES});"))
    world.things["collection"] = name


def fill(world: World, wanted: range) -> None:
    """An object and a token for each number, by the bulk door; few of all else."""
    name = world.things["collection"]
    for start in range(wanted.start, wanted.stop, BULK):
        chunk = range(start, min(wanted.stop, start + BULK))
        bodies = [
            {
                "email": f"ida.{n}@example.com",
                "full_name": f"Ida Roth {n}",
                "city": f"City {n % 97}",
            }
            for n in chunk
        ]
        if not adding.add_objects(world.actor, name, bodies, WriteOptions()).is_done:
            raise SystemExit("The objects of the lists could not be added.")
    _tokens(world, wanted)
    for number in world.few(wanted):
        _few(world, number)


def _tokens(world: World, wanted: range) -> None:
    """Pointers to one object: names alone, with nothing sealed in them."""
    name, start = world.things["collection"], wanted.start
    held = Token.objects.filter(collection__name=name)
    if not held.exists():
        first = Object.objects.filter(collection__name=name).order_by("seq").first()
        assert first is not None  # noqa: S101 it was added above
        item = {"type": "pointer", "object": {"id": str(first.object_id)}, "tags": ["all"]}
        tokenizing.tokenize(world.actor, name, [item], expiration=Expiration())
        start += 1
    behind = range(start, wanted.stop)
    changes = {"token_id": "'token-' || made.n", "key_id": "gen_random_uuid()", "tags": RARE}
    repeat(held.order_by("pk")[0], list(behind), start, **changes)


def _few(world: World, number: int) -> None:
    name = f"few_{world.word}_{number}"
    shut = Collection.objects.create(name=name, type="DATA")
    Property.objects.create(collection=shut, name="label", data_type_name="STRING")
    bundle = Bundle.objects.create(name=name, code="", digest="0" * 64, exports=EXPORTS)
    CustomType.objects.create(name=name.upper(), base_type_name="STRING")
    Action.objects.create(name=name, bundle=bundle, function_name="run", role=world.role)
