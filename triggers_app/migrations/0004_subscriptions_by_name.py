"""An index for the list of subscriptions, in its order."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("triggers_app", "0003_replay_bounds"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="subscription",
            index=models.Index(fields=["name", "id"], name="subscription_by_name"),
        ),
    ]
