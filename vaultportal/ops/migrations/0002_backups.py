"""Backups of the database, a row for each."""

import django.utils.timezone
from django.db import migrations, models

import vaultportal.identity.ids


class Migration(migrations.Migration):
    dependencies = [
        ("ops", "0001_metrics_permission"),
    ]

    operations = [
        migrations.CreateModel(
            name="Backup",
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
                        choices=[
                            ("waiting", "waiting"),
                            ("running", "running"),
                            ("done", "made"),
                            ("failed", "failed"),
                        ],
                        editable=False,
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                (
                    "is_scheduled",
                    models.BooleanField(default=False, editable=False, verbose_name="by schedule"),
                ),
                ("asked_by", models.UUIDField(editable=False)),
                (
                    "asked_name",
                    models.CharField(editable=False, max_length=255, verbose_name="asked by"),
                ),
                ("place", models.TextField(editable=False, verbose_name="folder")),
                (
                    "name",
                    models.CharField(
                        blank=True, default="", editable=False, max_length=120, verbose_name="name"
                    ),
                ),
                (
                    "bytes",
                    models.PositiveBigIntegerField(default=0, editable=False, verbose_name="size"),
                ),
                (
                    "digest",
                    models.CharField(
                        blank=True,
                        default="",
                        editable=False,
                        max_length=64,
                        verbose_name="SHA-256",
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
                ("ended_at", models.DateTimeField(editable=False, null=True, verbose_name="ended")),
                ("keys_gone_at", models.DateTimeField(editable=False, null=True)),
                ("gone_at", models.DateTimeField(editable=False, null=True)),
                (
                    "test_state",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "not tested"),
                            ("waiting", "waiting"),
                            ("running", "running"),
                            ("passed", "restored and readable"),
                            ("failed", "failed"),
                        ],
                        default="",
                        editable=False,
                        max_length=8,
                        verbose_name="restore",
                    ),
                ),
                ("test_detail", models.TextField(blank=True, default="", editable=False)),
                (
                    "tested_at",
                    models.DateTimeField(
                        editable=False, null=True, verbose_name="restore was tested on"
                    ),
                ),
            ],
            options={
                "verbose_name": "backup",
                "verbose_name_plural": "backups",
                "ordering": ["-created_at"],
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("waiting", "running"))),
                        fields=("state",),
                        name="ops_backup_one_of_each",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("test_state__in", ("waiting", "running"))),
                        fields=("test_state",),
                        name="ops_backup_one_test_of_each",
                    ),
                ],
            },
        ),
    ]
