"""Rules of the architecture that an import contract cannot say."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.architecture.source import imported, is_edge, is_migration, modules

# Everybody else who needs the cipher library, and for what.
CIPHERS_ELSEWHERE = {
    "vaultportal/runtime/tls.py": "certificates of the portal's own CA, before any model is there",
    "vaultportal/audit/checkpoints.py": "signatures that others check without our keys",
    "s3vault_app/drivers/seaweedfs/secrets.py": "the CA of one pool, apart from the portal's own",
    "triggers_app/engine/signing.py": "Ed25519 signatures that receivers check",
}

# Edges that still ask tables, and for what. The list may get shorter only.
QUERIES_AT_THE_EDGE = {
    "vaultportal/console/registrations/directory.py": "the row behind a setting's form",
    "vaultportal/console/registrations/people.py": "choices of the admin's forms",
    "vaultportal/ui/activity.py": "the person's own entries",
    "vaultportal/ui/lockout.py": "failed sign-ins of django-axes",
    "vaultportal/ui/names.py": "names for ids",
    "vaultportal/ui/preferences.py": "the person's own preferences",
    "vaultportal/ui/second_factor.py": "factors of django-allauth",
    "vaultportal/ui/sessions.py": "the person's own sessions",
}

MANAGERS = {"objects", "_base_manager", "_default_manager"}

ACTOR = "actor"


def test_only_the_crypto_package_knows_the_cipher_library() -> None:
    found = {
        path
        for path, tree in modules()
        for name in imported(tree)
        if name.partition(".")[0] == "cryptography" and not path.startswith("vaultportal/crypto/")
    }

    assert found == CIPHERS_ELSEWHERE.keys()


def test_the_edges_ask_services_and_never_tables() -> None:
    found = {
        path
        for path, tree in modules()
        if is_edge(path)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in MANAGERS
        and isinstance(node.value, ast.Name)
        and node.value.id[:1].isupper()  # a model; readers of bodies have such methods too
    }

    assert found == QUERIES_AT_THE_EDGE.keys()


def test_every_service_takes_the_actor_first() -> None:
    found = {
        f"{path}:{function.name}"
        for path, tree in modules()
        if "/services/" in path and not is_migration(path)
        for function in _uses_the_trail(tree)
        if not function.args.args or function.args.args[0].arg != ACTOR
    }

    assert found == set()


def test_a_service_that_changes_or_uncovers_is_a_unit_of_the_trail() -> None:
    """The rule above looks at what is decorated; so what is decorated must not be next to none."""
    counted = sum(
        1 for path, tree in modules() if "/services/" in path for _ in _uses_the_trail(tree)
    )

    assert counted >= 40


def _uses_the_trail(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    """The public functions that open a unit of the trail."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            names = {ast.unparse(decorator) for decorator in node.decorator_list}
            if names & {"trail.unit()", "trail.read_unit()"}:
                yield node
