"""A new password, or the end of an account, ends the sign-ins over the wire of S3 vaults."""

from django.db import migrations

END = """
CREATE FUNCTION s3vault_end_sign_ins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE identity_apikey SET revoked_at = statement_timestamp()
    FROM s3vault_app_accesstoken token
    WHERE token.key_id = identity_apikey.id AND token.kind = 'session'
      AND identity_apikey.user_id = NEW.id AND identity_apikey.revoked_at IS NULL;
    RETURN NULL;
END
$$
"""
TRIGGER = """
CREATE TRIGGER s3vault_end_sign_ins AFTER UPDATE OF password, is_active ON identity_user
FOR EACH ROW
WHEN (OLD.password IS DISTINCT FROM NEW.password OR (OLD.is_active AND NOT NEW.is_active))
EXECUTE FUNCTION s3vault_end_sign_ins()
"""


class Migration(migrations.Migration):
    dependencies = [
        ("s3vault_app", "0001_initial"),
        ("identity", "0005_admin_holds_everything"),
    ]

    operations = [
        migrations.RunSQL(END, "DROP FUNCTION s3vault_end_sign_ins()"),
        migrations.RunSQL(TRIGGER, "DROP TRIGGER s3vault_end_sign_ins ON identity_user"),
    ]
