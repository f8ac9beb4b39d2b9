"""Changing a run-time setting."""

from __future__ import annotations

from typing import Any

from vaultportal import trail
from vaultportal.directory import options, rows, text
from vaultportal.directory.models import Setting
from vaultportal.directory.permissions import SettingPermission
from vaultportal.errors import Conflict
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.trail import Target


@trail.unit()
def change_setting(actor: Actor, name: str, value: Any) -> None:
    """Store ``value`` for the setting ``name``; in force in every process within a second.

    Raises:
        NotFound: there is no such setting.
        Forbidden: the actor may not change settings.
        Invalid: the value is of another type than the default, or asks for something first.
        Conflict: the environment decides this one.
    """
    access.require(actor, SettingPermission.CHANGE, Setting)
    option = options.named(name)
    parsed = option.parse(value)
    if option.overruled():
        raise Conflict(
            "setting", f"The environment variable {option.env} decides this.", reason="overruled"
        )
    text.check_kept(name, value)
    if option.guard is not None:
        option.guard(actor, parsed)
    stored = list(parsed) if isinstance(parsed, tuple) else parsed
    Setting.objects.update_or_create(
        name=name, defaults={"value": stored, "updated_by_id": rows.author(actor)}
    )
    options.forget()
    said: dict[str, Any] = {"on": parsed} if isinstance(parsed, bool) else {}
    if option.choices:
        said = {"to": parsed}
    trail.record(actor, "setting.change", Target("setting", name, name), **said)


@trail.unit()
def reset_setting(actor: Actor, name: str) -> None:
    """Let the default of the setting ``name`` be in force again. Raises NotFound, Forbidden."""
    access.require(actor, SettingPermission.CHANGE, Setting)
    options.named(name)
    Setting.objects.filter(name=name).delete()
    options.forget()
    trail.record(actor, "setting.reset", Target("setting", name, name))
