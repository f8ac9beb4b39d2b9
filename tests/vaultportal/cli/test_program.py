"""What ``vp`` is: a client that stands alone, with completion, over TLS."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from tests.architecture.source import ROOT, imported
from tests.secrets_app.api.conftest import World
from tests.vaultportal.cli.conftest import Vp
from vaultportal.cli.failures import Exit

PACKAGE = ROOT / "vaultportal" / "cli"


def test_it_knows_nothing_of_the_server() -> None:
    own = ("vaultportal.cli", "vaultportal")
    found = {
        name
        for path in PACKAGE.rglob("*.py")
        for name in imported(ast.parse(path.read_text(encoding="utf-8")))
        if name.partition(".")[0] not in {"httpx", "typer", *sys.stdlib_module_names}
        and name not in own
        and not name.startswith("vaultportal.cli.")
    }

    assert found == set()
    code = "import sys, vaultportal.cli.app; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_the_script_beside_the_virtual_environment_runs_anywhere(nobody: Vp) -> None:
    script = nobody.folder / "vp"
    script.symlink_to(ROOT / "deploy" / "vp")
    (nobody.folder / "httpx.py").write_text("raise SystemExit(99)")
    nobody.program = (str(script),)

    assert nobody.run("--version").startswith(b"vp ")
    nobody.run("secret", "list", exits=3)


def test_shells_are_told_how_to_complete(nobody: Vp) -> None:
    offered = nobody.run(_VP_COMPLETE="complete_bash", COMP_CWORD="2", COMP_WORDS="vp secret ")

    assert b"restore" in offered
    # Which shell it is would be seen by its parents, and who runs the tests may have none.
    nobody.environment["_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION"] = "1"
    assert b"_VP_COMPLETE" in nobody.run("--show-completion", "bash")


def test_help_is_there_for_every_command(nobody: Vp) -> None:
    printed = nobody.run("secret", "--help").decode()

    for word in ("get", "put", "list", "rm", "versions", "restore"):
        assert f"\n  {word}" in printed
    assert b"125" in nobody.run("run", "--help")


def test_the_page_tells_every_exit_code() -> None:
    page = (ROOT / "docs" / "vp.md").read_text(encoding="utf-8")

    assert [code for code in Exit if f"| {code.value} |" not in page] == []


def test_a_bad_authority_is_told(nobody: Vp, world: World, tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_text("no certificate")
    words = ("login", world.portal.url, "--api-key", "--ca", str(ca))

    assert b"PEM" in nobody.run(*words, exits=2, given=b"key")
