"""The tables of the key tree, and the trigger that tells all processes of a change."""

from __future__ import annotations

import uuid

from django.db import migrations, models
from django.db.models import Q

STATES = [
    ("staged", "Staged"),
    ("active", "Active"),
    ("decrypt_only", "Decrypt Only"),
    ("destroyed", "Destroyed"),
]

# A new first key needs no notice: nobody remembers that a scope has none.
EPOCH = """
CREATE FUNCTION crypto_raise_epoch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE crypto_instance SET epoch = epoch + 1;
    RETURN NULL;
END
$$;
CREATE TRIGGER crypto_data_key_epoch AFTER UPDATE OR DELETE OR TRUNCATE ON crypto_data_key
    FOR EACH STATEMENT EXECUTE FUNCTION crypto_raise_epoch();
CREATE TRIGGER crypto_root_key_version_epoch AFTER UPDATE OR DELETE OR TRUNCATE
    ON crypto_root_key_version FOR EACH STATEMENT EXECUTE FUNCTION crypto_raise_epoch();
CREATE TRIGGER crypto_key_scope_epoch AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON crypto_key_scope
    FOR EACH STATEMENT EXECUTE FUNCTION crypto_raise_epoch();
"""
NO_EPOCH = """
DROP TRIGGER crypto_key_scope_epoch ON crypto_key_scope;
DROP TRIGGER crypto_root_key_version_epoch ON crypto_root_key_version;
DROP TRIGGER crypto_data_key_epoch ON crypto_data_key;
DROP FUNCTION crypto_raise_epoch();
"""


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []

    operations = [
        migrations.CreateModel(
            name="Instance",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("epoch", models.BigIntegerField(default=0)),
                ("only", models.BooleanField(default=True, unique=True)),
            ],
            options={
                "db_table": "crypto_instance",
                "constraints": [
                    models.CheckConstraint(condition=Q(only=True), name="crypto_instance_only_one")
                ],
            },
        ),
        migrations.CreateModel(
            name="RootKeyVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("provider", models.TextField()),
                ("version", models.PositiveIntegerField()),
                ("label", models.TextField()),
                ("state", models.TextField(choices=STATES)),
                ("sentinel", models.BinaryField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "db_table": "crypto_root_key_version",
                "constraints": [
                    models.UniqueConstraint(
                        fields=["provider", "version"], name="crypto_root_key_unique"
                    ),
                    models.UniqueConstraint(
                        fields=["state"],
                        condition=Q(state="active"),
                        name="crypto_root_key_one_active",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="KeyScope",
            fields=[
                ("scope", models.TextField(primary_key=True, serialize=False)),
                ("min_open_version", models.PositiveIntegerField(default=1)),
            ],
            options={"db_table": "crypto_key_scope"},
        ),
        migrations.CreateModel(
            name="DataKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("scope", models.TextField()),
                ("version", models.PositiveIntegerField()),
                ("state", models.TextField(choices=STATES)),
                ("wrapped", models.BinaryField()),
                ("provider", models.TextField()),
                ("kek_version", models.PositiveIntegerField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "db_table": "crypto_data_key",
                "constraints": [
                    models.UniqueConstraint(
                        fields=["scope", "version"], name="crypto_data_key_unique"
                    ),
                    models.UniqueConstraint(
                        fields=["scope"],
                        condition=Q(state="active"),
                        name="crypto_data_key_one_active",
                    ),
                    models.CheckConstraint(
                        condition=Q(state="destroyed", wrapped=b"")
                        | ~Q(state="destroyed") & ~Q(wrapped=b""),
                        name="crypto_data_key_destroyed_is_empty",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ObjectKey",
            fields=[
                ("object_id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("scope", models.TextField()),
                ("data_key_version", models.PositiveIntegerField()),
                ("wrapped", models.BinaryField()),
            ],
            options={"db_table": "crypto_object_key"},
        ),
        migrations.RunSQL(EPOCH, NO_EPOCH),
    ]
