"""What must not stand in any file of the repository."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import ROOT

SKIPPED = {".venv", "node_modules", "artifacts", "__pycache__", "results"}
SUFFIXES = {".py", ".md", ".toml", ".html", ".css", ".js", ".ts", ".sh", ".yml", ".yaml", ".in"}
LEFT_OVER = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
# Folders of the machine that somebody happened to work on.
MACHINE = re.compile(r"(?<![\w.<])/(?:work|root|home/\w+)/\w")


def texts() -> Iterator[tuple[str, str]]:
    """Path and content of every file that people write, this one left out."""
    for folder, below, names in os.walk(ROOT):
        below[:] = sorted(set(below) - SKIPPED)
        for path in (Path(folder, name) for name in sorted(names)):
            if path.suffix in SUFFIXES and path != Path(__file__).resolve():
                yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def test_nothing_is_left_to_be_done() -> None:
    assert [path for path, text in texts() if LEFT_OVER.search(text)] == []


def test_no_file_names_a_place_of_one_machine() -> None:
    assert [path for path, text in texts() if MACHINE.search(text)] == []


def test_a_test_sleeps_only_while_it_polls() -> None:
    """A pause that stands alone is a guess about time; one in a loop has an end to look for."""
    found = [
        f"{path}:{call.lineno}"
        for path, text in texts()
        if path.startswith("tests/") and path.endswith(".py")
        for call in _lonely_sleeps(ast.parse(text))
    ]

    assert found == []


def _lonely_sleeps(tree: ast.Module) -> list[ast.Call]:
    polling = {
        id(node)
        for loop in ast.walk(tree)
        if isinstance(loop, ast.While)
        for node in ast.walk(loop)
    }
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"time.sleep", "sleep"}
        and id(node) not in polling
    ]
