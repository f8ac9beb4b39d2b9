"""Collections of which each look at a value needs a ticket."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("collections_app", "0007_bulk_jobs")]

    operations = [
        migrations.AddField(
            model_name="collection",
            name="needs_ticket",
            # A default of the database: processes of the version before go on adding collections.
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
    ]
