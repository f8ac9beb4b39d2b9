"""What people call the browser and the system that a request says it comes from."""

from __future__ import annotations

import re

# The first that fits: others name themselves after these.
_BROWSERS = ("Edg", "OPR", "Firefox", "Chrome", "Safari", "curl")
_WORDS = {"Edg": "Edge", "OPR": "Opera"}
_SYSTEMS = {
    "Windows": r"Windows",
    "Android": r"Android",
    "iOS": r"iPhone|iPad",
    "macOS": r"Mac OS X|Macintosh",
    "Linux": r"Linux",
}


def browser_of(user_agent: str) -> str:
    """A browser's name as people know it; "" for programs that do not say."""
    for mark in _BROWSERS:
        if f"{mark}/" in user_agent:
            return _WORDS.get(mark, mark)
    return ""


def system_of(user_agent: str) -> str:
    """The operating system that a browser claims to run on; "" when it says none."""
    for name, pattern in _SYSTEMS.items():
        if re.search(pattern, user_agent):
            return name
    return ""
