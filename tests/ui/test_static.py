"""What can be told without a browser: templates, scripts, colours, vendored files, words."""

from __future__ import annotations

import ast
import gettext
import gzip
import hashlib
import json
import re
from collections.abc import Iterable
from itertools import product
from pathlib import Path

import django_htmx
import pytest

from vaultportal.runtime.paths import BASE_DIR
from vaultportal.ui.assets.build import icon_names

UI = BASE_DIR / "vaultportal" / "ui"
STATIC = UI / "static"
PORTAL = STATIC / "portal"
TEMPLATES = sorted((BASE_DIR / "templates").rglob("*.html"))
STYLES = sorted(PORTAL.glob("*.css"))
SCRIPTS = sorted(PORTAL.glob("*.js"))
CATALOG = UI / "locale" / "de" / "LC_MESSAGES"

INLINE = {
    "a style attribute": r"<[^>{]*\sstyle\s*=",
    "a style element": r"<style\b",
    "an event attribute": r"<[^>]*\son[a-z]+\s*=",
    "hx-on": r"hx-on\b",
    "a script address": r"javascript:",
    "code in htmx values": r"""['"]js:""",
    "a filter in a trigger": r"hx-trigger=\"[^\"]*\[",
}


def relative(path: Path) -> str:
    return str(path.relative_to(BASE_DIR))


@pytest.mark.parametrize("template", TEMPLATES, ids=relative)
def test_a_template_has_nothing_inline(template: Path) -> None:
    text = template.read_text()

    found = [name for name, pattern in INLINE.items() if re.search(pattern, text, re.IGNORECASE)]

    assert found == []


@pytest.mark.parametrize("template", TEMPLATES, ids=relative)
def test_a_script_in_a_template_is_a_file_or_data(template: Path) -> None:
    scripts = re.findall(r"<script\b([^>]*)>(.*?)</script>", template.read_text(), re.DOTALL)

    for attributes, body in scripts:
        assert body == "" or 'type="application/json"' in attributes


@pytest.mark.parametrize("template", TEMPLATES, ids=relative)
def test_a_page_that_guards_what_is_typed_loads_the_guard(template: Path) -> None:
    text = template.read_text()

    if text.startswith("{% extends") and "<unsaved-guard" in text:
        assert "portal/unsaved-guard.js" in text


def test_long_forms_are_guarded() -> None:
    forms = ("rules", "choose_endpoints", "choose_owners", "new", "new_endpoints", "new_owners")
    pages = [f"s3vault_app/{each}.html" for each in forms]

    for page in (*pages, "settings/settings.html", "secrets_app/settings.html"):
        text = (BASE_DIR / "templates" / page).read_text()
        assert re.search(r"<unsaved-guard><form\b[^>]*method=\"post\"", text), page


@pytest.mark.parametrize("template", TEMPLATES, ids=relative)
def test_a_template_says_what_it_takes(template: Path) -> None:
    first = template.read_text().splitlines()[0]

    assert "{#" in first, "the first line states the context"


def test_templates_name_icons_that_there_are() -> None:
    named = {
        name
        for template in TEMPLATES
        for name in re.findall(r"""{% icon "([a-z0-9-]+)\"""", template.read_text())
    }

    assert named - set(icon_names()) == set()


def test_the_sprite_holds_every_icon() -> None:
    sprite = (STATIC / "vendor" / "icons.svg").read_text()

    assert re.findall(r'<symbol id="([^"]+)"', sprite) == icon_names()


@pytest.mark.parametrize("script", SCRIPTS, ids=relative)
def test_a_script_is_short_and_evaluates_nothing(script: Path) -> None:
    text = script.read_text()

    assert len(text.splitlines()) < 80
    assert not re.search(r"\beval\(|new Function|document\.write", text)


