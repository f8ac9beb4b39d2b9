"""What may be asked of collections: Piiano's capabilities, each a permission of Django.

A role holds a capability everywhere (its group's permissions), or a guardian grant holds it on one
collection. What an allowed call may touch is then put to the policies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from vaultportal.identity.permissions import PermissionEnum

WILDCARD = "*"


class Capability(PermissionEnum):
    """The value is Django's codename; ``wire`` is the name in IAM files and in the contract."""

    COLLECTIONS_READER = "cap_collections_reader"
    COLLECTIONS_WRITER = "cap_collections_writer"
    TYPES_READER = "cap_types_reader"
    TYPES_WRITER = "cap_types_writer"
    CODE_READER = "cap_code_reader"
    CODE_WRITER = "cap_code_writer"
    ACTION_READER = "cap_action_reader"
    ACTION_WRITER = "cap_action_writer"
    ACTION_INVOKER = "cap_action_invoker"
    DATA_READER = "cap_data_reader"
    DATA_WRITER = "cap_data_writer"
    DATA_CREATOR = "cap_data_creator"
    DATA_UPDATER = "cap_data_updater"
    DATA_DELETER = "cap_data_deleter"
    DATA_SEARCHER = "cap_data_searcher"
    OBJECTS_READER = "cap_objects_reader"
    OBJECTS_LISTER = "cap_objects_lister"
    OBJECTS_WRITER = "cap_objects_writer"
    OBJECTS_CREATOR = "cap_objects_creator"
    OBJECTS_UPDATER = "cap_objects_updater"
    OBJECTS_DELETER = "cap_objects_deleter"
    TOKENS_DETOKENIZER = "cap_tokens_detokenizer"
    TOKENS_WRITER = "cap_tokens_writer"
    TOKENS_READER = "cap_tokens_reader"
    TOKENS_EXPORTER = "cap_tokens_exporter"
    TOKENS_IMPORTER = "cap_tokens_importer"
    TRANSACTION_ID_READER = "cap_transaction_id_reader"
    CRYPTO_ENCRYPTER = "cap_crypto_encrypter"
    CRYPTO_DECRYPTER = "cap_crypto_decrypter"
    CRYPTO_HASHER = "cap_crypto_hasher"
    IAM_READER = "cap_iam_reader"
    IAM_WRITER = "cap_iam_writer"
    CONFVAR_READER = "cap_confvar_reader"
    CONFVAR_WRITER = "cap_confvar_writer"
    INFO_READER = "cap_info_reader"
    CLUSTER_INFO_READER = "cap_cluster_info_reader"
    KMS_READER = "cap_kms_reader"
    KMS_WRITER = "cap_kms_writer"
    EXPORT_KEY_READER = "cap_export_key_reader"
    SYSTEM_GC_RUNNER = "cap_system_gc_runner"
    ERROR_WRITER = "cap_error_writer"
    ANALYSIS_DETECT = "cap_analysis_detect"
    SYSTEM = "cap_system"

    @property
    def wire(self) -> str:
        """``CapDataReader`` and the like."""
        words = self.value.removeprefix("cap_").split("_")
        return "Cap" + "".join(_SPELLED.get(word, word.capitalize()) for word in words)

    @classmethod
    def choices_for_django(cls) -> list[tuple[str, str]]:
        """Codename and description of each, for ``Meta.permissions``."""
        return [(each.codename, each.wire) for each in cls]


class CollectionPermission(PermissionEnum):
    """Django's four verbs on a collection, and the grant of whoever made it in the portal."""

    VIEW = "view_collection"
    ADD = "add_collection"
    CHANGE = "change_collection"
    DELETE = "delete_collection"
    OWN = "own_collection"


class ActionPermission(PermissionEnum):
    """Django's four verbs on an action, and the grant to invoke this one."""

    VIEW = "view_action"
    ADD = "add_action"
    CHANGE = "change_action"
    DELETE = "delete_action"
    INVOKE = "invoke_action"


_SPELLED = {"iam": "IAM", "kms": "KMS", "gc": "GC"}

BY_WIRE_NAME: Mapping[str, Capability] = {each.wire: each for each in Capability} | {
    # The contract's IAM page spells these three with an s, its operation pages without.
    each.wire.replace("CapAction", "CapActions"): each
    for each in (Capability.ACTION_READER, Capability.ACTION_WRITER, Capability.ACTION_INVOKER)
}

_STRONGER: Mapping[Capability, set[PermissionEnum]] = {
    Capability.OBJECTS_READER: {Capability.DATA_READER},
    Capability.OBJECTS_LISTER: {Capability.DATA_READER},
    Capability.OBJECTS_CREATOR: {Capability.OBJECTS_WRITER, Capability.DATA_CREATOR},
    Capability.OBJECTS_UPDATER: {Capability.OBJECTS_WRITER, Capability.DATA_UPDATER},
    Capability.OBJECTS_DELETER: {Capability.OBJECTS_WRITER, Capability.DATA_DELETER},
    Capability.DATA_CREATOR: {Capability.DATA_WRITER},
    Capability.DATA_UPDATER: {Capability.DATA_WRITER},
    Capability.DATA_DELETER: {Capability.DATA_WRITER},
    Capability.TRANSACTION_ID_READER: {Capability.DATA_READER},
}
# What the owner of a collection may do with it. The rest is about the vault as a whole.
_OWNED = (
    "cap_collections_",
    "cap_data_",
    "cap_objects_",
    "cap_tokens_",
    "cap_transaction_",
    "cap_crypto_",
)
_VIEW = {Capability.COLLECTIONS_READER, CollectionPermission.OWN}
IMPLIED_BY: Mapping[PermissionEnum, set[PermissionEnum]] = {
    **{
        each: _STRONGER.get(each, set())
        | {Capability.SYSTEM}
        | ({CollectionPermission.OWN} if each.codename.startswith(_OWNED) else set())
        for each in Capability
        if each is not Capability.SYSTEM
    },
    CollectionPermission.VIEW: {*_VIEW, CollectionPermission.CHANGE, CollectionPermission.DELETE},
    CollectionPermission.CHANGE: {Capability.COLLECTIONS_WRITER},
    CollectionPermission.DELETE: {Capability.COLLECTIONS_WRITER},
    CollectionPermission.ADD: {Capability.COLLECTIONS_WRITER},
    ActionPermission.VIEW: {Capability.ACTION_READER, ActionPermission.INVOKE},
    ActionPermission.ADD: {Capability.ACTION_WRITER},
    ActionPermission.CHANGE: {Capability.ACTION_WRITER},
    ActionPermission.DELETE: {Capability.ACTION_WRITER},
}
# A capability alone uncovers nothing, so it may be held for all collections: whatever touches a
# value is also put to the policies of the caller's roles, and a superuser has none that allow. OWN
# counts as an allow vote and is held on single rows only, and so is the right to invoke one action.
MODEL_WIDE = (
    frozenset(Capability)
    | (frozenset(CollectionPermission) - {CollectionPermission.OWN})
    | (frozenset(ActionPermission) - {ActionPermission.INVOKE})
)


def wire_names(codenames: Iterable[str]) -> list[str]:
    """The wire's names of the capabilities among ``codenames``, sorted."""
    known = {each.codename: each.wire for each in Capability}
    return sorted(known[name] for name in codenames if name in known)
