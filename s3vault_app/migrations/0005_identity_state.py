from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("s3vault_app", "0004_vault_draft")]

    operations = [
        # No engine tells it.
        migrations.RemoveField(model_name="keypair", name="last_used_at"),
        # Rows of before are pending: each is told once more, which repairs what a death left.
        migrations.AddField(
            model_name="engineidentity",
            name="state",
            field=models.CharField(
                choices=[("pending", "being told"), ("applied", "told")],
                default="pending",
                max_length=7,
                verbose_name="state",
            ),
        ),
    ]
