"""Lists as people like to find them again: their own, or shared with a role."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import vaultportal.identity.ids


class Migration(migrations.Migration):
    dependencies = [
        ("directory", "0001_initial"),
        ("identity", "0007_client_expiry"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedView",
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
                ("list_name", models.CharField(max_length=80, verbose_name="list")),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("query", models.CharField(max_length=2000)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated")),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_views",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "role",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="identity.role",
                        verbose_name="role",
                    ),
                ),
            ],
            options={
                "verbose_name": "saved view",
                "verbose_name_plural": "saved views",
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("role__isnull", False)),
                        fields=["role", "list_name"],
                        name="directory_saved_view_shared",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("owner", "list_name", "name"), name="directory_saved_view_once"
                    )
                ],
            },
        ),
    ]
