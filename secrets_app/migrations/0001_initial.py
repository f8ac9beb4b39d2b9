import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models

import secrets_app.fields
import vaultportal.identity.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        TrigramExtension(),
        migrations.CreateModel(
            name="SecretType",
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
                ("name", models.SlugField(max_length=64, unique=True, verbose_name="name")),
                ("title", models.CharField(max_length=120, verbose_name="title")),
                ("schema", models.JSONField(verbose_name="JSON Schema")),
                ("sensitive", models.JSONField(default=list, verbose_name="sensitive fields")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated")),
            ],
            options={
                "verbose_name": "type of secret",
                "verbose_name_plural": "types of secrets",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="ImportJob",
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
                ("source", models.CharField(max_length=24, verbose_name="format")),
                ("dry_run", models.BooleanField(verbose_name="dry run")),
                ("options", models.JSONField(default=dict, verbose_name="options")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting for its file"),
                            ("running", "running"),
                            ("done", "done"),
                            ("failed", "failed"),
                        ],
                        default="waiting",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("total", models.PositiveIntegerField(default=0, verbose_name="entries")),
                ("done", models.PositiveIntegerField(default=0, verbose_name="entries done")),
                ("report", models.JSONField(default=dict, verbose_name="report")),
                ("created_at", models.DateTimeField(verbose_name="created")),
                ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="started")),
                (
                    "finished_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="finished"),
                ),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="author",
                    ),
                ),
            ],
            options={
                "verbose_name": "import",
                "verbose_name_plural": "imports",
            },
        ),
        migrations.CreateModel(
            name="OneTimeLink",
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
                ("version", models.PositiveIntegerField(verbose_name="version")),
                ("digest", models.BinaryField(unique=True)),
                (
                    "passphrase",
                    models.CharField(blank=True, default="", editable=False, max_length=255),
                ),
                ("author_id", models.UUIDField(verbose_name="author")),
                ("views_left", models.PositiveSmallIntegerField(verbose_name="views left")),
                ("views", models.PositiveSmallIntegerField(verbose_name="views")),
                ("attempts", models.PositiveSmallIntegerField(default=0, editable=False)),
                ("created_at", models.DateTimeField(verbose_name="created")),
                ("expires_at", models.DateTimeField(verbose_name="expires")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="revoked")),
                (
                    "receiver",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="receiver",
                    ),
                ),
            ],
            options={
                "verbose_name": "one-time link",
                "verbose_name_plural": "one-time links",
            },
        ),
        migrations.CreateModel(
            name="LinkReceipt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="time")),
                ("reader_id", models.UUIDField(blank=True, null=True, verbose_name="reader")),
                (
                    "address",
                    models.CharField(blank=True, default="", max_length=64, verbose_name="address"),
                ),
                (
                    "user_agent",
                    models.CharField(blank=True, default="", max_length=255, verbose_name="client"),
                ),
                (
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="receipts",
                        to="secrets_app.onetimelink",
                    ),
                ),
            ],
            options={
                "verbose_name": "receipt of a link",
                "verbose_name_plural": "receipts of links",
            },
        ),
        migrations.CreateModel(
            name="Secret",
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
                ("name", models.CharField(db_collation="C", max_length=255, verbose_name="name")),
                ("folded", models.TextField(db_collation="C", editable=False)),
                ("author_id", models.UUIDField(verbose_name="author")),
                ("updated_by_id", models.UUIDField(verbose_name="updated by")),
                (
                    "type",
                    models.CharField(blank=True, default="", max_length=64, verbose_name="type"),
                ),
                ("version", models.PositiveIntegerField(default=1, verbose_name="version")),
                ("revision", models.PositiveBigIntegerField(default=1, editable=False)),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="expires")),
                (
                    "keep_versions",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="versions to keep"
                    ),
                ),
                (
                    "keep_days",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="days to keep versions"
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="created")),
                ("updated_at", models.DateTimeField(verbose_name="updated")),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
            ],
            options={
                "verbose_name": "secret",
                "verbose_name_plural": "secrets",
                "permissions": [
                    ("read_secret", "Can read the plaintext of a secret"),
                    ("write_secret", "Can replace the plaintext of a secret"),
                    ("own_secret", "Owns a secret"),
                ],
            },
        ),
        migrations.AddField(
            model_name="onetimelink",
            name="secret",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="links",
                to="secrets_app.secret",
                verbose_name="secret",
            ),
        ),
        migrations.CreateModel(
            name="Checkout",
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
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "waiting"),
                            ("held", "held"),
                            ("returned", "returned"),
                            ("lapsed", "returned when its time was over"),
                            ("forced", "taken back"),
                            ("cancelled", "withdrawn"),
                        ],
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                ("reason", models.CharField(max_length=255, verbose_name="reason")),
                ("minutes", models.PositiveIntegerField(verbose_name="minutes")),
                ("requested_at", models.DateTimeField(verbose_name="requested")),
                ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="started")),
                ("ends_at", models.DateTimeField(blank=True, null=True, verbose_name="ends")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended")),
                ("ended_by_id", models.UUIDField(blank=True, null=True, verbose_name="ended by")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="holder",
                    ),
                ),
                (
                    "secret",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="checkouts",
                        to="secrets_app.secret",
                        verbose_name="secret",
                    ),
                ),
            ],
            options={
                "verbose_name": "check-out",
                "verbose_name_plural": "check-outs",
            },
        ),
        migrations.CreateModel(
            name="SecretChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "transaction",
                    secrets_app.fields.TransactionIdField(
                        db_default=secrets_app.fields.CurrentTransaction(), editable=False
                    ),
                ),
                ("secret_id", models.UUIDField(verbose_name="secret")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("created", "created"),
                            ("updated", "updated"),
                            ("access", "access changed"),
                            ("deleted", "deleted"),
                        ],
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                ("version", models.PositiveIntegerField(verbose_name="version")),
                ("actor_id", models.UUIDField(verbose_name="actor")),
                (
                    "lost_users",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), default=list, size=None
                    ),
                ),
                (
                    "lost_roles",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), default=list, size=None
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="time")),
            ],
            options={
                "verbose_name": "change of a secret",
                "verbose_name_plural": "changes of secrets",
                "indexes": [
                    models.Index(fields=["transaction", "id"], name="secret_change_cursor"),
                    django.contrib.postgres.indexes.BrinIndex(
                        fields=["at"], name="secret_change_age"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SecretRoleGrant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField(default=0)),
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
                (
                    "content_object",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="role_grants",
                        to="secrets_app.secret",
                        verbose_name="secret",
                    ),
                ),
                (
                    "granted_by",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="granted by",
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
            ],
            options={
                "verbose_name": "grant to a role",
                "verbose_name_plural": "grants to roles",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="SecretUserGrant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField(default=0)),
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
                (
                    "content_object",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="user_grants",
                        to="secrets_app.secret",
                        verbose_name="secret",
                    ),
                ),
                (
                    "granted_by",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="granted by",
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
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "grant to a person",
                "verbose_name_plural": "grants to people",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="SecretVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="number")),
                ("sealed", models.BinaryField(null=True)),
                ("outline", models.BinaryField(null=True)),
                ("size", models.PositiveIntegerField(verbose_name="size")),
                ("author_id", models.UUIDField(verbose_name="author")),
                (
                    "reason",
                    models.CharField(blank=True, default="", max_length=255, verbose_name="reason"),
                ),
                (
                    "restored_from",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="restored from"
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="created")),
                (
                    "destroyed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="destroyed"),
                ),
                (
                    "destroyed_by_id",
                    models.UUIDField(blank=True, null=True, verbose_name="destroyed by"),
                ),
                (
                    "secret",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="secrets_app.secret",
                        verbose_name="secret",
                    ),
                ),
            ],
            options={
                "verbose_name": "version of a secret",
                "verbose_name_plural": "versions of secrets",
            },
        ),
        migrations.AddIndex(
            model_name="secret",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["folded"], name="secret_folded_trigrams", opclasses=["gin_trgm_ops"]
            ),
        ),
        migrations.AddConstraint(
            model_name="secret",
            constraint=models.UniqueConstraint(
                condition=models.Q(("owner__isnull", False)),
                fields=("owner", "name"),
                name="secret_name_per_owner",
            ),
        ),
        migrations.AddConstraint(
            model_name="secret",
            constraint=models.UniqueConstraint(
                condition=models.Q(("owner__isnull", True)),
                fields=("name",),
                name="secret_name_shared",
            ),
        ),
        migrations.AddConstraint(
            model_name="secret",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="secret_name_not_empty"
            ),
        ),
        migrations.AddConstraint(
            model_name="onetimelink",
            constraint=models.CheckConstraint(
                condition=models.Q(("views_left__lte", models.F("views"))), name="link_views"
            ),
        ),
        migrations.AddIndex(
            model_name="checkout",
            index=models.Index(
                condition=models.Q(("state", "held")), fields=["ends_at"], name="checkout_due"
            ),
        ),
        migrations.AddConstraint(
            model_name="checkout",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "held")),
                fields=("secret",),
                name="checkout_one_holder",
            ),
        ),
        migrations.AddConstraint(
            model_name="checkout",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["queued", "held"])),
                fields=("secret", "user"),
                name="checkout_once_per_person",
            ),
        ),
        migrations.AlterUniqueTogether(
            name="secretrolegrant",
            unique_together={("group", "permission", "content_object")},
        ),
        migrations.AlterUniqueTogether(
            name="secretusergrant",
            unique_together={("user", "permission", "content_object")},
        ),
        migrations.AddIndex(
            model_name="secretversion",
            index=django.contrib.postgres.indexes.BrinIndex(
                fields=["created_at"], name="secret_version_age"
            ),
        ),
        migrations.AddConstraint(
            model_name="secretversion",
            constraint=models.UniqueConstraint(
                fields=("secret", "number"), name="secret_version_number"
            ),
        ),
        migrations.AddConstraint(
            model_name="secretversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("destroyed_at__isnull", True), ("sealed__isnull", False)),
                    models.Q(
                        ("destroyed_at__isnull", False),
                        ("outline__isnull", True),
                        ("sealed__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="secret_version_sealed_or_destroyed",
            ),
        ),
    ]
