"""What a change does to a text: line by line, with the lines around it."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import NamedTuple, Self

AROUND = 3


class Line(NamedTuple):
    """kind: ``same``, ``old`` (goes), ``new`` (comes) or ``gap`` (equal lines left out)."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Diff:
    """The lines of ``components/diff.html``; none when nothing changes."""

    lines: tuple[Line, ...]

    @classmethod
    def of(cls, old_text: str, new_text: str) -> Self:
        """From ``old_text`` to ``new_text``."""
        old, new = old_text.splitlines(), new_text.splitlines()
        groups = difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(AROUND)
        lines: list[Line] = []
        for group in groups:
            if lines or group[0][1]:
                lines.append(Line("gap", ""))
            for kind, start, end, new_start, new_end in group:
                if kind == "equal":
                    lines += (Line("same", text) for text in old[start:end])
                    continue
                lines += (Line("old", text) for text in old[start:end])
                lines += (Line("new", text) for text in new[new_start:new_end])
        return cls(tuple(lines))

    @property
    def added(self) -> int:
        return sum(line.kind == "new" for line in self.lines)

    @property
    def removed(self) -> int:
        return sum(line.kind == "old" for line in self.lines)
