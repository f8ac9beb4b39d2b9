"""Where something of several steps stands."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Step:
    """One step of ``components/steps.html``.

    state: ``done``, ``now``, ``todo`` or ``failed``.
    url: where it can be looked at again; "" for none. go: the same as the value of a button of the
        page's form "step", which is kept so on the way; "" for none.
    detail: a few words below the label, such as "3 of 5 ready".
    """

    label: str | Promise
    state: str
    url: str = ""
    detail: str | Promise = ""
    go: str = ""
