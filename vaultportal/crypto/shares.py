"""The recovery copy of a root key: SLIP-39 shares, of which any ``threshold`` give the key back."""

from __future__ import annotations

from collections.abc import Sequence

from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics

from vaultportal.crypto import roots
from vaultportal.crypto.errors import RootKeyRefused
from vaultportal.crypto.message import KEY_BYTES, OpenKey
from vaultportal.crypto.providers import registry
from vaultportal.crypto.providers.base import KeyProvider
from vaultportal.crypto.providers.keyfile import KeyFile
from vaultportal.crypto.providers.local import LocalKeys
from vaultportal.crypto.store import RootRow, Store

MOST_SHARES = 16


def split(version: int | None, *, shares: int, threshold: int) -> tuple[str, list[str]]:
    """The label of a root key version (None: the newest) and its shares, 33 words each.

    Raises:
        RootKeyRefused: the numbers do not fit, or the provider gives no key out.
    """
    if not 2 <= threshold <= shares <= MOST_SHARES:
        raise RootKeyRefused(
            message="The threshold is at least 2 and at most the number of shares, "
            f"which is at most {MOST_SHARES}."
        )
    provider = registry.provider()
    if not isinstance(provider, LocalKeys):
        raise RootKeyRefused(message="This provider keeps its keys: use its own backup.")
    provider.prepare(fresh=False)
    chosen = version or provider.current_version()
    groups = generate_mnemonics(1, [(threshold, shares)], provider.export(chosen))
    return provider.versions()[chosen], list(groups[0])


def join(words: Sequence[str], version: int | None) -> str:
    """Put a root key version (None: the active one) back into the key file; its label.

    Raises:
        RootKeyRefused: shares are missing or miswritten, or they give another key than the
        database's.
    """
    provider = registry.provider()
    if not isinstance(provider, KeyFile):
        raise RootKeyRefused(
            message="Shares are restored into a key file: set PORTAL_KEY_PROVIDER=keyfile."
        )
    try:
        key: bytes = combine_mnemonics(list(words))
    except MnemonicError as fault:
        raise RootKeyRefused(message=f"The shares do not fit together: {fault}") from None
    store = Store()
    try:
        row = _recorded(store, provider, version)
        candidate = OpenKey("root", row.version, key) if len(key) == KEY_BYTES else None
        if candidate is None or not roots.opens_sentinel(candidate, row, roots.instance_id(store)):
            raise RootKeyRefused(message=f"The shares give another key than {row.label}.")
    finally:
        store.close()
    provider.put_back(row.version, key)
    return row.label


def _recorded(store: Store, provider: KeyProvider, version: int | None) -> RootRow:
    for row in store.root_versions():
        if row.provider == provider.family and (
            row.version == version if version else row.state == "active"
        ):
            return row
    raise RootKeyRefused(message="The database has no record of this root key version.")
