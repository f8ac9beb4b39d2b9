"""An export can fail: a choice, nothing that the database knows of."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_jobs")]

    operations = [
        migrations.AlterField(
            model_name="export",
            name="state",
            field=models.CharField(
                choices=[
                    ("running", "Running"),
                    ("ready", "Ready"),
                    ("taken", "Taken"),
                    ("failed", "Failed"),
                ],
                default="running",
                max_length=8,
            ),
        ),
    ]
