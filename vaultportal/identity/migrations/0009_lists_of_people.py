"""Indexes for the lists of people and of clients, in their order."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("identity", "0008_client_origins"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="user",
            index=models.Index(fields=["kind", "username", "id"], name="user_by_name"),
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(
                fields=["kind", "full_name", "username", "id"], name="user_by_full_name"
            ),
        ),
    ]
