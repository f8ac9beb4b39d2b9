"""Whoever is disabled is signed out everywhere, and stays so when enabled again."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION identity_end_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM identity_session WHERE user_id = NEW.id;
    RETURN NULL;
END
$$
"""
TRIGGER = """
CREATE TRIGGER end_sessions AFTER UPDATE OF is_active ON identity_user
FOR EACH ROW WHEN (OLD.is_active AND NOT NEW.is_active)
EXECUTE FUNCTION identity_end_sessions()
"""


class Migration(migrations.Migration):
    dependencies = [("identity", "0003_token_epoch")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION identity_end_sessions()"),
        migrations.RunSQL(TRIGGER, "DROP TRIGGER end_sessions ON identity_user"),
    ]
