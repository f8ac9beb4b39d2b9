from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("s3vault_app", "0005_identity_state")]

    operations = [
        migrations.AddField(
            model_name="storagepool",
            name="drain_asked_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="drain asked"),
        ),
        migrations.AddField(
            model_name="storagepool",
            name="drained_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="drained"),
        ),
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
                ],
                max_length=10,
                verbose_name="type",
            ),
        ),
    ]
