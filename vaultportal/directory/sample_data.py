"""Samples of every app that has some, for a portal that is only tried out."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.conf import settings

from vaultportal.errors import Forbidden
from vaultportal.identity import actor as actors


def load() -> Iterator[str]:
    """Make what is missing, app by app; a line for each tells what is there now.

    An app that has samples has a module ``demo`` with a function ``load(actor)`` that makes what
    is missing and returns that line.

    Raises:
        Forbidden: this is a production portal.
    """
    if settings.IS_PRODUCTION:
        raise Forbidden("portal", "Samples do not belong into a production portal.")
    for config in apps.get_app_configs():
        if find_spec(f"{config.name}.demo") is not None:
            line = import_module(f"{config.name}.demo").load(actors.system())
            yield f"{config.label}: {line}"
