from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identity", "0006_gated")]

    operations = [
        migrations.AddField(
            "apiclient",
            "expires_at",
            models.DateTimeField(blank=True, null=True, verbose_name="expires"),
        ),
        migrations.AddField(
            "apiclient",
            "last_used_at",
            models.DateTimeField(blank=True, editable=False, null=True, verbose_name="last used"),
        ),
    ]
