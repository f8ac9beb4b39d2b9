"""JSON as a tree: how far down it is shown."""

from __future__ import annotations

from triggers_app.ui import tree


def test_deep_json_is_shown_to_a_depth() -> None:
    deep: list[object] = [1]
    for _ in range(99):
        deep = [deep]

    levels, nodes = 0, tree.of_value(deep)
    while nodes:
        levels, (last,) = levels + 1, nodes
        nodes = last.inner

    assert (levels, last.kind, last.text) == (tree.MOST_LEVELS, "array", "…")
