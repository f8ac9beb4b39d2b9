"""Export keys: values leave one vault sealed, and open in another that has the same export seed.

The export key is this instance's own, handed out wrapped by a key that both operators set
(PVAULT_KMS_EXPORT_SEED). Neither the instance nor the object is in the context of the values, since
both differ in the other vault.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from typing import Any

import orjson
from django.conf import settings

from collections_app.errors import bad_request, bad_value, feature_disabled
from collections_app.schema.compiled import CollectionSchema, PropertySchema
from collections_app.services.options import WriteOptions
from vaultportal.crypto import keyring, message
from vaultportal.crypto.errors import Tampered
from vaultportal.crypto.message import KEY_BYTES, OpenKey

_WRAP = message.encode([b"collections.export-key"])


def is_available() -> bool:
    """Whether the operator has set a seed."""
    return bool(settings.PVAULT_KMS_EXPORT_SEED)


def current_key() -> OpenKey:
    """The export key of this instance, the same as long as the seed stays; Disabled without one."""
    secret = _wrapping_key().expand(message.encode([b"export key", keyring.instance_id()]))
    return OpenKey("export", 1, secret[:KEY_BYTES])


def wrapped_key() -> str:
    """The export key as it is handed out: wrapped, as base64."""
    return b64encode(message.seal(_wrapping_key(), current_key().export(), _WRAP)).decode()


def open_key(wrapped: str) -> OpenKey:
    """The key in ``wrapped``; PV1012 when it was not made with this seed."""
    try:
        secret = message.unseal(_wrapping_key(), b64decode(wrapped, validate=True), _WRAP)
        return OpenKey("export", 1, secret)
    except (Tampered, ValueError):
        raise bad_request("export_key", "does not open here") from None


def seal(key: OpenKey, each: PropertySchema, value: Any) -> str:
    """A normalized value, sealed for the other vault, as base64."""
    return b64encode(message.seal(key, orjson.dumps(value), _context(each))).decode()


def opener(
    schema: CollectionSchema, options: WriteOptions
) -> Callable[[PropertySchema, Any], Any] | None:
    """How to open the values of an import; None when they are in clear.

    Raises:
        Invalid: a key without ``import``, or one that does not open here.
    """
    if not options.export_key:
        return None
    if not options.is_import:
        raise bad_request("export_key", "can be given with import only")
    return partial(_unseal, open_key(options.export_key))


def _unseal(key: OpenKey, each: PropertySchema, value: Any) -> Any:
    try:
        sealed = b64decode(value, validate=True)
        return orjson.loads(message.unseal(key, sealed, _context(each)))
    except (Tampered, ValueError, TypeError):
        raise bad_value(each.name, "does not open with the export key") from None


def _context(each: PropertySchema) -> bytes:
    return message.encode([b"collections.export", each.name.encode(), each.data_type.name.encode()])


def _wrapping_key() -> OpenKey:
    if not is_available():
        raise feature_disabled("No export key is configured.")
    seed = sha256(message.encode([b"export seed", settings.PVAULT_KMS_EXPORT_SEED.encode()]))
    return OpenKey("export seed", 1, seed.digest())
