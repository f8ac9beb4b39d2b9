"""Mails to people about their own accounts: rows until they are sent, and a while after."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import vaultportal.identity.ids


class Migration(migrations.Migration):
    dependencies = [
        ("directory", "0002_saved_views"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Notice",
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
                    "kind",
                    models.CharField(
                        choices=[
                            ("sign_in", "Sign-in from a new place"),
                            ("password", "Password changed"),
                            ("factor_added", "Second factor added"),
                            ("factor_removed", "Second factor removed"),
                            ("recovery_codes", "New recovery codes"),
                            ("email", "E-mail address changed"),
                            ("key_made", "API key made"),
                            ("key_revoked", "API key revoked"),
                            ("identity_added", "Identity connected"),
                            ("identity_removed", "Identity disconnected"),
                            ("disabled", "Account disabled"),
                            ("test", "Test"),
                        ],
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                ("recipient", models.EmailField(max_length=254, verbose_name="recipient")),
                ("what", models.CharField(blank=True, max_length=255)),
                ("by", models.CharField(blank=True, max_length=255)),
                ("address", models.CharField(blank=True, max_length=45, verbose_name="address")),
                ("browser", models.CharField(blank=True, max_length=64, verbose_name="browser")),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="created"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("sent", "Sent"), ("failed", "Given up")],
                        default="waiting",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                (
                    "due_at",
                    models.DateTimeField(blank=True, default=django.utils.timezone.now, null=True),
                ),
                ("attempts", models.SmallIntegerField(default=0)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "failure",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("name", "There is no server of this name."),
                            ("unreachable", "The server takes no connection."),
                            ("time", "The server did not answer in time."),
                            (
                                "certificate",
                                "The certificate of the server is not trusted, or is for another name.",
                            ),
                            ("tls", "No encryption could be agreed on with the server."),
                            ("unsupported", "The server offers no encryption, or no sign-in."),
                            ("login", "The server refuses the user name or the password."),
                            ("sender", "The server refuses the sender."),
                            ("recipient", "The server refuses the recipient."),
                            ("refused", "The server refuses the mail."),
                            ("lost", "The server ended the connection."),
                            ("address", "Nobody can be written to at this address."),
                        ],
                        max_length=12,
                    ),
                ),
                ("said", models.CharField(blank=True, max_length=255)),
                ("failed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "notice",
                "verbose_name_plural": "notices",
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["due_at"],
                        name="directory_notice_due",
                    ),
                    models.Index(
                        condition=models.Q(("failed_at__isnull", False)),
                        fields=["failed_at"],
                        name="directory_notice_failed",
                    ),
                    models.Index(fields=["created_at"], name="directory_notice_age"),
                ],
            },
        ),
    ]
