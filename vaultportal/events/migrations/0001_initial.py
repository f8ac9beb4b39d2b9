"""The outbox."""

from django.db import migrations, models

import vaultportal.identity.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Event",
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
                ("type", models.CharField(editable=False, max_length=100)),
                ("payload", models.JSONField(editable=False)),
                ("actor_id", models.UUIDField(editable=False)),
                ("actor_name", models.CharField(editable=False, max_length=255)),
                ("request_id", models.CharField(editable=False, max_length=255)),
                ("created_at", models.DateTimeField(editable=False)),
                ("dispatched_at", models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                "ordering": ("-id",),
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("dispatched_at", None)),
                        fields=["id"],
                        name="event_undispatched",
                    )
                ],
            },
        ),
    ]
