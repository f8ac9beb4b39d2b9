"""The names of data types, for whoever draws a schema."""

from __future__ import annotations

from collections_app import catalog
from collections_app.schema.datatypes import BUILTIN


def type_names() -> list[str]:
    """Built-in types, then the team's own by name."""
    own = sorted(name for name in catalog.current().types if name not in BUILTIN)
    return [*sorted(BUILTIN), *own]
