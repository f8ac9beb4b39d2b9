"""Secrets of which each look needs a ticket."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("secrets_app", "0004_newest")]

    operations = [
        migrations.AddField(
            model_name="secret",
            name="needs_ticket",
            # A default of the database: processes of the version before go on writing secrets.
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="each look needs a ticket"
            ),
        ),
    ]
