"""What can go wrong with keys and ciphertext. No message holds key material or a sealed value."""

from __future__ import annotations

from vaultportal.errors import Gone, Internal


class Tampered(Internal):
    """The bytes do not open here: altered, moved from another cell, or under a foreign key."""

    default = "The sealed data is damaged, or it belongs somewhere else."


class UnknownKey(Tampered):
    """The bytes, or the row, name a key version that the scope never had."""

    default = "The sealed data names a key that does not exist."


class KeyGone(Gone):
    """The key was destroyed, or its version lies below the lowest that the scope opens."""

    default = "The key of this data is gone."


class Expired(Gone):
    """A short-lived blob is older than its time to live."""

    default = "This has expired."


class RootKeyRefused(Internal):
    """The root key is missing, unsafe or another one; the message tells the operator what to do."""

    default = "The root key cannot be used."
