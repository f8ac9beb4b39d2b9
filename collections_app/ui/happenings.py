"""How what happens to collections reads in a feed."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from vaultportal.ui.activity import Wording

WORDINGS: dict[str, Wording] = {
    "object.update": Wording(_("{actor} changed objects of {target}"), "edit"),
    "object.delete": Wording(_("{actor} erased objects of {target}"), "trash"),
    "object.search": Wording(_("{actor} searched {target}"), "search"),
    "object.export": Wording(_("{actor} had objects of {target} exported"), "download", "is-plain"),
    "object.export_taken": Wording(_("{actor} fetched an export of {target}"), "download"),
    "object.bulk": Wording(_("{actor} began a job on many objects of {target}"), "clipboard"),
    "object.bulk_cancel": Wording(_("{actor} stopped a job on many objects of {target}"), "x"),
    "object.bulk_end": Wording(_("A job on many objects of {target} ended"), "clipboard"),
    "token.add": Wording(_("{actor} tokenized values of {target}"), "id-badge-2"),
    "token.read": Wording(_("{actor} detokenized values of {target}"), "eye", "is-plain"),
    "token.read/masked": Wording(_("{actor} opened tokens of {target} masked"), "eye-off"),
    "token.search": Wording(_("{actor} looked up tokens of {target}"), "search"),
    "token.update": Wording(_("{actor} changed tokens of {target}"), "edit"),
    "token.rotate": Wording(_("{actor} rotated tokens of {target}"), "refresh"),
    "token.delete": Wording(_("{actor} deleted tokens of {target}"), "trash"),
    "collection.update": Wording(_("{actor} changed the schema of {target}"), "database"),
    "collection.ticket": Wording(
        _("{actor} changed whether each look at {target} needs a ticket"), "adjustments"
    ),
    "collection.delete": Wording(_("{actor} deleted the collection {target}"), "trash"),
    "collection.grant": Wording(_("{actor} gave access to {target}"), "share"),
    "collection.revoke": Wording(_("{actor} took back access to {target}"), "x"),
    "bundle.add": Wording(_("{actor} stored the bundle {target}"), "terminal-2"),
    "bundle.update": Wording(_("{actor} changed the bundle {target}"), "terminal-2"),
    "action.invoke": Wording(_("{actor} invoked {target}"), "bolt"),
}
