"""What a new password must be: long enough, not common, not the person's own name.

No rules about kinds of characters: they make passwords worse (ASVS 5.0, 6.2.5).
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


class LengthValidator:
    """At least ``least`` characters, ``recommended`` in the help, at most ``most``.

    most: argon2 takes any length; a megabyte of password is an attack and not a password.
    """

    def __init__(self, least: int = 8, recommended: int = 15, most: int = 1024) -> None:
        self.least = least
        self.recommended = recommended
        self.most = most

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) < self.least:
            text = ngettext(
                "It must have at least %(count)d character.",
                "It must have at least %(count)d characters.",
                self.least,
            )
            raise ValidationError(text, "password_too_short", {"count": self.least})
        if len(password) > self.most:
            text = ngettext(
                "It must have at most %(count)d character.",
                "It must have at most %(count)d characters.",
                self.most,
            )
            raise ValidationError(text, "password_too_long", {"count": self.most})

    def get_help_text(self) -> str:
        return _(
            "At least %(least)d characters; better %(recommended)d or more, such as four words."
        ) % {"least": self.least, "recommended": self.recommended}
