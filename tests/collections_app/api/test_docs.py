"""The pages say what is so: the commands run as they stand, the error catalogue is complete."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from collections_app.api.dialect import PiianoDialect
from tests.portal import Portal

DOCS = Path(__file__).parents[3] / "docs"
# Of what another part of the portal answers, or no part does.
NOT_LISTED = {"PV1011", "PV1026"}


def test_the_commands_of_the_first_collection_run_as_they_stand(
    portal: Portal, tmp_path: Path
) -> None:
    page = (DOCS / "model-your-first-collection.md").read_text(encoding="utf-8")
    commands = "\n".join(re.findall(r"```sh\n(.*?)```", page, re.DOTALL))
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "VAULT": portal.url,
        "KEY": portal.credentials["piiano"]["api_key"],
    }

    script = commands.replace("/tmp/iam.toml", str(tmp_path / "iam.toml"))  # noqa: S108 of the page
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert '"ssn.mask":"***-**-4321"' in done.stdout
    assert "987-65-4321" in done.stdout


def test_every_code_is_in_the_catalogue() -> None:
    page = (DOCS / "error-catalogue.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| (PV\d{4}) \| ([^|]+) \|", page, re.MULTILINE))
    codes: dict[str, set[str]] = {}
    for wording in PiianoDialect.wordings.values():
        codes.setdefault(wording.code, set()).add(str(wording.status))

    assert listed.keys() == codes.keys() - NOT_LISTED
    for code, text in listed.items():
        said = set(re.findall(r"\d{3}", text))
        assert said <= codes[code] | {"405"}, code
