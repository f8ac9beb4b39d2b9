"""Where a client may come from, and a secret that overlaps with the one before it."""

import django.contrib.postgres.fields
from django.db import migrations, models

import vaultportal.crypto.fields

CREATE = """
CREATE TRIGGER raise_identity_epoch AFTER UPDATE OF {columns} OR DELETE OR TRUNCATE
ON identity_user FOR EACH STATEMENT EXECUTE FUNCTION identity_raise_epoch()
"""
DROP = "DROP TRIGGER raise_identity_epoch ON identity_user"
BEFORE = "id, number, username, kind, is_active, is_staff, is_superuser"


class Migration(migrations.Migration):
    dependencies = [("identity", "0007_client_expiry")]

    operations = [
        migrations.AddField(
            "user",
            "networks",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=43),
                blank=True,
                default=list,
                size=None,
                verbose_name="networks",
            ),
        ),
        migrations.AddField(
            "apiclient", "previous_secret", vaultportal.crypto.fields.VaultTextField(null=True)
        ),
        migrations.AddField(
            "apiclient",
            "previous_until",
            models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.RunSQL(DROP, CREATE.format(columns=BEFORE)),
        migrations.RunSQL(CREATE.format(columns=f"{BEFORE}, networks"), DROP),
    ]
