"""XML that cannot be read."""

from __future__ import annotations

import pytest

from s3vault_app.api import xml
from vaultportal.errors import Malformed


@pytest.mark.parametrize(
    "content",
    [
        b'<?xml version="1.0" encoding="no-such-one"?><a/>',
        b'<?xml version="1.0" encoding="gb2312"?><a/>',
        b"",
    ],
    ids=["unknown encoding", "encoding of many bytes", "nothing"],
)
def test_an_encoding_that_is_not_read_is_malformed(content: bytes) -> None:
    with pytest.raises(Malformed):
        xml.read_root(content)
