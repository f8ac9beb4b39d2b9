"""Every change of what authentication reads raises the epoch, in the same transaction."""

from django.db import migrations

RAISE = """
CREATE FUNCTION identity_raise_epoch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A new row begins at the clock: a database that was emptied must not show an old value again.
    INSERT INTO identity_identityepoch (id, value)
    VALUES (1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
    ON CONFLICT (id) DO UPDATE SET value = identity_identityepoch.value + 1;
    RETURN NULL;
END
$$
"""

# Only the columns that authentication reads: a sign-in or the use of a key must not void all caches.
WATCHED = {
    "identity_user": (
        "UPDATE OF id, number, username, kind, is_active, is_staff, is_superuser OR DELETE"
    ),
    "auth_group": "UPDATE OR DELETE",
    "auth_group_permissions": "INSERT OR UPDATE OR DELETE",
    "auth_permission": "UPDATE OR DELETE",
    "django_content_type": "UPDATE OF app_label OR DELETE",
    "identity_role": "INSERT OR UPDATE OF group_ptr_id, system, deleted_at OR DELETE",
    "identity_membership": "INSERT OR UPDATE OR DELETE",
    "identity_apikey": "UPDATE OF digest, user_id, scopes, expires_at, revoked_at OR DELETE",
    "identity_policy": "UPDATE OR DELETE",
    "identity_role_policies": "INSERT OR UPDATE OR DELETE",
}


def watch(table: str, changes: str) -> migrations.RunSQL:
    """Attach the trigger to ``table`` for ``changes``, as SQL spells them."""
    return migrations.RunSQL(
        f"CREATE TRIGGER raise_identity_epoch AFTER {changes} OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION identity_raise_epoch()",
        f"DROP TRIGGER raise_identity_epoch ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RunSQL(RAISE, "DROP FUNCTION identity_raise_epoch()"),
        *(watch(table, changes) for table, changes in WATCHED.items()),
        migrations.RunSQL(
            "INSERT INTO identity_identityepoch (id, value) "
            "VALUES (1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)",
            "DELETE FROM identity_identityepoch",
        ),
    ]
