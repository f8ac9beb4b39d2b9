"""What services and jobs say is found again by a page, whatever stood in its holes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation

from s3vault_app.ui import words
from s3vault_app.ui.phrases import RESULTS, SENTENCES
from s3vault_app.ui.sayings import is_known, said
from vaultportal.runtime.paths import BASE_DIR

APP = BASE_DIR / "s3vault_app"
# Calls by which something is said to people, and the places of it among their arguments.
SAID_BY: dict[str, tuple[int | str, ...]] = {
    "EngineRefused": (0,),
    "EngineUnreachable": (0,),
    "BucketHoldsData": (0,),
    "HostLost": (0,),
    "HostKeyChanged": (0,),
    "VerbFailed": (0,),
    "StepFailed": (0,),
    "Outcome": (0,),
    "Result": ("fatal",),
    "Check": (0, "message"),
    "say": (0,),
    "undone": (2,),
    "append": (0,),
    "Conflict": (1,),
    "Forbidden": (1,),
    "Unavailable": (1,),
    "NotFound": (1,),
    "Fault": (2,),
    "_refuse": (-1,),
    "talking": (1,),
    "_patiently": (1,),
    "kind": (0,),
}
NAMES = {"message", "many", "fatal", "reason", "_UNREACHED"}
# Said on the wire alone: no page leads there.
WIRE = {"people.py", "roles.py", "sessions.py", "tokens.py", "base.py", "owners.py", "secrets.py"}
CODES = {"HeadBucket", "ListBuckets", "quota"}
FOLDERS = ("drivers", "engine", "services", "selectors")


def sources() -> list[Path]:
    below = [path for folder in FOLDERS for path in (APP / folder).rglob("*.py")]
    return [path for path in [*below, *APP.glob("*.py")] if path.name not in WIRE]


def texts(path: Path) -> Iterator[str]:
    """What is said in a source, with something in each hole."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            named = {each.arg: each.value for each in node.keywords}
            for place in SAID_BY.get(name, ()):
                if isinstance(place, str):
                    yield from spoken(named.get(place))
                elif -len(node.args) <= place < len(node.args):
                    yield from spoken(node.args[place])
        elif isinstance(node, ast.Assign):
            if {
                getattr(target, "id", getattr(target, "attr", "")) for target in node.targets
            } & NAMES:
                yield from spoken(node.value)
        elif isinstance(node, ast.Yield):
            yield from spoken(node.value)


def spoken(node: ast.expr | None) -> Iterator[str]:
    if isinstance(node, ast.IfExp):
        yield from spoken(node.body)
        yield from spoken(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        parts = (
            part.value if isinstance(part, ast.Constant) else filled(part) for part in node.values
        )
        yield "".join(str(part) for part in parts)


def filled(part: ast.expr) -> str:
    """What may stand in a hole: one of the words that the source chooses from, or anything."""
    inner = part.value if isinstance(part, ast.FormattedValue) else part
    return next(spoken(inner), "x7")


def scripts() -> Iterator[str]:
    """What the script on the machines says when it ends early."""
    for path in (APP / "drivers").rglob("*.sh"):
        for text in re.findall(r"\bdie \"(.+?)\";? ?}?$|\bdie \"(.+?)\"", path.read_text(), re.M):
            yield re.sub(r"\$\{?\w+\}?", " x7", next(filter(None, text)))


def is_sentence(text: str) -> bool:
    """More than the holes and more than a code: something that has to be translated."""
    return bool(re.search(r"[a-z]{3}", text.replace("x7", ""))) and text not in CODES


def test_all_that_is_said_is_in_the_catalog() -> None:
    found = {text for path in sources() for text in texts(path) if is_sentence(text)}
    found |= {text for text in scripts() if "There is no verb" not in text}

    assert len(found) > 120
    assert sorted(text for text in found if not is_known(text)) == []


def test_every_phrase_is_found_again_by_itself() -> None:
    for phrase in (*SENTENCES, *RESULTS):
        assert is_known(re.sub(r"%\(\w+\)s", "x7", phrase)), phrase


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("The machine refuses the login.", "Die Maschine lehnt die Anmeldung ab."),
        (
            "db-07: Ports in use: 9443, 19443. The clock is 90 seconds off.",
            "db-07: Ports belegt: 9443, 19443. Die Uhr geht um 90 Sekunden falsch.",
        ),
        (
            "db-07: The connection broke.; db-08: The connection broke.",
            "db-07: Die Verbindung brach ab.; db-08: Die Verbindung brach ab.",
        ),
        (
            "The vault is not proved to be closed. unsigned read at db-03: was let in",
            "Dass der Tresor geschlossen ist, wurde nicht nachgewiesen. "
            "ohne Unterschrift: Lesen an db-03: wurde eingelassen",
        ),
        (
            "write at db-03: Writing: db-03 does not answer (Timeout).; lock at db-03: was let in",
            "Schreiben an db-03: Schreiben: db-03 antwortet nicht (Timeout).; "
            "Sperre an db-03: wurde eingelassen",
        ),
        ("Verify vault was asked for.", "Tresor nachweisen wurde verlangt."),
        ("port must be 1 to 65535.", "port muss 1 bis 65535 sein."),
        ("weed: cannot open volume 7", "weed: cannot open volume 7"),
        ("", ""),
    ],
)
def test_a_reader_of_german_gets_german(english: str, german: str) -> None:
    with translation.override("de"):
        assert said(english) == german
    with translation.override("en"):
        assert said(english) == english


def test_a_line_of_a_log_names_its_step_in_words() -> None:
    with translation.override("de"):
        told = words.line("health", "health: answers in 9 ms")
        assert told == "Wird gefragt, ob es antwortet: antwortet in 9 ms"
        assert words.line("", "A stop was asked for.") == "Der Abbruch wurde verlangt."
