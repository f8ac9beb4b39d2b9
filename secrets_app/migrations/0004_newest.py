"""An index for the search by names of fields."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("secrets_app", "0003_grant_reach"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="secret",
            index=models.Index(fields=["-updated_at", "id"], name="secret_newest"),
        ),
    ]
