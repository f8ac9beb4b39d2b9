"""The README's commands, copied as they stand, against a real portal."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.portal import Portal

ROOT = Path(__file__).resolve().parents[2]


def commands() -> str:
    """Every ``bash`` block of the section "Try it", in order."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.split("\n## Try it\n")[1].split("\n## ")[0]
    return "\n".join(re.findall(r"```bash\n(.*?)```", section, re.DOTALL))


@pytest.mark.timeout(300)
def test_the_commands_of_the_readme_do_what_it_says(portal: Portal) -> None:
    script = commands()
    assert script.count("curl") >= 8

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env=portal.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert '"winter-42"' in done.stdout, "the reader's role opens the secret"
    assert "\nwinter-43\n" in done.stdout, "the command line reads what it stored"
    assert '"Pat Far"' in done.stdout, "the object comes back by its id"
    assert "p*****@example.com" in done.stdout, "and masked where a mask is asked for"
