"""The project's own source as syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("vaultportal", "secrets_app", "collections_app", "s3vault_app", "triggers_app")


def modules(*packages: str) -> Iterator[tuple[str, ast.Module]]:
    """Path from the root and tree of every module of ``packages``; of all without any."""
    for package in packages or PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def is_migration(path: str) -> bool:
    return "/migrations/" in path


def is_edge(path: str) -> bool:
    """Views, forms and consoles: they ask services and selectors, never tables."""
    return any(f"/{part}/" in path for part in ("api", "ui", "console"))


def imported(tree: ast.AST) -> Iterator[str]:
    """Every module that a tree imports, wherever the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
