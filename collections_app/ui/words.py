"""Names of the wire in words, beside which pages keep the name itself."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TOKEN_TYPES: list[tuple[str, str | Promise]] = [
    ("pointer", _("Pointer: the present value of an object")),
    ("randomized", _("Randomized: the value of today, a new token each time")),
    ("deterministic", _("Deterministic: the same values, the same token")),
    ("pci", _("PCI: the same values, a token found again")),
    ("pci_oneway", _("PCI one-way: never back to the value")),
]
FLAGS: dict[str, str | Promise] = {
    "unique": _("unique"),
    "index": _("index"),
    "substring_index": _("substring index"),
    "encrypted": _("encrypted"),
    "nullable": _("nullable"),
}
RIGHTS: dict[str, str | Promise] = {
    "cap_collections_reader": _("See the schema"),
    "cap_collections_writer": _("Change the schema"),
    "cap_data_reader": _("Read and count objects"),
    "cap_objects_reader": _("Read single objects"),
    "cap_objects_lister": _("List objects"),
    "cap_data_searcher": _("Search objects"),
    "cap_data_creator": _("Add objects"),
    "cap_data_updater": _("Change objects"),
    "cap_data_deleter": _("Erase objects"),
    "cap_data_writer": _("Add, change and erase objects"),
    "cap_tokens_reader": _("See tokens"),
    "cap_tokens_writer": _("Make and manage tokens"),
    "cap_tokens_detokenizer": _("Detokenize"),
    "cap_crypto_encrypter": _("Encrypt"),
    "cap_crypto_decrypter": _("Decrypt"),
    "cap_crypto_hasher": _("Hash"),
    "own_collection": _("Own: everything of the above"),
}
OPERATIONS: list[tuple[str, str | Promise]] = [
    ("read", _("Read")),
    ("search", _("Search")),
    ("write", _("Write")),
    ("delete", _("Erase")),
    ("tokenize", _("Tokenize")),
    ("detokenize", _("Detokenize")),
    ("encrypt", _("Encrypt")),
    ("decrypt", _("Decrypt")),
    ("hash", _("Hash")),
    ("stats", _("Count")),
]
