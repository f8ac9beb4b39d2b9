import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import vaultportal.crypto.fields
import vaultportal.identity.ids

# Vaults and machines are both clients of the wire, so they draw from one.
SEQUENCES = ("s3vault_client_number", "s3vault_plan_number", "s3vault_pool_number")


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("identity", "0005_admin_holds_everything"),
        ("identity", "__first__"),
    ]

    operations = [
        *(
            migrations.RunSQL(f"CREATE SEQUENCE {name} AS integer", f"DROP SEQUENCE {name}")
            for name in SEQUENCES
        ),
        migrations.CreateModel(
            name="StoragePool",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=vaultportal.identity.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "number",
                    models.IntegerField(
                        db_default=models.Func(
                            models.Value("s3vault_pool_number"),
                            function="nextval",
                            output_field=models.IntegerField(),
                        ),
                        editable=False,
                        unique=True,
                        verbose_name="number",
                    ),
                ),
                ("name", models.CharField(max_length=255, verbose_name="name")),
                (
                    "engine",
                    models.CharField(
                        choices=[
                            ("seaweedfs", "SeaweedFS on own machines"),
                            ("s3-iam", "Existing S3 store with users"),
                            ("s3-static", "Existing S3 bucket with one key pair"),
                        ],
                        default="seaweedfs",
                        max_length=16,
                        verbose_name="engine",
                    ),
                ),
                ("settings", models.JSONField(blank=True, default=dict, verbose_name="settings")),
                ("credentials", vaultportal.crypto.fields.VaultJSONField(null=True)),
                ("secrets", vaultportal.crypto.fields.VaultJSONField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("new", "new"),
                            ("ready", "ready"),
                            ("degraded", "degraded"),
                            ("failed", "failed"),
                        ],
                        default="new",
                        editable=False,
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                (
                    "failure",
                    models.CharField(
                        blank=True, editable=False, max_length=450, verbose_name="failure"
                    ),
                ),
                (
                    "total_bytes",
                    models.BigIntegerField(editable=False, null=True, verbose_name="size"),
                ),
                (
                    "free_bytes",
                    models.BigIntegerField(editable=False, null=True, verbose_name="free"),
                ),
                (
                    "checked_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="checked"),
                ),
                ("comment", models.TextField(blank=True, verbose_name="comment")),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated")),
                (
                    "deleted_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="deleted"),
                ),
            ],
            options={
                "verbose_name": "storage pool",
                "verbose_name_plural": "storage pools",
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("name"),
                        condition=models.Q(("deleted_at", None)),
                        name="s3_pool_name_any_case",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="StoragePlan",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=vaultportal.identity.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "number",
                    models.IntegerField(
                        db_default=models.Func(
                            models.Value("s3vault_plan_number"),
                            function="nextval",
                            output_field=models.IntegerField(),
                        ),
                        editable=False,
                        unique=True,
                        verbose_name="number",
                    ),
                ),
                ("name", models.CharField(max_length=255, verbose_name="name")),
                (
                    "pool",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="plans",
                        to="s3vault_app.storagepool",
                        verbose_name="storage pool",
                    ),
                ),
                (
                    "lock_mode",
                    models.CharField(
                        choices=[
                            ("none", "none"),
                            ("GOVERNANCE", "governance: administrators may lift it"),
                            ("COMPLIANCE", "compliance: nobody may lift it"),
                        ],
                        default="COMPLIANCE",
                        max_length=10,
                        verbose_name="object lock",
                    ),
                ),
                (
                    "retention_days",
                    models.IntegerField(default=30, verbose_name="days of retention"),
                ),
                ("versioning", models.BooleanField(default=True, verbose_name="versioning")),
                (
                    "quota_bytes",
                    models.BigIntegerField(
                        default=0,
                        help_text="Bytes of each vault; 0 for no limit.",
                        verbose_name="quota",
                    ),
                ),
                ("lifecycle", models.JSONField(blank=True, default=dict, verbose_name="lifecycle")),
                ("copies", models.PositiveSmallIntegerField(default=1, verbose_name="copies")),
                (
                    "region",
                    models.CharField(default="us-east-1", max_length=32, verbose_name="region"),
                ),
                ("copy_name", models.CharField(default="Primary", editable=False, max_length=255)),
                ("wire", models.JSONField(blank=True, default=dict, editable=False)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="created by",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated")),
                (
                    "deleted_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="deleted"),
                ),
            ],
            options={
                "verbose_name": "storage plan",
                "verbose_name_plural": "storage plans",
                "permissions": [("use_storageplan", "Can make vaults on a storage plan")],
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("name"),
                        condition=models.Q(("deleted_at", None)),
                        name="s3_plan_name_any_case",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("retention_days", -1),
                            ("retention_days__range", (1, 9999)),
                            _connector="OR",
                        ),
                        name="s3_plan_retention",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("copies__range", (1, 3))), name="s3_plan_copies"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("quota_bytes__gte", 0)), name="s3_plan_quota"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("lock_mode", "none"), ("versioning", True), _connector="OR"
                        ),
                        name="s3_plan_lock_versions",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Machine",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=vaultportal.identity.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "number",
                    models.IntegerField(
                        db_default=models.Func(
                            models.Value("s3vault_client_number"),
                            function="nextval",
                            output_field=models.IntegerField(),
                        ),
                        editable=False,
                        unique=True,
                        verbose_name="number",
                    ),
                ),
                ("name", models.CharField(max_length=255, verbose_name="name")),
                (
                    "kind",
                    models.CharField(
                        choices=[("ssh", "over SSH"), ("local", "this machine")],
                        default="ssh",
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                ("host", models.CharField(max_length=255, verbose_name="host")),
                ("port", models.PositiveIntegerField(default=22, verbose_name="SSH port")),
                ("user", models.CharField(blank=True, max_length=64, verbose_name="SSH user")),
                ("password", vaultportal.crypto.fields.VaultTextField(null=True)),
                ("private_key", vaultportal.crypto.fields.VaultTextField(null=True)),
                ("passphrase", vaultportal.crypto.fields.VaultTextField(null=True)),
                (
                    "public_key",
                    models.TextField(blank=True, editable=False, verbose_name="public key"),
                ),
                ("host_key", models.TextField(blank=True, editable=False, verbose_name="host key")),
                (
                    "host_key_accepted_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="host key accepted by",
                    ),
                ),
                (
                    "host_key_accepted_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="host key accepted"
                    ),
                ),
                (
                    "offered_host_key",
                    models.TextField(blank=True, editable=False, verbose_name="offered host key"),
                ),
                (
                    "offered_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="offered"
                    ),
                ),
                (
                    "install_root",
                    models.CharField(blank=True, max_length=255, verbose_name="install folder"),
                ),
                (
                    "data_root",
                    models.CharField(blank=True, max_length=255, verbose_name="data folder"),
                ),
                (
                    "address",
                    models.CharField(
                        blank=True, max_length=255, verbose_name="address of endpoints"
                    ),
                ),
                ("ports", models.JSONField(blank=True, default=dict, verbose_name="ports")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("new", "host key not accepted"),
                            ("ready", "ready"),
                            ("unreachable", "not reachable"),
                            ("key_changed", "host key changed"),
                        ],
                        default="new",
                        editable=False,
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                (
                    "failure",
                    models.CharField(
                        blank=True, editable=False, max_length=450, verbose_name="failure"
                    ),
                ),
                (
                    "last_seen_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="last seen"
                    ),
                ),
                (
                    "facts",
                    models.JSONField(
                        blank=True, default=dict, editable=False, verbose_name="facts"
                    ),
                ),
                (
                    "pool",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="machines",
                        to="s3vault_app.storagepool",
                        verbose_name="storage pool",
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        blank=True,
                        choices=[("", "none"), ("store", "store"), ("gateway", "gateway")],
                        default="",
                        editable=False,
                        max_length=8,
                        verbose_name="role",
                    ),
                ),
                (
                    "engine_state",
                    models.CharField(
                        choices=[
                            ("absent", "not installed"),
                            ("installing", "being installed"),
                            ("online", "online"),
                            ("offline", "offline"),
                            ("disabled", "disabled"),
                            ("failed", "failed"),
                            ("removing", "being removed"),
                        ],
                        default="absent",
                        editable=False,
                        max_length=12,
                        verbose_name="endpoint",
                    ),
                ),
                (
                    "engine_version",
                    models.CharField(
                        blank=True, editable=False, max_length=32, verbose_name="version"
                    ),
                ),
                (
                    "enabled",
                    models.BooleanField(default=True, editable=False, verbose_name="enabled"),
                ),
                (
                    "url",
                    models.CharField(
                        blank=True, editable=False, max_length=450, verbose_name="URL"
                    ),
                ),
                (
                    "certificate",
                    models.TextField(blank=True, editable=False, verbose_name="certificate"),
                ),
                ("certificate_key", vaultportal.crypto.fields.VaultTextField(null=True)),
                (
                    "certificate_expires_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="certificate ends"
                    ),
                ),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="tags",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="created by",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated")),
                (
                    "deleted_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="retired"),
                ),
            ],
            options={
                "verbose_name": "machine",
                "verbose_name_plural": "machines",
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("name"),
                        condition=models.Q(("deleted_at", None)),
                        name="s3_machine_name_any_case",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("role", "store")),
                        fields=("pool",),
                        name="s3_machine_one_store",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("pool", None), ("role", "")),
                            models.Q(
                                ("pool__isnull", False), models.Q(("role", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="s3_machine_role_in_pool",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("port__range", (1, 65535))), name="s3_machine_port"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Vault",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=vaultportal.identity.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "number",
                    models.IntegerField(
                        db_default=models.Func(
                            models.Value("s3vault_client_number"),
                            function="nextval",
                            output_field=models.IntegerField(),
                        ),
                        editable=False,
                        unique=True,
                        verbose_name="number",
                    ),
                ),
                ("name", models.CharField(max_length=63, verbose_name="name")),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="vaults",
                        to="s3vault_app.storageplan",
                        verbose_name="plan",
                    ),
                ),
                (
                    "pool",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="vaults",
                        to="s3vault_app.storagepool",
                        verbose_name="storage pool",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("new", "waiting"),
                            ("installing", "being installed"),
                            ("active", "ready"),
                            ("degraded", "degraded"),
                            ("failed", "failed"),
                            ("deleting", "being deleted"),
                            ("deleted", "deleted"),
                        ],
                        default="new",
                        editable=False,
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "failure",
                    models.CharField(
                        blank=True, editable=False, max_length=450, verbose_name="failure"
                    ),
                ),
                (
                    "region",
                    models.CharField(default="us-east-1", max_length=32, verbose_name="region"),
                ),
                (
                    "lock_mode",
                    models.CharField(
                        choices=[
                            ("none", "none"),
                            ("GOVERNANCE", "governance: administrators may lift it"),
                            ("COMPLIANCE", "compliance: nobody may lift it"),
                        ],
                        default="none",
                        max_length=10,
                        verbose_name="object lock",
                    ),
                ),
                ("lock_days", models.IntegerField(default=0, verbose_name="days of retention")),
                ("versioning", models.BooleanField(default=True, verbose_name="versioning")),
                ("quota_bytes", models.BigIntegerField(default=0, verbose_name="quota")),
                ("lifecycle", models.JSONField(blank=True, default=dict, verbose_name="lifecycle")),
                (
                    "read_only",
                    models.BooleanField(default=False, editable=False, verbose_name="read only"),
                ),
                (
                    "bucket_made_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="bucket made"),
                ),
                (
                    "size_bytes",
                    models.BigIntegerField(default=0, editable=False, verbose_name="size"),
                ),
                (
                    "object_count",
                    models.BigIntegerField(default=0, editable=False, verbose_name="objects"),
                ),
                (
                    "usage_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="usage of"),
                ),
                ("verify_ok", models.BooleanField(editable=False, null=True, verbose_name="proof")),
                (
                    "verified_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="verified"),
                ),
                (
                    "verify_report",
                    models.JSONField(default=dict, editable=False, verbose_name="report"),
                ),
                ("comment", models.TextField(blank=True, verbose_name="comment")),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="created by",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated")),
                (
                    "deleted_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="deleted"),
                ),
            ],
            options={
                "verbose_name": "S3 vault",
                "verbose_name_plural": "S3 vaults",
                "permissions": [
                    ("own_vault", "Owns a vault"),
                    ("use_vault", "Can use the data of a vault over S3"),
                    ("backup_vault", "Can use and lock the data of a vault over S3"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("deleted_at", None)),
                        fields=("name",),
                        name="s3_vault_name",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("deleted_at", None), ("state", "deleted"), _connector="XOR"
                        ),
                        name="s3_vault_gone_is_deleted",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("quota_bytes__gte", 0)), name="s3_vault_quota"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Endpoint",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=vaultportal.identity.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "vault",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="endpoints",
                        to="s3vault_app.vault",
                        verbose_name="vault",
                    ),
                ),
                (
                    "machine",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="endpoints",
                        to="s3vault_app.machine",
                        verbose_name="machine",
                    ),
                ),
                ("url", models.CharField(blank=True, max_length=450, verbose_name="URL")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("store", "store"),
                            ("gateway", "gateway"),
                            ("given", "existing store"),
                        ],
                        default="gateway",
                        max_length=8,
                        verbose_name="role",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("installing", "being installed"),
                            ("online", "online"),
                            ("offline", "offline"),
                            ("disabled", "disabled"),
                            ("failed", "failed"),
                            ("removing", "being removed"),
                        ],
                        default="installing",
                        editable=False,
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "failure",
                    models.CharField(
                        blank=True, editable=False, max_length=450, verbose_name="failure"
                    ),
                ),
                ("verify_ok", models.BooleanField(editable=False, null=True, verbose_name="proof")),
                (
                    "verified_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="verified"),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated")),
            ],
            options={
                "verbose_name": "endpoint",
                "verbose_name_plural": "endpoints",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("machine__isnull", False)),
                        fields=("vault", "machine"),
                        name="s3_endpoint_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("machine", None)),
                        fields=("vault", "url"),
                        name="s3_endpoint_url_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="VaultUserGrant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "permission",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="auth.permission",
                    ),
                ),
                (
                    "content_object",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="user_grants",
                        to="s3vault_app.vault",
                        verbose_name="vault",
                    ),
                ),
                (
                    "valid_until",
                    models.DateTimeField(blank=True, null=True, verbose_name="valid until"),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="created",
                    ),
                ),
            ],
            options={
                "verbose_name": "grant of a vault to a person",
                "verbose_name_plural": "grants of vaults to people",
                "unique_together": {("user", "permission", "content_object")},
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="VaultRoleGrant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="auth.group"
                    ),
                ),
                (
                    "permission",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="auth.permission",
                    ),
                ),
                (
                    "content_object",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="role_grants",
                        to="s3vault_app.vault",
                        verbose_name="vault",
                    ),
                ),
                (
                    "valid_until",
                    models.DateTimeField(blank=True, null=True, verbose_name="valid until"),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="created",
                    ),
                ),
            ],
            options={
                "verbose_name": "grant of a vault to a role",
                "verbose_name_plural": "grants of vaults to roles",
                "unique_together": {("group", "permission", "content_object")},
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="PlanUserGrant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "permission",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="auth.permission",
                    ),
                ),
                (
                    "content_object",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="user_grants",
                        to="s3vault_app.storageplan",
                        verbose_name="plan",
                    ),
                ),
                (
                    "valid_until",
                    models.DateTimeField(blank=True, null=True, verbose_name="valid until"),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="created",
                    ),
                ),
            ],
            options={
                "verbose_name": "grant of a plan to a person",
                "verbose_name_plural": "grants of plans to people",
                "unique_together": {("user", "permission", "content_object")},
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="PlanRoleGrant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="auth.group"
                    ),
                ),
                (
                    "permission",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="auth.permission",
                    ),
                ),
                (
                    "content_object",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="role_grants",
                        to="s3vault_app.storageplan",
                        verbose_name="plan",
                    ),
                ),
                (
                    "valid_until",
                    models.DateTimeField(blank=True, null=True, verbose_name="valid until"),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="created",
                    ),
                ),
            ],
            options={
                "verbose_name": "grant of a plan to a role",
                "verbose_name_plural": "grants of plans to roles",
                "unique_together": {("group", "permission", "content_object")},
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="KeyPair",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=vaultportal.identity.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="s3_keys",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
                (
                    "vault",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="keys",
                        to="s3vault_app.vault",
                        verbose_name="vault",
                    ),
                ),
                (
                    "access_key_id",
                    models.CharField(max_length=128, unique=True, verbose_name="access key id"),
                ),
                ("secret", vaultportal.crypto.fields.VaultTextField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("active", "active"),
                            ("overlap", "old, still taken"),
                            ("revoked", "revoked"),
                        ],
                        default="active",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                ("shown_at", models.DateTimeField(editable=False, null=True, verbose_name="shown")),
                (
                    "rotated_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="rotated"),
                ),
                (
                    "overlap_until",
                    models.DateTimeField(editable=False, null=True, verbose_name="works until"),
                ),
                (
                    "revoked_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="revoked"),
                ),
                (
                    "last_used_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="last used"),
                ),
            ],
            options={
                "verbose_name": "S3 key pair",
                "verbose_name_plural": "S3 key pairs",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "active")),
                        fields=("user", "vault"),
                        name="s3_key_one_active",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state", "revoked"), ("secret__isnull", False), _connector="OR"
                        ),
                        name="s3_key_has_secret",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EngineIdentity",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=vaultportal.identity.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "pool",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="identities",
                        to="s3vault_app.storagepool",
                        verbose_name="storage pool",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
                ("name", models.CharField(max_length=64, verbose_name="name in the engine")),
                ("applied", models.JSONField(default=dict, verbose_name="applied")),
                ("applied_at", models.DateTimeField(null=True, verbose_name="applied at")),
                ("failure", models.CharField(blank=True, max_length=450, verbose_name="failure")),
            ],
            options={
                "verbose_name": "identity of an engine",
                "verbose_name_plural": "identities of engines",
                "constraints": [
                    models.UniqueConstraint(fields=("pool", "name"), name="s3_identity_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Job",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("create", "Create vault"),
                            ("update", "Change endpoints"),
                            ("delete", "Delete vault"),
                            ("install", "Install endpoint"),
                            ("uninstall", "Uninstall endpoint"),
                            ("enable", "Start endpoint"),
                            ("disable", "Stop endpoint"),
                            ("verify", "Verify vault"),
                            ("renew", "Renew certificates"),
                        ],
                        max_length=10,
                        verbose_name="type",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("Waiting", "waiting"),
                            ("Running", "running"),
                            ("Suspended", "suspended"),
                            ("Completed", "completed"),
                            ("Completed w/ one or more errors", "completed with errors"),
                            ("Killed", "killed"),
                            ("Failed", "failed"),
                        ],
                        default="Waiting",
                        max_length=32,
                        verbose_name="state",
                    ),
                ),
                (
                    "vault",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="jobs",
                        to="s3vault_app.vault",
                        verbose_name="vault",
                    ),
                ),
                (
                    "pool",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="jobs",
                        to="s3vault_app.storagepool",
                        verbose_name="storage pool",
                    ),
                ),
                ("options", models.JSONField(default=dict, verbose_name="options")),
                ("phase", models.CharField(blank=True, max_length=32, verbose_name="phase")),
                ("percent", models.PositiveSmallIntegerField(default=0, verbose_name="percent")),
                ("reason", models.CharField(blank=True, max_length=450, verbose_name="reason")),
                ("kill_asked_at", models.DateTimeField(null=True, verbose_name="kill asked")),
                ("pause_asked_at", models.DateTimeField(null=True, verbose_name="pause asked")),
                ("lease_owner", models.CharField(blank=True, max_length=64, verbose_name="worker")),
                ("lease_until", models.DateTimeField(null=True, verbose_name="lease until")),
                ("heartbeat_at", models.DateTimeField(null=True, verbose_name="heartbeat")),
                ("attempts", models.PositiveIntegerField(default=0, verbose_name="attempts")),
                (
                    "resubmit_of",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="resubmits",
                        to="s3vault_app.job",
                        verbose_name="asked again",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="created by",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="created"),
                ),
                ("started_at", models.DateTimeField(null=True, verbose_name="started")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished")),
                (
                    "machines",
                    models.ManyToManyField(
                        blank=True,
                        related_name="jobs",
                        to="s3vault_app.machine",
                        verbose_name="machines",
                    ),
                ),
            ],
            options={
                "verbose_name": "job",
                "verbose_name_plural": "jobs",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["Waiting", "Running"])),
                        fields=["lease_until"],
                        name="s3_job_due",
                    ),
                    models.Index(fields=["-created_at"], name="s3_job_newest"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("percent__range", (0, 100))), name="s3_job_percent"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("percent", 100), _negated=True),
                            ("state__startswith", "Completed"),
                            _connector="OR",
                        ),
                        name="s3_job_all_only_when_done",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="JobStep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="steps",
                        to="s3vault_app.job",
                        verbose_name="job",
                    ),
                ),
                (
                    "machine",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="s3vault_app.machine",
                        verbose_name="machine",
                    ),
                ),
                ("name", models.CharField(max_length=32, verbose_name="step")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("todo", "to do"),
                            ("running", "running"),
                            ("ok", "done"),
                            ("failed", "failed"),
                            ("undone", "undone"),
                        ],
                        default="todo",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("attempt", models.PositiveIntegerField(default=0, verbose_name="attempt")),
                ("changed", models.BooleanField(default=False, verbose_name="changed")),
                ("data", models.JSONField(default=dict, verbose_name="data")),
                ("message", models.CharField(blank=True, max_length=450, verbose_name="message")),
                ("started_at", models.DateTimeField(null=True, verbose_name="started")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished")),
            ],
            options={
                "verbose_name": "step of a job",
                "verbose_name_plural": "steps of jobs",
                "ordering": ["job", "position", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("job", "machine", "name"), name="s3_step_once", nulls_distinct=False
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="JobEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="s3vault_app.job",
                        verbose_name="job",
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="at")),
                (
                    "severity",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "information"), (3, "minor"), (6, "major"), (9, "critical")],
                        default=0,
                        verbose_name="severity",
                    ),
                ),
                (
                    "machine",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="s3vault_app.machine",
                        verbose_name="machine",
                    ),
                ),
                ("step", models.CharField(blank=True, max_length=32, verbose_name="step")),
                ("percent", models.PositiveSmallIntegerField(default=0, verbose_name="percent")),
                ("text", models.CharField(max_length=1000, verbose_name="text")),
            ],
            options={
                "verbose_name": "event of a job",
                "verbose_name_plural": "events of jobs",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="Probe",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="probes",
                        to="s3vault_app.endpoint",
                        verbose_name="endpoint",
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="at"
                    ),
                ),
                ("ok", models.BooleanField(verbose_name="answered")),
                (
                    "milliseconds",
                    models.PositiveIntegerField(null=True, verbose_name="milliseconds"),
                ),
                ("failure", models.CharField(blank=True, max_length=450, verbose_name="failure")),
            ],
            options={
                "verbose_name": "probe",
                "verbose_name_plural": "probes",
                "indexes": [
                    models.Index(fields=["endpoint", "-at"], name="s3_probe_newest"),
                    models.Index(fields=["at"], name="s3_probe_old"),
                ],
            },
        ),
        migrations.CreateModel(
            name="UsageSample",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "vault",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="usage",
                        to="s3vault_app.vault",
                        verbose_name="vault",
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="at"
                    ),
                ),
                ("bytes", models.BigIntegerField(verbose_name="bytes")),
                ("objects_held", models.BigIntegerField(verbose_name="objects")),
            ],
            options={
                "verbose_name": "sample of usage",
                "verbose_name_plural": "samples of usage",
                "indexes": [
                    models.Index(fields=["vault", "-at"], name="s3_usage_newest"),
                    models.Index(fields=["at"], name="s3_usage_old"),
                ],
            },
        ),
        migrations.CreateModel(
            name="AccessToken",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                (
                    "key",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="s3_token",
                        to="identity.apikey",
                        verbose_name="API key",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("session", "sign-in"), ("token", "access token")],
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=255, verbose_name="name")),
                ("type", models.PositiveSmallIntegerField(default=2, verbose_name="type")),
                (
                    "endpoints",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=255),
                        blank=True,
                        null=True,
                        size=None,
                        verbose_name="paths",
                    ),
                ),
                (
                    "addresses",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="networks",
                    ),
                ),
                ("refresh_digest", models.BinaryField(max_length=32, null=True, unique=True)),
                (
                    "renewable_until",
                    models.DateTimeField(blank=True, null=True, verbose_name="renewable until"),
                ),
            ],
            options={
                "verbose_name": "token of the S3 vault wire",
                "verbose_name_plural": "tokens of the S3 vault wire",
            },
        ),
    ]
