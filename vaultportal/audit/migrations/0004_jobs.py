"""Verifications and exports as jobs: their rows, and the parts of a file."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import vaultportal.identity.ids


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0003_reads"),
    ]

    operations = [
        migrations.CreateModel(
            name="Export",
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
                (
                    "state",
                    models.CharField(
                        choices=[("running", "Running"), ("ready", "Ready"), ("taken", "Taken")],
                        default="running",
                        max_length=8,
                    ),
                ),
                (
                    "format",
                    models.CharField(choices=[("ndjson", "Ndjson"), ("csv", "Csv")], max_length=8),
                ),
                ("asked_by", models.UUIDField(editable=False)),
                ("asked_name", models.CharField(editable=False, max_length=255)),
                ("wanted", models.JSONField(default=dict, editable=False)),
                ("upper", models.UUIDField(editable=False)),
                ("last", models.UUIDField(editable=False, null=True)),
                ("rows", models.BigIntegerField(default=0, editable=False)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                (
                    "touched_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("taken_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "ordering": ("-id",),
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="ExportPart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.IntegerField()),
                ("data", models.BinaryField()),
            ],
            options={
                "ordering": ("export", "number"),
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="Verification",
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
                (
                    "state",
                    models.CharField(
                        choices=[("running", "Running"), ("whole", "Whole"), ("broken", "Broken")],
                        default="running",
                        max_length=8,
                    ),
                ),
                ("asked_by", models.UUIDField(editable=False)),
                ("asked_name", models.CharField(editable=False, max_length=255)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                (
                    "touched_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("ended_at", models.DateTimeField(editable=False, null=True)),
                ("total", models.BigIntegerField(editable=False)),
                ("walked", models.BigIntegerField(default=0, editable=False)),
                ("heads", models.JSONField(default=dict, editable=False)),
                ("breaks", models.JSONField(default=list, editable=False)),
                ("found", models.IntegerField(default=0, editable=False)),
            ],
            options={
                "ordering": ("-id",),
                "default_permissions": ("view",),
            },
        ),
        migrations.AddField(
            model_name="exportpart",
            name="export",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="parts", to="audit.export"
            ),
        ),
        migrations.AddConstraint(
            model_name="verification",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "running")),
                fields=("state",),
                name="audit_verification_one_runs",
            ),
        ),
        migrations.AddConstraint(
            model_name="exportpart",
            constraint=models.UniqueConstraint(
                fields=("export", "number"), name="audit_export_part_once"
            ),
        ),
    ]
