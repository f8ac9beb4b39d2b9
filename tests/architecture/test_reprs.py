"""What could end in a log line or a traceback: no dataclass shows a secret in its repr."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Iterator

from tests.architecture.source import is_migration, modules

SECRETS = {
    "access_token",
    "api_key",
    "client_secret",
    "data",
    "key",
    "password",
    "payload",
    "plaintext",
    "refresh_token",
    "secret",
    "text",
    "token",
    "value",
}

# Named like a secret, and none.
HARMLESS = {
    "collections_app.pvschema._Token.text": "a word of a schema",
    "collections_app.rows.entries.Entry.key": "a blind index digest",
    "collections_app.rows.insert.NewObject.key": "a row with a wrapped key",
    "collections_app.services.outgoing.Column.key": "a property's name in an answer",
    "s3vault_app.ui.charts.Band.text": "a sentence about a chart",
    "s3vault_app.ui.charts.Capacity.text": "a sentence about a chart",
    "s3vault_app.ui.charts.Disk.text": "a sentence about a chart",
    "s3vault_app.ui.sayings._Phrase.text": "a sentence with its parts taken out",
    "secrets_app.services.secrets.Draft.payload": "its type hides itself",
    "vaultportal.audit.verification.Break.text": "a sentence about a chain",
    "vaultportal.identity.explanation.Line.text": "a sentence about a right",
    "vaultportal.runtime.paths.Layout.data": "a folder",
    "vaultportal.runtime.tls.Certificate.key": "the path of a file",
    "vaultportal.trail.batch.Happening.payload": "names and ids that subscribers get",
    "vaultportal.ui.attention.Need.text": "a sentence of the overview",
    "vaultportal.ui.bulk.Action.value": "the name of an action",
    "vaultportal.ui.columns.Column.key": "a column's name in an address",
    "vaultportal.ui.fields.FieldRow.key": "a field's name",
    "vaultportal.ui.integrity.Standing.text": "a sentence about the trail",
    "vaultportal.ui.snippets.Snippet.text": "an example without credentials",
    "vaultportal.ui.totals.Total.value": "a number of the overview",
    "vaultportal.ui.views.confirm.Confirmation.text": "a question",
}


def test_no_dataclass_shows_a_secret() -> None:
    found = {
        f"{kind.__module__}.{kind.__qualname__}.{each.name}"
        for kind in _dataclasses()
        for each in dataclasses.fields(kind)
        if each.name in SECRETS and _shows(kind, each)
    }

    assert found == HARMLESS.keys()


def _shows(kind: type, each: dataclasses.Field[object]) -> bool:
    generated = getattr(kind.__repr__, "__wrapped__", None) is not None
    return generated and each.repr


def _dataclasses() -> Iterator[type]:
    for path, _ in modules():
        if is_migration(path) or path == "vaultportal/wsgi.py":  # that one starts the portal
            continue
        name = path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        module = importlib.import_module(name)
        for found in vars(module).values():
            if (
                isinstance(found, type)
                and dataclasses.is_dataclass(found)
                and found.__module__ == name
            ):
                yield found
