"""Rotations of keys as jobs: one runs at a time."""

import uuid

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("crypto", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="KeyJob",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("root", "a new root key"), ("data", "new data keys")],
                        max_length=8,
                        verbose_name="what",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "running"),
                            ("done", "done"),
                            ("broken", "done, with keys that do not open"),
                            ("failed", "failed"),
                        ],
                        default="running",
                        editable=False,
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("phase", models.CharField(blank=True, default="", editable=False, max_length=16)),
                ("asked_by", models.UUIDField(editable=False)),
                (
                    "asked_name",
                    models.CharField(editable=False, max_length=255, verbose_name="asked by"),
                ),
                (
                    "done",
                    models.PositiveBigIntegerField(
                        default=0, editable=False, verbose_name="renewed"
                    ),
                ),
                ("broken", models.JSONField(default=list, editable=False)),
                (
                    "found",
                    models.PositiveIntegerField(
                        default=0, editable=False, verbose_name="do not open"
                    ),
                ),
                (
                    "detail",
                    models.TextField(blank=True, default="", editable=False, verbose_name="detail"),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="began"
                    ),
                ),
                (
                    "touched_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("ended_at", models.DateTimeField(editable=False, null=True, verbose_name="ended")),
                ("worker", models.UUIDField(editable=False, null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0, editable=False)),
            ],
            options={
                "verbose_name": "key rotation",
                "verbose_name_plural": "key rotations",
                "db_table": "crypto_key_job",
                "ordering": ["-created_at"],
                "default_permissions": ("view",),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "running")),
                        fields=("state",),
                        name="crypto_key_job_one_runs",
                    )
                ],
            },
        ),
    ]
