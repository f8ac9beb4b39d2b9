"""A revoked or changed access token raises the identity epoch; a new one does not."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0002_identity_epoch"),
        ("oauth2_provider", "0022_refreshtoken_token_family_index"),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER raise_identity_epoch AFTER "
            "UPDATE OF user_id, application_id, token_checksum, expires, scope OR DELETE OR TRUNCATE "
            "ON oauth2_provider_accesstoken "
            "FOR EACH STATEMENT EXECUTE FUNCTION identity_raise_epoch()",
            "DROP TRIGGER raise_identity_epoch ON oauth2_provider_accesstoken",
        ),
    ]
