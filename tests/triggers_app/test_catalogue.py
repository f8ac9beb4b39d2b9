"""The catalogue of events against the table that subscribers rely on."""

from __future__ import annotations

import jsonschema_rs
import orjson
import pytest

from vaultportal.events import catalog

FACT, QUESTION = "FIRE_AND_FORGET", "REQUEST_RESPONSE"
# id, kind, type, the one time word, further keys. Source: contract of triggers, section 10.
TABLE = (
    ("vault:object-added", FACT, "OBJECT", "created", "vault path size"),
    ("vault:object-updated", FACT, "OBJECT", "modified", "vault changes"),
    ("vault:object-deleted", FACT, "OBJECT", "deleted", "vault path"),
    ("vault:object-expired", FACT, "OBJECT", "modified", "vault expiredAt"),
    ("vault:secret-created", FACT, "SECRET", "created", "vault version"),
    ("vault:secret-read", FACT, "SECRET", "created", "vault version client"),
    ("vault:secret-updated", FACT, "SECRET", "modified", "vault version changes"),
    ("vault:s3-vault-created", FACT, "S3_VAULT", "created", "bucket region"),
    ("vault:endpoint-install-finished", FACT, "JOB", "created", "job"),
    ("vault:access-denied", FACT, "ACCESS", "created", "operation reason client"),
    ("vault:action-invoked", FACT, "ACTION", "created", "action targets"),
    ("vault:secret-read-approval", QUESTION, "SECRET", "created", "vault version reason"),
    ("vault:object-delete-approval", QUESTION, "OBJECT", "created", "vault path reason"),
    ("vault:action-approval", QUESTION, "ACTION", "created", "action targets reason"),
)
CONNECTORS = {"kv", "file", "s3", "endpoint", "action", "system"}
TIMES = {"created", "modified", "deleted"}


@pytest.mark.parametrize(("type_id", "kind", "subject", "moment", "further"), TABLE)
def test_an_entry_is_as_the_table_says(
    type_id: str, kind: str, subject: str, moment: str, further: str
) -> None:
    found = catalog.get(type_id)

    assert found is not None
    assert (found.kind, found.subject, found.moment) == (kind, subject, moment)
    assert set(further.split()) <= found.further.keys() & found.example.keys()


@pytest.mark.parametrize("found", catalog.every(), ids=lambda each: each.id)
def test_each_example_is_one_that_every_client_can_read(found: catalog.EventType) -> None:
    example = found.example

    assert set(example) >= {"id", "name", "type", "connector", "actor"}
    assert len(TIMES & example.keys()) == 1
    assert example["connector"] in CONNECTORS
    assert example["actor"]["type"] == "IDENTITY"
    assert all(value is not None for value in example.values())
    jsonschema_rs.validate(orjson.loads(found.input_schema), example)
    if found.kind == QUESTION:
        assert found.output_schema is not None
        assert found.output_example is not None
        assert found.output_example.keys() == {"approved", "comment", "approver"}
        jsonschema_rs.validate(orjson.loads(found.output_schema), found.output_example)
