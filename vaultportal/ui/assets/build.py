"""Make the vendored assets from node_modules and write down what they are: `make assets`.

Run after ``npm ci --ignore-scripts``. With ``--check`` nothing is written, and a file that differs
from what the lock file gives ends the run with 1. Running the portal needs neither this nor Node.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
VENDOR = ROOT / "vaultportal" / "ui" / "static" / "vendor"
ICON_NAMES = Path(__file__).with_name("icons.txt")
SUBSET = Path(__file__).with_name("subset.mjs")
ICONS = "@tabler/icons"
LIBRARY = "@tabler/core"

COPIED = {
    "uplot.min.css": ("uplot", "dist/uPlot.min.css"),
    "uplot.min.js": ("uplot", "dist/uPlot.iife.min.js"),
    "inter-latin-wght-normal.woff2": (
        "@fontsource-variable/inter",
        "files/inter-latin-wght-normal.woff2",
    ),
    "inter-latin-ext-wght-normal.woff2": (
        "@fontsource-variable/inter",
        "files/inter-latin-ext-wght-normal.woff2",
    ),
    "jetbrains-mono-latin-wght-normal.woff2": (
        "@fontsource-variable/jetbrains-mono",
        "files/jetbrains-mono-latin-wght-normal.woff2",
    ),
    "jetbrains-mono-latin-ext-wght-normal.woff2": (
        "@fontsource-variable/jetbrains-mono",
        "files/jetbrains-mono-latin-ext-wght-normal.woff2",
    ),
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One vendored file: its bytes, and the package that they come from."""

    name: str
    package: str
    version: str
    licence: str
    content: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def collect(modules: Path) -> list[Asset]:
    """Every vendored file, made from the packages below ``modules``."""
    contents = {
        name: (modules / package / path).read_bytes() for name, (package, path) in COPIED.items()
    }
    contents["icons.svg"] = sprite(modules / ICONS / "icons" / "outline")
    contents["tabler.min.css"] = subset(modules / LIBRARY / "dist" / "css" / "tabler.min.css")
    packages = {name: package for name, (package, _) in COPIED.items()}
    packages |= {"icons.svg": ICONS, "tabler.min.css": LIBRARY}
    return [_asset(modules, name, packages[name], contents[name]) for name in sorted(contents)]


def icon_names() -> list[str]:
    """The icons that templates may name."""
    return ICON_NAMES.read_text(encoding="utf-8").split()


def subset(sheet: Path) -> bytes:
    """The rules of the library that pages may use; see subset.mjs."""
    written = subprocess.run(  # noqa: S603 our own script on a file of the lock file
        ["node", str(SUBSET), str(sheet)],  # noqa: S607 wherever the reader has it
        capture_output=True,
        check=True,
        cwd=ROOT,
    ).stdout
    # A source map is not shipped, so the browser must not look for one.
    return re.sub(rb"\s*/\*# sourceMappingURL=.*?\*/\s*", b"\n", written)


def sprite(folder: Path) -> bytes:
    """One SVG with a symbol for each name in icons.txt."""
    symbols = [_symbol(name, (folder / f"{name}.svg").read_text("utf-8")) for name in icon_names()]
    lines = ['<svg xmlns="http://www.w3.org/2000/svg">', *symbols, "</svg>", ""]
    return "\n".join(lines).encode()


def listing(assets: list[Asset]) -> str:
    """The content of VENDOR.md."""
    rows = [
        f"| {asset.name} | {asset.package} | {asset.version} | {asset.licence} | `{asset.digest}` |"
        for asset in assets
    ]
    head = [
        "# Vendored assets",
        "",
        "Written by `make assets` from package-lock.json; not to be edited. icons.svg is a sprite",
        "of the names in vaultportal/ui/assets/icons.txt, tabler.min.css the part of it that",
        "vaultportal/ui/assets/subset.mjs keeps; all others are copies.",
        "",
        "| File | Package | Version | Licence | SHA-256 |",
        "| --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *rows, ""])


def differences(wanted: dict[str, bytes], folder: Path) -> list[str]:
    """The names of files below ``folder`` that are missing, other, or not wanted."""
    there = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    names = sorted(wanted.keys() | there.keys())
    return [name for name in names if wanted.get(name) != there.get(name)]


def _asset(modules: Path, name: str, package: str, content: bytes) -> Asset:
    described = json.loads((modules / package / "package.json").read_text(encoding="utf-8"))
    return Asset(name, package, described["version"], described["license"], content)


def _symbol(name: str, svg: str) -> str:
    found = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.DOTALL)
    if found is None:
        raise ValueError(f"{name}.svg holds no drawing.")
    drawing = re.sub(r'<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/>', "", found.group(1))
    return (
        f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
        ' stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">'
        f"{' '.join(drawing.split())}</symbol>"
    )


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--check", action="store_true", help="compare, and write nothing")
    check = options.parse_args().check
    assets = collect(ROOT / "node_modules")
    wanted = {asset.name: asset.content for asset in assets}
    wanted["VENDOR.md"] = listing(assets).encode()
    if check:
        other = differences(wanted, VENDOR)
        for name in other:
            sys.stderr.write(f"{name} is not what package-lock.json gives; run `make assets`.\n")
        return 1 if other else 0
    VENDOR.mkdir(parents=True, exist_ok=True)
    for name in differences(wanted, VENDOR):
        if name in wanted:
            (VENDOR / name).write_bytes(wanted[name])
        else:
            (VENDOR / name).unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
