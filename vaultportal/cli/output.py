"""What comes out on standard output: JSON for programs, lines for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Answer, and refuse, in JSON.")]


def show(document: Any, text: str, *, as_json: bool) -> None:
    """``document`` or ``text``, whichever was asked for; an empty text is no line."""
    if as_json:
        typer.echo(pretty(document))
    elif text:
        typer.echo(text)


def pretty(document: Any) -> str:
    """JSON for people and programs alike; control characters are escaped in it."""
    return json.dumps(document, ensure_ascii=False, indent=2)


def plain(value: Any) -> str:
    """A field as text: strings as they are, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Columns under their names; "" when there are no rows."""
    cells = [[str(cell) for cell in row] for row in rows]
    if not cells:
        return ""
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    lines = [list(head), *cells]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
