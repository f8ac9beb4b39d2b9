"""What the keyring asks of a place that holds root keys.

A root key wraps data keys: tens to thousands of small calls in the life of a process, never one per
message. So a provider may be a file, a KMS or an HSM.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Health:
    """Whether keys can be wrapped and opened now; ``detail`` is a sentence for the operator."""

    ok: bool
    detail: str


class KeyProvider(Protocol):
    """Root key versions behind two operations.

    name: as in PORTAL_KEY_PROVIDER.
    family: what rows record. Providers of one family open each other's blobs when they hold the
    same keys.
    """

    name: str
    family: str

    def prepare(self, *, fresh: bool) -> None:
        """Get ready. On a fresh database (nothing sealed yet) the first key may be made.

        Raises:
            RootKeyRefused: no key although data is sealed, or a key that is kept unsafely.
        """

    def wrap(self, key: bytes, context: bytes, *, version: int) -> bytes:
        """Seal the bytes of a key under root key ``version``, bound to ``context``."""

    def unwrap(self, blob: bytes, context: bytes) -> bytes:
        """Open what ``wrap`` sealed; the blob names its version.

        Raises:
            Tampered: it was altered, moved, or sealed by another key of that number.
            RootKeyRefused: the version is not held here.
        """

    def current_version(self) -> int:
        """The newest version held, to be promoted by a rotation."""

    def versions(self) -> dict[int, str]:
        """Each version held, and its label."""

    def add_version(self) -> int:
        """Make the next version and keep it safely; its number.

        Raises:
            RootKeyRefused: keys are made elsewhere; the message says how to add one.
        """

    def health(self) -> Health:
        """Whether the provider answers; must not raise."""
