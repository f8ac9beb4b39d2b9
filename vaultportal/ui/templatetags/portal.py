"""``{% load portal %}``: icons, state tags, people, times, form fields, ways to the audit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms, template
from django.contrib.messages.storage.base import Message
from django.forms.boundfield import BoundField
from django.template.exceptions import TemplateSyntaxError
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vaultportal.ui import plots, undo
from vaultportal.ui.assets.build import icon_names
from vaultportal.ui.audit_links import audit_url
from vaultportal.ui.refused import why_url

register = template.Library()

_ICONS = frozenset(icon_names())
STATES = {
    "ok": "circle-check",
    "warn": "alert-triangle",
    "bad": "circle-x",
    "run": "loader-2",
    "plain": "eye",
    "idle": "circle-dashed",
    "line": "",
}
_CHECKED = (forms.CheckboxInput, forms.RadioSelect, forms.CheckboxSelectMultiple)


@register.simple_tag
def icon(name: str, kind: str = "", *, small: bool = False) -> SafeString:
    """A decorative icon: the words beside it carry the meaning.

    kind: classes such as ``is-plain``, ``is-bad``, ``vp-spin``.
    """
    if name not in _ICONS:
        raise TemplateSyntaxError(f"There is no icon {name!r} in vaultportal/ui/assets/icons.txt.")
    classes = " ".join(filter(None, ["vp-ico", "vp-ico-s" if small else "", kind]))
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        classes,
        static("vendor/icons.svg"),
        name,
    )


@register.simple_tag
def tag(state: str, word: str, name: str = "") -> SafeString:
    """A state as icon, word and colour. state: of ``STATES``; name: another icon than its own."""
    if state not in STATES:
        raise TemplateSyntaxError(f"There is no state {state!r}.")
    chosen = name or STATES[state]
    drawn = icon(chosen, "vp-spin" if chosen == "loader-2" else "") if chosen else ""
    return format_html('<span class="vp-tag is-{}">{}{}</span>', state, drawn, word)


@register.simple_tag
def undo_of(message: Message) -> undo.Undo | None:
    """The way back that a notice offers."""
    return undo.of_message(message)


@register.simple_tag
def avatar(name: str, *, square: bool = False) -> SafeString:
    """Initials of a person, or of a role when ``square``."""
    parts = [part for part in str(name).replace("-", " ").replace("_", " ").split() if part]
    initials = "".join(part[0] for part in parts[:2]) if len(parts) > 1 else str(name)[:2]
    return format_html(
        '<span class="vp-av{}" aria-hidden="true">{}</span>',
        " vp-sq" if square else "",
        initials.upper(),
    )


@register.simple_tag
def ago(moment: datetime) -> SafeString:
    """How long ago, kept true by <time-ago>; the tooltip has the time, in their zone and UTC."""
    local = timezone.localtime(moment)
    said = _ago_in_words(int((timezone.now() - moment).total_seconds()))
    return format_html(
        '<time-ago><time datetime="{}" title="{} · {} UTC">{}</time></time-ago>',
        moment.isoformat(timespec="seconds"),
        date_format(local, "DATETIME_FORMAT"),
        moment.astimezone(timezone.get_fixed_timezone(0)).strftime("%Y-%m-%d %H:%M:%S"),
        said,
    )


def _ago_in_words(seconds: int) -> str:
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if minutes < 1:
        return _("just now")
    if hours < 1:
        return ngettext("%(n)d minute ago", "%(n)d minutes ago", minutes) % {"n": minutes}
    if days < 1:
        return ngettext("%(n)d hour ago", "%(n)d hours ago", hours) % {"n": hours}
    return ngettext("%(n)d day ago", "%(n)d days ago", days) % {"n": days}


@register.simple_tag
def moment(when: datetime) -> SafeString:
    """A date and time in the person's zone."""
    return format_html(
        '<time datetime="{}">{}</time>',
        when.isoformat(timespec="seconds"),
        date_format(timezone.localtime(when), "DATETIME_FORMAT"),
    )


@register.simple_tag
def field(bound: BoundField, **attributes: Any) -> SafeString:
    """The control of a form field, in our look, tied to its hint and its errors.

    attributes: of the element; ``_`` stands for ``-`` (``spellcheck="false"``).
    """
    widget = bound.field.widget
    given = {name.replace("_", "-"): value for name, value in attributes.items()}
    if isinstance(widget, forms.Select):
        given.setdefault("class", "form-select")
    elif not isinstance(widget, _CHECKED):
        given.setdefault("class", "form-control")
    widget.attrs.pop("placeholder", None)  # a label says it, and stays while one types
    return bound.as_widget(attrs=given)


@register.filter
def is_checkbox(bound: BoundField) -> bool:
    """Whether the label stands behind the control."""
    return isinstance(bound.field.widget, forms.CheckboxInput)


@register.filter
def is_select(bound: BoundField) -> bool:
    """Whether there is a list to choose from, which always has an answer."""
    return isinstance(bound.field.widget, forms.Select) and not is_group(bound)


@register.filter
def is_password(bound: BoundField) -> bool:
    """Whether what is typed is hidden, so that nobody sees capitals that are a mistake."""
    return isinstance(bound.field.widget, forms.PasswordInput)


@register.filter
def is_group(bound: BoundField) -> bool:
    """Whether the field is a group of controls that wants a legend."""
    return isinstance(bound.field.widget, (forms.RadioSelect, forms.CheckboxSelectMultiple))


@register.simple_tag
def dots() -> SafeString:
    """What stands for a hidden value: always twelve, since the length is not told."""
    return mark_safe("•" * 12)  # noqa: S308 a constant


@register.simple_tag(takes_context=True)
def audit_link(context: template.Context, kind: str, identifier: object) -> str:
    """The address of all that happened to a thing; "" for who may not look into the audit."""
    actor = context.get("actor")
    return audit_url(actor, target_kind=kind, target=str(identifier)) if actor else ""


@register.simple_tag
def why(permission: str, thing: object = "") -> str:
    """The address that explains why one lacks a right, on a thing or on all of its kind."""
    return why_url(permission, thing)


@register.filter
def state_icon(state: str) -> str:
    """The icon of a state, for places where its word stands apart."""
    return STATES.get(state) or STATES["idle"]


@register.filter
def spark_line(points: list[float]) -> str:
    """The path of a sparkline of 100 by 30."""
    return plots.spark_path(points)
