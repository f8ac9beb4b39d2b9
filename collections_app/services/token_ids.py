"""How a token is called: at random, by its values, or by the caller."""

from __future__ import annotations

import re
import secrets
from typing import Any
from uuid import UUID, uuid4

from collections_app import codec
from collections_app.errors import bad_request
from collections_app.models.token import LONGEST_TOKEN_ID
from collections_app.schema.checks import luhn_valid
from collections_app.schema.compiled import CollectionSchema
from collections_app.services.sources import Source
from vaultportal.crypto import blind_index, message

GLOBAL = "global:"
TEMPLATES = ("primary_account_number",)
_CALLERS = re.compile(rf"[A-Za-z0-9_-]{{1,{LONGEST_TOKEN_ID}}}")


def deterministic(schema: CollectionSchema, source: Source) -> str:
    """The id that these values have in this scope, bound to the collection unless it is global."""
    is_global = source.scope.startswith(GLOBAL)
    parts = [source.scope.encode()]
    for name in sorted(source.values):
        each = schema.find(name)
        if each is not None:
            parts += [name.encode(), codec.to_bytes(each.data_type, source.values[name])]
    realm = "collections" if is_global else schema.scope
    made = blind_index.digest(realm, "deterministic token", message.encode(parts))
    return str(UUID(bytes=made, version=4))


def random() -> str:
    """A new one that tells nothing."""
    return str(uuid4())


def callers(body: dict[str, Any]) -> str:
    """``token_id`` of an item, "" when the caller leaves it to us."""
    found = body.get("token_id")
    if found is None or found == "":
        return ""
    if not isinstance(found, str) or not _CALLERS.fullmatch(found):
        raise bad_request("token_id", "must have 1 to 128 letters, digits, dashes and underscores")
    return found


def card_like(schema: CollectionSchema, source: Source, names: list[str]) -> str:
    """16 digits that pass Luhn's check, with the first six and last four of the card in ``names``.

    Raises:
        Invalid: there is not exactly one card number of 12 digits or more to go by.
    """
    cards = [
        source.values[name]
        for name in names
        if name in source.values
        and (each := schema.find(name)) is not None
        and (each.data_type.base or each.data_type.name) == "CC_NUMBER"
    ]
    if len(cards) != 1:
        raise bad_request("fpprops", "must name one CC_NUMBER property that has a value")
    first, last = cards[0][:6], cards[0][-4:]
    while True:  # one middle in ten passes
        made = f"{first}{secrets.randbelow(10**6):06d}{last}"
        if luhn_valid(made) and made != cards[0]:
            return made
