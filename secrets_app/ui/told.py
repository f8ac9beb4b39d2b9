"""What an import said of its entries, in the reader's language.

Rows and the wire keep it in English, whoever reads it later. A page finds each saying again, with
the name in it taken out, and says it anew; what nobody listed here stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

SAYINGS = frozenset(
    [
        # What had no place.
        gettext_noop("a line among the custom fields"),
        gettext_noop("an attached file"),
        gettext_noop("attachments"),
        gettext_noop("columns without a heading"),
        gettext_noop("custom metadata"),
        gettext_noop("further collections"),
        gettext_noop("further tags"),
        gettext_noop("history"),
        gettext_noop("linked field"),
        gettext_noop("older passwords"),
        gettext_noop("older versions"),
        gettext_noop("passkeys"),
        gettext_noop("tags"),
        gettext_noop("that it lay in the bin"),
        gettext_noop("that it was a favourite"),
        gettext_noop("that it was archived"),
        # What became of it, and why.
        gettext_noop("a new version of the secret of this name"),
        gettext_noop("left out"),
        gettext_noop("renamed: the name is taken"),
        gettext_noop("the name is taken"),
        gettext_noop("The secret has expired."),
        gettext_noop("There is a secret of this name already."),
        gettext_noop("You may not replace this secret."),
    ]
)
WITH_A_NAME = (
    gettext_noop("an earlier value of %(name)s"),
    gettext_noop("that %(name)s refers to another variable"),
    gettext_noop("the field %(name)s"),
)
# A fault of the entry, as services word them: the part that is wrong, then what is wrong with it.
_FAULT = re.compile(r"[\w.]+ (?:must|has|is|does) .*", re.DOTALL)


def said(text: str) -> str:
    """One saying, translated."""
    if text in SAYINGS:
        return _(text)
    for saying in WITH_A_NAME:
        before, after = saying.split("%(name)s")
        if text.startswith(before) and text.endswith(after):
            return _(saying) % {"name": text[len(before) : len(text) - len(after)]}
    return (
        _("It does not fit: a name, a field or a type is not as it must be.")
        if (_FAULT.fullmatch(text))
        else text
    )


def each(texts: Iterable[str]) -> str:
    """Several, one after the other."""
    return ", ".join(said(text) for text in texts)