@pytest.mark.parametrize("style", STYLES, ids=relative)
def test_only_the_tokens_name_a_colour(style: Path) -> None:
    colours = re.findall(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(", style.read_text())

    assert colours == [] or style.name == "tokens.css"


# -- contrast -----------------------------------------------------------------------------------


def token_pairs() -> dict[str, tuple[str, str]]:
    """Token → its colour in the light and in the dark theme."""
    text = (PORTAL / "tokens.css").read_text()
    pairs = {
        name: (light, dark)
        for name, light, dark in re.findall(
            r"--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", text
        )
    }
    return pairs | {"accent": pairs["petrol"]}


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


TEXT_ON = [
    *product(("ink", "ink-2", "accent"), ("page", "surface", "raised", "sunken")),
    *product(("ink-3",), ("page", "surface")),
    *((state, f"{state}-soft") for state in ("plain", "ok", "warn", "bad", "info", "idle")),
    ("on-accent", "accent"),
    ("accent", "accent-soft"),
    ("ink", "plain-soft"),
    ("toast-ink", "toast"),
    ("toast-bad-ink", "toast-bad"),
]
EDGES_ON = [
    *product(("edge",), ("page", "surface")),
    *product(("plot-1", "plot-2"), ("surface",)),
    ("on-ok", "ok"),
]


@pytest.mark.parametrize(("fore", "back"), TEXT_ON)
def test_text_stands_out(fore: str, back: str) -> None:
    pairs = token_pairs()

    assert min(contrast(*theme) for theme in zip(pairs[fore], pairs[back], strict=True)) >= 4.5


@pytest.mark.parametrize(("fore", "back"), EDGES_ON)
def test_edges_can_be_seen(fore: str, back: str) -> None:
    pairs = token_pairs()

    assert min(contrast(*theme) for theme in zip(pairs[fore], pairs[back], strict=True)) >= 3


# -- what is shipped ----------------------------------------------------------------------------


def test_vendored_files_are_what_the_list_says() -> None:
    listing = (STATIC / "vendor" / "VENDOR.md").read_text()
    listed = dict(re.findall(r"^\| (\S+) \| .* \| `([0-9a-f]{64})` \|$", listing, re.MULTILINE))
    there = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (STATIC / "vendor").iterdir()
        if path.name != "VENDOR.md"
    }

    assert there == listed


def test_vendored_files_are_of_the_packages_that_are_locked() -> None:
    listing = (STATIC / "vendor" / "VENDOR.md").read_text()
    rows = re.findall(r"^\| \S+ \| (\S+) \| (\S+) \| (\S+) \| `", listing, re.MULTILINE)
    locked = json.loads((BASE_DIR / "package-lock.json").read_text())["packages"]
    wanted = json.loads((BASE_DIR / "package.json").read_text())["dependencies"]

    assert {package for package, _version, _licence in rows} == set(wanted)
    for package, version, licence in rows:
        lock = locked[f"node_modules/{package}"]
        assert (version, licence) == (lock["version"], lock["license"]), package
        assert locked[""]["dependencies"][package] == wanted[package] == version


def test_the_lock_file_names_no_host() -> None:
    assert '"resolved"' not in (BASE_DIR / "package-lock.json").read_text()


def weight(paths: Iterable[Path]) -> int:
    """Bytes on the wire."""
    return sum(len(gzip.compress(path.read_bytes())) for path in paths)


def loaded_everywhere() -> list[Path]:
    """What components/styles.html names: the links and scripts of every page."""
    head = (BASE_DIR / "templates" / "components" / "styles.html").read_text()
    return [STATIC / name for name in dict.fromkeys(re.findall(r'{% static "([^"]+)" %}', head))]


def htmx() -> Path:
    return Path(django_htmx.__file__).parent / "static" / "django_htmx" / "htmx-4.min.js"


def test_styles_are_light() -> None:
    own = [path for path in STYLES if not path.name.startswith(("console", "theme"))]
    library = STATIC / "vendor" / "tabler.min.css"

    assert weight([library]) <= 45_000
    assert weight([*own, library]) <= 70_000


def test_scripts_are_light() -> None:
    everywhere = [path for path in loaded_everywhere() if path.suffix == ".js"]

    plots = [STATIC / "vendor" / "uplot.min.js", STATIC / "portal" / "lane-plot.js"]

    assert weight([*everywhere, htmx()]) <= 30_000
    assert weight([*everywhere, htmx(), *plots]) <= 52_000  # the heaviest page
    assert weight([*SCRIPTS, htmx(), plots[0]]) <= 64_000


def test_a_first_page_is_light() -> None:
    latin = list((STATIC / "vendor").glob("*-latin-wght-*.woff2"))
    fonts = sum(path.stat().st_size for path in latin)  # they are compressed already
    icons = STATIC / "vendor" / "icons.svg"

    assert len(latin) == 2
    assert fonts + weight([*loaded_everywhere(), htmx(), icons]) <= 200_000


def test_a_class_of_the_library_is_one_that_is_shipped() -> None:
    """What pages name without our prefix has to be in the subset of the library."""
    shipped = classes((STATIC / "vendor" / "tabler.min.css").read_text())
    ours = set().union(*(classes(style.read_text()) for style in STYLES))

    named = {name for template in TEMPLATES for name in plain_classes(template)}

    assert {name for name in named - shipped - ours if LIBRARY.match(name)} == set()


LIBRARY = re.compile(
    r"(btn|form|card|table|nav|badge|alert|progress|list|row|col|d|flex|gap|bg|text)-"
)


def classes(sheet: str) -> set[str]:
    """The classes that selectors of a style sheet name."""
    return {name.replace("\\", "") for name in re.findall(r"\.(-?[a-zA-Z_][\w-]*)", sheet)}


def plain_classes(template: Path) -> set[str]:
    """Classes that a template names in plain words."""
    found = re.findall(r'\bclass="([^"]*)"', template.read_text())
    return {name for each in found for name in re.sub(r"{[%{].*?[%}]}", " ", each).split()}


# -- words --------------------------------------------------------------------------------------


def catalog() -> list[tuple[str, list[str]]]:
    """Each msgid with its German translations."""
    found = []
    for block in (CATALOG / "django.po").read_text().split("\n\n")[1:]:
        key = re.search(r"^msgid ((?:\".*\"\n?)+)", block, re.MULTILINE)
        within = re.search(r"^msgctxt \"(.*)\"", block, re.MULTILINE)
        values = re.findall(r"^msgstr(?:\[\d\])? ((?:\".*\"\n?)+)", block, re.MULTILINE)
        assert key is not None
        context = f"{within[1]}\x04" if within else ""  # as the compiled catalog has it
        found.append((context + unquoted(key[1]), [unquoted(value) for value in values]))
    return found


def unquoted(text: str) -> str:
    return "".join(ast.literal_eval(line) for line in text.splitlines())


def test_every_word_is_translated() -> None:
    assert [key for key, values in catalog() if not all(values)] == []


def test_the_compiled_catalog_is_of_the_source() -> None:
    with (CATALOG / "django.mo").open("rb") as compiled:
        translations = gettext.GNUTranslations(compiled)

    singular = [(key, values[0]) for key, values in catalog() if len(values) == 1]

    assert [key for key, value in singular if translations.gettext(key) != value] == []


def test_placeholders_survive_translation() -> None:
    placeholder = re.compile(r"%\([a-z_]+\)[sd]|{[a-z]+}")

    for key, values in catalog():
        wanted = set(placeholder.findall(key))
        if len(values) == 1:
            assert set(placeholder.findall(values[0])) == wanted, key


@pytest.mark.parametrize("template", TEMPLATES, ids=relative)
def test_a_template_holds_no_bare_words(template: Path) -> None:
    # Commands and what the wire calls its own have no translation.
    left_out = r"{#.*?#}|{%.*?%}|{{.*?}}|<(script|code|pre)\b.*?</\1>"
    text = re.sub(left_out, "", strip_blocks(template), flags=re.DOTALL)
    words = re.sub(r"<[^>]*>", " ", re.sub(r"<[^>]*>", " ", text))

    assert set(re.findall(r"[A-Za-z]{3,}", words)) - NAMES == set()


NAMES = {"Vault", "Portal", "CSV", "NDJSON"}


def strip_blocks(template: Path) -> str:
    text = template.read_text()
    return re.sub(r"{% blocktranslate.*?endblocktranslate %}", "", text, flags=re.DOTALL)
