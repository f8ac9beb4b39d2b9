"""Tokens that were made: what is kept of a call for its page, its table and the same call again."""

from __future__ import annotations

import csv
import json
import shlex
from collections.abc import Sequence
from io import StringIO
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from collections_app.schema.compiled import CollectionSchema
from collections_app.services.options import Expiration
from collections_app.services.tokenizing import Made
from vaultportal.ui.snippets import Snippet

NEW, FOUND = "new", "found"
MOST_SHOWN = 20  # items of the same call: more are no example any more


def batch(
    schema: CollectionSchema,
    shown: Sequence[str],
    made: Sequence[Made],
    items: Sequence[dict[str, Any]],
    expiration: Expiration,
) -> dict[str, Any]:
    """What is kept of a call, as plain JSON.

    shown: what stands beside each token: an id, or the mask of a value. items: as the API takes
    them, without values.
    """
    states = [NEW if each.is_new else FOUND for each in made]
    tokens = [each.token_id for each in made]
    call: dict[str, Any] = {"items": list(items[:MOST_SHOWN]), "of": len(items)}
    if expiration.is_given:
        call["end"] = "" if expiration.seconds is None else str(expiration.seconds)
    rows = [list(row) for row in zip(shown, tokens, states, strict=True)]
    return {"collection": schema.name, "rows": rows, "call": call}


def renamed(schema: CollectionSchema, names: dict[str, str]) -> dict[str, Any]:
    """The same for tokens that were given new names: old → new."""
    rows = [[old, new, ""] for old, new in names.items()]
    return {"collection": schema.name, "rows": rows, "is_rotated": True}


def same_call(
    request: HttpRequest, schema: CollectionSchema, call: dict[str, Any], reason: str
) -> Snippet:
    """The call from a shell, with a placeholder for the key and for each value."""
    query = {"reason": reason or "AppFunctionality"}
    if "end" in call:
        query["expiration_secs"] = call["end"]
    place = f"/api/pvlt/1.0/data/collections/{schema.name}/tokens?{urlencode(query)}"
    shown = len(call["items"])
    label = "curl"
    if shown < call["of"]:
        said = ngettext("curl, the first of %(all)d", "curl, %(n)d of %(all)d", shown)
        label = said % {"n": shown, "all": call["of"]}
    text = (
        f"curl {shlex.quote(request.build_absolute_uri(place))} \\\n"
        '  -H "Authorization: Bearer $VAULT_API_KEY" \\\n'
        "  -H 'Content-Type: application/json' \\\n"
        f"  -d {shlex.quote(json.dumps(call['items'], ensure_ascii=False))}"
    )
    return Snippet("curl", label, text)


def example(schema: CollectionSchema) -> dict[str, Any]:
    """A call to begin with."""
    item = {"type": "pointer", "object": {"id": "OBJECT-ID"}, "props": sorted(schema.properties)}
    return {"items": [item], "of": 1}


def table(data: dict[str, Any]) -> HttpResponse:
    """The rows as a file."""
    heads = ["was", "token"] if data.get("is_rotated") else ["input", "token", "state"]
    return file(data["collection"], [heads, *(row[: len(heads)] for row in data["rows"])])


def file(name: str, rows: Sequence[Sequence[str]]) -> HttpResponse:
    """Tokens of the collection ``name``, with a line of heads."""
    written = StringIO()
    csv.writer(written).writerows(rows)
    response = HttpResponse(written.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}-tokens.csv"'
    response["Cache-Control"] = "no-store"
    return response


def words(state: str) -> str:
    """The state of a row for people; "" for none."""
    return {NEW: _("New"), FOUND: _("Found again")}.get(state, "")
