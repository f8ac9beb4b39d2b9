"""How much work one evaluation may do."""

from __future__ import annotations

from typing import Any

from triggers_app.filters.errors import InvalidFilter

MOST_NODES = 10_000
# Characters that cost as much as one node.
LETTERS_A_NODE = 256


class Budget:
    """Counts the nodes that an evaluation looks at; long texts count for more than one."""

    __slots__ = ("left",)

    def __init__(self, nodes: int = MOST_NODES) -> None:
        self.left = nodes

    def spend(self, nodes: int = 1) -> None:
        """Take from it; InvalidFilter when it is used up."""
        self.left -= nodes
        if self.left < 0:
            raise InvalidFilter(f"would look at more than {MOST_NODES} nodes of this event")

    def spend_on(self, value: Any) -> None:
        """Take what looking at all of ``value``, itself not its parts, costs."""
        if isinstance(value, str):
            self.spend(1 + len(value) // LETTERS_A_NODE)
        elif isinstance(value, (list, dict)):
            self.spend(1 + len(value))
        else:
            self.spend()
