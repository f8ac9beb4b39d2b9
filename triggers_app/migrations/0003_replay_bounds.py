from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models

# A search is for a part of the name, in any case of letters; expressions with a class of operators
# are more than the model can say.
NAMES = """
CREATE INDEX pending_object_trigrams ON triggers_app_pending
USING gin (upper(object_name::text) gin_trgm_ops)
"""


class Migration(migrations.Migration):
    dependencies = [("triggers_app", "0002_gates")]

    operations = [
        migrations.AddField(
            model_name="pending",
            name="details",
            field=models.JSONField(blank=True, default=dict, verbose_name="details"),
        ),
        migrations.AddField(
            model_name="replayjob",
            name="least_attempts",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="attempts at least"),
        ),
        migrations.AddField(
            model_name="replayjob",
            name="least_ms",
            field=models.PositiveIntegerField(default=0, verbose_name="milliseconds at least"),
        ),
        migrations.AddField(
            model_name="subscription",
            name="credential_origin",
            field=models.TextField(blank=True, default="", editable=False),
        ),
        TrigramExtension(),
        migrations.RunSQL(NAMES, "DROP INDEX pending_object_trigrams"),
    ]
