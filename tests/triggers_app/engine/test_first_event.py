"""The commands of the page "Receive your first event", as they stand, against a real portal."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.portal import Portal

ROOT = Path(__file__).resolve().parents[3]


def test_the_page_does_what_it_says(portal: Portal) -> None:
    text = (ROOT / "docs" / "receive-your-first-event.md").read_text(encoding="utf-8")
    script = "\n".join(re.findall(r"```bash\n(.*?)```", text, re.DOTALL))

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env={**portal.environment, "PYTHON": sys.executable},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    begin = done.stdout.index('{"_metadata"')
    event, _ = json.JSONDecoder().raw_decode(done.stdout, begin)
    assert event["_metadata"]["triggerType"] == "fireAndForget"
    assert event["type"] == "SECRET"
    assert event["actor"]["name"] == "bootstrap-privx"
    assert "winter-42" not in done.stdout
    assert '"type":"TEST"' in done.stdout.replace(" ", "")
