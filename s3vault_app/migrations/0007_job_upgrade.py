from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("s3vault_app", "0006_pool_drains")]

    operations = [
        migrations.AlterField(
            model_name="job",
            name="type",
            field=models.CharField(
                choices=[
                    ("create", "Create vault"),
                    ("update", "Change endpoints"),
                    ("delete", "Delete vault"),
                    ("install", "Install endpoint"),
                    ("uninstall", "Uninstall endpoint"),
                    ("enable", "Start endpoint"),
                    ("disable", "Stop endpoint"),
                    ("verify", "Verify vault"),
                    ("renew", "Renew certificates"),
                    ("drain", "Drain endpoint"),
                    ("undrain", "Let endpoint take writes"),
                    ("upgrade", "Upgrade endpoint"),
                ],
                max_length=10,
                verbose_name="type",
            ),
        ),
    ]
