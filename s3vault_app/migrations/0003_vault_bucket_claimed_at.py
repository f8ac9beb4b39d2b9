from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("s3vault_app", "0002_password_ends_sign_ins"),
    ]

    operations = [
        migrations.AddField(
            model_name="vault",
            name="bucket_claimed_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="bucket claimed"),
        ),
    ]
