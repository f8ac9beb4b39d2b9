"""The tables of the audit trail."""

import django.db.models.deletion
from django.db import migrations, models

import vaultportal.crypto.fields
import vaultportal.identity.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="AuditHead",
            fields=[
                (
                    "shard",
                    models.SmallIntegerField(editable=False, primary_key=True, serialize=False),
                ),
                ("seq", models.BigIntegerField(default=0, editable=False)),
                ("mac", models.BinaryField(default=bytes(32))),
            ],
            options={
                "ordering": ("shard",),
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="SigningKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=vaultportal.identity.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("public", models.BinaryField()),
                ("private", vaultportal.crypto.fields.VaultTextField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ("-created_at",),
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=vaultportal.identity.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("shard", models.SmallIntegerField(editable=False)),
                ("seq", models.BigIntegerField(editable=False)),
                ("epoch", models.IntegerField(editable=False)),
                ("at", models.DateTimeField(editable=False)),
                ("body", models.BinaryField()),
                ("mac", models.BinaryField()),
                ("actor_id", models.UUIDField(editable=False)),
                ("actor_name", models.CharField(editable=False, max_length=255)),
                ("action", models.CharField(editable=False, max_length=255)),
                ("target_kind", models.CharField(editable=False, max_length=255)),
                ("target_id", models.CharField(editable=False, max_length=255)),
                ("target_name", models.CharField(editable=False, max_length=255)),
                ("outcome", models.CharField(editable=False, max_length=255)),
                ("reason", models.CharField(editable=False, max_length=255)),
                ("request_id", models.CharField(editable=False, max_length=255)),
                ("address", models.CharField(editable=False, max_length=255)),
            ],
            options={
                "verbose_name_plural": "audit entries",
                "ordering": ("-id",),
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(fields=["actor_id", "-id"], name="audit_entry_by_actor"),
                    models.Index(fields=["target_id", "-id"], name="audit_entry_by_target"),
                    models.Index(
                        condition=models.Q(("outcome", "success"), _negated=True),
                        fields=["-id"],
                        name="audit_entry_not_success",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("shard", "seq"), name="audit_entry_place_in_chain"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                (
                    "number",
                    models.BigIntegerField(editable=False, primary_key=True, serialize=False),
                ),
                ("at", models.DateTimeField(editable=False)),
                ("body", models.BinaryField()),
                ("signature", models.BinaryField()),
                (
                    "key",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="audit.signingkey",
                    ),
                ),
            ],
            options={
                "ordering": ("-number",),
                "default_permissions": ("view",),
            },
        ),
    ]
