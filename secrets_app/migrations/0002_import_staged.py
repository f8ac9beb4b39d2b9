from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """What an import held waits sealed in its row, between the preview and the run."""

    dependencies = [("secrets_app", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="importjob",
            name="staged",
            field=models.BinaryField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="importjob",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "waiting for its file"),
                    ("staged", "waiting for a decision"),
                    ("running", "running"),
                    ("done", "done"),
                    ("failed", "failed"),
                ],
                default="waiting",
                max_length=8,
                verbose_name="state",
            ),
        ),
    ]
