"""Client machines: where endpoints are installed."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from s3vault_app import fields
from s3vault_app.models.pool import StoragePool
from vaultportal.crypto.fields import VaultTextField
from vaultportal.identity.fields import doer
from vaultportal.identity.ids import uuid7


class MachineQuerySet(models.QuerySet["Machine"]):
    def live(self) -> MachineQuerySet:
        """Those that were not retired."""
        return self.filter(deleted_at=None)


class Machine(models.Model):
    """A machine that the portal reaches over SSH, or the very one that the portal runs on.

    It serves one pool at most: the first machine of a pool keeps its data (``store``), every
    further one is a stateless gateway to it.

    host, port, user: of SSH. password, private_key (with passphrase): what signs in, write-only.
    public_key: the half of ``private_key`` that is pasted on the machine, when the portal made it.
    host_key: the pinned one, as a line of ``known_hosts`` without the host ("ssh-ed25519 AAAA…").
        Nothing is done on the machine before somebody has accepted it. offered_host_key: what the
        machine showed last, when that is not the pinned one.
    install_root, data_root: absolute folders on the machine; "" for the engine's own choice below
        the home of ``user``.
    address: what endpoints listen on and what URLs name; "" for ``host``.
    ports: by role ("s3", "filer", "master", "volume"); absent ones are chosen by the engine.
    url, certificate, certificate_key: of the installed endpoint.
    facts: what the last preflight found (system, processor, free disk and memory), no secrets.
    """

    class Kind(models.TextChoices):
        SSH = "ssh", _("over SSH")
        LOCAL = "local", _("this machine")

    class State(models.TextChoices):
        NEW = "new", _("host key not accepted")
        READY = "ready", _("ready")
        UNREACHABLE = "unreachable", _("not reachable")
        KEY_CHANGED = "key_changed", _("host key changed")

    class Role(models.TextChoices):
        NONE = "", _("none")
        STORE = "store", _("store")
        GATEWAY = "gateway", _("gateway")

    class EngineState(models.TextChoices):
        ABSENT = "absent", _("not installed")
        INSTALLING = "installing", _("being installed")
        ONLINE = "online", _("online")
        OFFLINE = "offline", _("offline")
        DISABLED = "disabled", _("disabled")
        FAILED = "failed", _("failed")
        REMOVING = "removing", _("being removed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = fields.wire_number(fields.CLIENTS)
    name = models.CharField(_("name"), max_length=255)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.SSH)
    host = models.CharField(_("host"), max_length=255)
    port = models.PositiveIntegerField(_("SSH port"), default=22)
    user = models.CharField(_("SSH user"), max_length=64, blank=True)
    password = VaultTextField(null=True)
    private_key = VaultTextField(null=True)
    passphrase = VaultTextField(null=True)
    public_key = models.TextField(_("public key"), blank=True, editable=False)
    host_key = models.TextField(_("host key"), blank=True, editable=False)
    host_key_accepted_by = doer(_("host key accepted by"))
    host_key_accepted_at = models.DateTimeField(
        _("host key accepted"), null=True, blank=True, editable=False
    )
    offered_host_key = models.TextField(_("offered host key"), blank=True, editable=False)
    offered_at = models.DateTimeField(_("offered"), null=True, blank=True, editable=False)
    install_root = models.CharField(_("install folder"), max_length=255, blank=True)
    data_root = models.CharField(_("data folder"), max_length=255, blank=True)
    address = models.CharField(_("address of endpoints"), max_length=255, blank=True)
    ports = models.JSONField(_("ports"), default=dict, blank=True)
    state = models.CharField(
        _("state"), max_length=12, choices=State, default=State.NEW, editable=False
    )
    failure = models.CharField(_("failure"), max_length=450, blank=True, editable=False)
    last_seen_at = models.DateTimeField(_("last seen"), null=True, blank=True, editable=False)
    facts = models.JSONField(_("facts"), default=dict, blank=True, editable=False)
    pool = models.ForeignKey(
        StoragePool,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="machines",
        verbose_name=_("storage pool"),
    )
    role = models.CharField(
        _("role"), max_length=8, choices=Role, default=Role.NONE, blank=True, editable=False
    )
    engine_state = models.CharField(
        _("endpoint"),
        max_length=12,
        choices=EngineState,
        default=EngineState.ABSENT,
        editable=False,
    )
    engine_version = models.CharField(_("version"), max_length=32, blank=True, editable=False)
    enabled = models.BooleanField(_("enabled"), default=True, editable=False)
    url = models.CharField(_("URL"), max_length=450, blank=True, editable=False)
    certificate = models.TextField(_("certificate"), blank=True, editable=False)
    certificate_key = VaultTextField(null=True)
    certificate_expires_at = models.DateTimeField(
        _("certificate ends"), null=True, blank=True, editable=False
    )
    tags = ArrayField(
        models.CharField(max_length=64), default=list, blank=True, verbose_name=_("tags")
    )
    created_by = doer(_("created by"))
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    deleted_at = models.DateTimeField(_("retired"), null=True, editable=False)

    objects = MachineQuerySet.as_manager()

    class Meta:
        verbose_name = _("machine")
        verbose_name_plural = _("machines")
        constraints = [
            models.UniqueConstraint(
                Lower("name"), condition=Q(deleted_at=None), name="s3_machine_name_any_case"
            ),
            models.UniqueConstraint(
                fields=["pool"], condition=Q(role="store"), name="s3_machine_one_store"
            ),
            models.CheckConstraint(
                condition=Q(pool=None, role="") | (Q(pool__isnull=False) & ~Q(role="")),
                name="s3_machine_role_in_pool",
            ),
            models.CheckConstraint(condition=Q(port__range=(1, 65535)), name="s3_machine_port"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def endpoint_address(self) -> str:
        """What endpoints of this machine listen on."""
        return self.address or self.host
