from __future__ import annotations

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Lists and counts are answered by indexes alone: grants with their ends, names with ids."""

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("secrets_app", "0002_import_staged"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterUniqueTogether(
            name="secretrolegrant",
            unique_together=set(),
        ),
        migrations.AlterUniqueTogether(
            name="secretusergrant",
            unique_together=set(),
        ),
        migrations.AddIndex(
            model_name="secret",
            index=models.Index(fields=["name", "id"], include=("owner",), name="secret_by_name"),
        ),
        migrations.AddIndex(
            model_name="secret",
            index=models.Index(
                condition=models.Q(("expires_at__isnull", False)),
                fields=["expires_at"],
                name="secret_ending",
            ),
        ),
        migrations.AddIndex(
            model_name="secret",
            index=models.Index(
                condition=models.Q(("owner__isnull", False)),
                fields=["id"],
                name="secret_personal_ids",
            ),
        ),
        migrations.AddConstraint(
            model_name="secretrolegrant",
            constraint=models.UniqueConstraint(
                fields=("group", "permission", "content_object"),
                include=("valid_until",),
                name="secret_role_grant",
            ),
        ),
        migrations.AddConstraint(
            model_name="secretusergrant",
            constraint=models.UniqueConstraint(
                fields=("user", "permission", "content_object"),
                include=("valid_until",),
                name="secret_user_grant",
            ),
        ),
    ]
