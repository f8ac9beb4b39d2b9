"""Where the trail is sent to."""

import django.contrib.postgres.fields
import django.db.models.functions.text
import django.utils.timezone
from django.db import migrations, models

import vaultportal.audit.models
import vaultportal.crypto.fields
import vaultportal.identity.ids


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0006_explorer_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="LogTarget",
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
                ("name", models.CharField(max_length=100)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("syslog-tls", "Syslog Tls"),
                            ("syslog-tcp", "Syslog Tcp"),
                            ("https", "Https"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "format",
                    models.CharField(
                        choices=[("structured", "Structured"), ("json", "Json")],
                        default="json",
                        max_length=10,
                    ),
                ),
                ("address", models.CharField(max_length=2048)),
                ("ca", models.TextField(blank=True, default="")),
                ("credential", vaultportal.crypto.fields.VaultTextField(null=True)),
                ("is_enabled", models.BooleanField(default=True)),
                (
                    "positions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        default=vaultportal.audit.models.no_positions,
                        size=16,
                    ),
                ),
                ("checkpoint", models.BigIntegerField(default=0)),
                ("sent", models.BigIntegerField(default=0)),
                ("last_sent_at", models.DateTimeField(null=True)),
                ("error", models.CharField(blank=True, default="", max_length=64)),
                ("error_at", models.DateTimeField(null=True)),
                ("failing_since", models.DateTimeField(null=True)),
                ("failures", models.IntegerField(default=0)),
                ("next_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("claim", models.UUIDField(null=True)),
                ("claim_until", models.DateTimeField(null=True)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
            ],
            options={
                "ordering": ("id",),
                "default_permissions": ("view",),
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("name"),
                        name="audit_log_target_named_once",
                    )
                ],
            },
        ),
    ]
