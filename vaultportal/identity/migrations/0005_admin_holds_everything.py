"""The built-in role of administrators is given each permission that is ever made.

Permissions appear with the models of later versions, after all migrations ran; nobody else would
notice. What touches plaintext is among them and opens nothing: such rights count on rows only.
"""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION identity_admin_holds_everything() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO auth_group_permissions (group_id, permission_id)
    SELECT role.group_ptr_id, permission.id
    FROM identity_role role
    JOIN auth_group ON auth_group.id = role.group_ptr_id AND auth_group.name = 'privx-admin'
    CROSS JOIN auth_permission permission
    WHERE role.system
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$
"""
TRIGGERS = {
    "auth_permission": "INSERT",
    "identity_role": "INSERT",
}


class Migration(migrations.Migration):
    dependencies = [("identity", "0004_disabled_ends_sessions")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION identity_admin_holds_everything()"),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER admin_holds_everything AFTER {change} ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION identity_admin_holds_everything()",
                f"DROP TRIGGER admin_holds_everything ON {table}",
            )
            for table, change in TRIGGERS.items()
        ),
    ]
