"""Jobs that make unique and encrypt; issuers of tokens, whose changes raise the identity epoch."""

import django.contrib.postgres.fields
from django.db import migrations, models

FORWARD = """
CREATE TRIGGER raise_identity_epoch
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON collections_app_identityprovider
    FOR EACH STATEMENT EXECUTE FUNCTION identity_raise_epoch();
CREATE TRIGGER raise_identity_epoch
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON identity_role_trusted_roles
    FOR EACH STATEMENT EXECUTE FUNCTION identity_raise_epoch();
"""

BACKWARD = """
DROP TRIGGER raise_identity_epoch ON identity_role_trusted_roles;
DROP TRIGGER raise_identity_epoch ON collections_app_identityprovider;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("collections_app", "0003_user_code"),
        ("identity", "0005_admin_holds_everything"),
    ]

    operations = [
        migrations.CreateModel(
            name="IdentityProvider",
            fields=[
                (
                    "name",
                    models.CharField(
                        db_collation="C", max_length=150, primary_key=True, serialize=False
                    ),
                ),
                ("position", models.PositiveIntegerField(default=0)),
                ("is_disabled", models.BooleanField(default=False)),
                ("type", models.CharField(max_length=32)),
                (
                    "allowed_roles",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=150),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("roles_map", models.JSONField(blank=True, default=dict)),
                ("conf", models.JSONField(default=dict)),
            ],
            options={
                "ordering": ["position", "name"],
            },
        ),
        migrations.AddField(
            model_name="property",
            name="is_guarding",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddField(
            model_name="property",
            name="is_sealing",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AlterField(
            model_name="schemajob",
            name="kind",
            field=models.CharField(
                choices=[
                    ("index", "Index"),
                    ("drop_index", "Drop Index"),
                    ("unique", "Unique"),
                    ("encrypt", "Encrypt"),
                    ("erase_property", "Erase Property"),
                    ("purge_collection", "Purge Collection"),
                ],
                max_length=16,
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
