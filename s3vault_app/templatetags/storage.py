"""``{% load storage %}``: states of vaults, endpoints, machines and jobs as tags; sizes."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from s3vault_app.drivers.seaweedfs.layout import VERSION, is_older
from s3vault_app.models import Endpoint, Job, Machine, StoragePlan, StoragePool, Vault
from s3vault_app.ui import sayings, sentences, words
from s3vault_app.ui.sentences import Rules
from vaultportal.ui.templatetags.portal import tag

register = template.Library()


@register.simple_tag
def state(of: Vault | Endpoint | Job | StoragePool) -> SafeString:
    """The state of a row as icon, word and colour."""
    tables: dict[type, dict[str, words.Said]] = {
        Vault: words.VAULT,
        Endpoint: words.ENDPOINT,
        Job: words.JOB,
        StoragePool: words.POOL,
    }
    kind, word = tables[type(of)][of.state]
    return tag(kind, str(word))


@register.simple_tag
def trust(machine: Machine) -> SafeString:
    """Whether the portal may work on a machine."""
    if machine.kind == Machine.Kind.LOCAL:
        return tag("ok", _("This machine"), "device-desktop")
    kind, word = words.MACHINE[machine.state]
    return tag(kind, str(word))


@register.simple_tag
def engine(machine: Machine) -> SafeString:
    """How the endpoint of a machine is."""
    kind, word = words.ENGINE[machine.engine_state]
    return tag(kind, str(word))


@register.simple_tag
def drain(pool: StoragePool | None) -> SafeString | str:
    """That the store of a pool takes no writes, or may not yet or no longer; "" while it does."""
    if pool is None or not pool.may_refuse_writes:
        return ""
    if pool.comes_back:
        kind, word = words.COMES_BACK
    else:
        kind, word = words.DRAINED if pool.is_drained else words.DRAINING
    return tag(kind, str(word))


@register.filter
def size(count: int | None) -> str:
    """Bytes for people."""
    return words.size(count)


@register.filter
def job_title(job: Job) -> str:
    """What a job is about."""
    return words.title_of(job)


@register.filter
def step_word(name: str) -> str:
    """A step of a job in words."""
    return words.step(name)


@register.filter
def lock_line(of: StoragePlan | Vault) -> str:
    """The lock of a plan or a vault in one line."""
    rules = Rules.of_plan(of) if isinstance(of, StoragePlan) else Rules.of_vault(of)
    return sentences.short(rules)


@register.filter
def days_left(moment: datetime) -> str:
    """How long it is until then: "61 days", or that it is over."""
    days = (moment - timezone.now()).days
    if days < 0:
        return _("over")
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


@register.filter
def is_near(moment: datetime) -> bool:
    """Whether it is two weeks or less until then."""
    return (moment - timezone.now()).days < 14


@register.filter
def newer(machine: Machine) -> str:
    """The version of the engine that an upgrade would bring; "" when it is there."""
    return VERSION if is_older(machine.engine_version) else ""


@register.filter
def said(text: str) -> str:
    """A sentence of a service or a job in the reader's language."""
    return sayings.said(text)


@register.filter
def part(role: str) -> str:
    """What an endpoint is within its storage pool."""
    return str(words.PARTS.get(role, role))


@register.filter
def kind_of_store(pool: StoragePool) -> str:
    """Which engine keeps the data of a pool."""
    return str(words.ENGINES.get(pool.engine, pool.engine))
