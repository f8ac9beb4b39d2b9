"""What our own API takes and gives, as the OpenAPI document tells it. Nothing here runs."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from secrets_app.selectors import FILTERS
from secrets_app.services.exports import LEAST_PASSPHRASE
from secrets_app.services.imports import ON_CONFLICT
from secrets_app.transfer.formats import FORMATS
from vaultportal.directory import tickets

NEEDS_TICKET = "People give a ticket or a note with each look at it; programs are not asked."
TAG = "An entity tag in quotes, as reads and writes answer it, or *."
REASON = OpenApiParameter(
    "X-Audit-Reason",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="What it is for, percent-encoded; the trail and a new version keep it.",
)
CONDITIONS = [
    REASON,
    OpenApiParameter("If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, description=TAG),
    OpenApiParameter("If-None-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, description=TAG),
]
OWNER = OpenApiParameter("owner", OpenApiTypes.STR, description="A user's id, me, or shared.")
LIMIT = OpenApiParameter("limit", OpenApiTypes.INT)
FIND = [
    OpenApiParameter("q", OpenApiTypes.STR, description="Words, any of them, in the name."),
    OWNER,
    OpenApiParameter("filter", OpenApiTypes.STR, enum=[word for word in FILTERS if word]),
    OpenApiParameter("type", OpenApiTypes.STR),
    OpenApiParameter("after", OpenApiTypes.STR, description="next of the page before."),
    LIMIT,
]
LOOKUP = [OpenApiParameter("name", OpenApiTypes.STR, required=True), OWNER]
RESOLVE = [
    REASON,
    OpenApiParameter(
        "resolve", OpenApiTypes.BOOL, description="Replace ${secret:name/field} in the data."
    ),
]
READINGS = [LIMIT]
CHANGES = [
    OpenApiParameter(
        "cursor", OpenApiTypes.STR, description="cursor of an earlier answer, or now."
    ),
    LIMIT,
]


class RoleHandle(serializers.Serializer[object]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    deleted = serializers.BooleanField(required=False)


class May(serializers.Serializer[object]):
    read = serializers.BooleanField()
    write = serializers.BooleanField()
    delete = serializers.BooleanField()
    own = serializers.BooleanField()


class Held(serializers.Serializer[object]):
    by = serializers.UUIDField()
    until = serializers.DateTimeField()


class Secret(serializers.Serializer[object]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    owner_id = serializers.UUIDField(allow_null=True)
    type = serializers.CharField()
    version = serializers.IntegerField()
    etag = serializers.CharField()
    author_id = serializers.UUIDField()
    updated_by_id = serializers.UUIDField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    keep_versions = serializers.IntegerField(allow_null=True)
    keep_days = serializers.IntegerField(allow_null=True)
    needs_ticket = serializers.BooleanField()
    read_roles = RoleHandle(many=True)
    write_roles = RoleHandle(many=True)
    held = Held(allow_null=True)
    may = May()


class SecretPage(serializers.Serializer[object]):
    items = Secret(many=True)
    next = serializers.CharField(allow_null=True)


class Written(serializers.Serializer[object]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    version = serializers.IntegerField()
    etag = serializers.CharField()


class ReplacedSecret(serializers.Serializer[object]):
    data = serializers.DictField(required=False)  # type: ignore[assignment]  # a field named like DRF's attribute
    read_roles = serializers.ListField(child=serializers.UUIDField(), required=False)
    write_roles = serializers.ListField(child=serializers.UUIDField(), required=False)


class NewSecret(ReplacedSecret):
    name = serializers.CharField(max_length=255)
    data = serializers.DictField()
    owner_id = serializers.CharField(
        required=False,
        allow_null=True,
        help_text="A user's id, or me. Absent for a shared secret.",
    )
    type = serializers.CharField(required=False)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)
    needs_ticket = serializers.BooleanField(required=False, help_text=NEEDS_TICKET)


class SecretSettings(serializers.Serializer[object]):
    name = serializers.CharField(required=False)
    type = serializers.CharField(required=False)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)
    keep_versions = serializers.IntegerField(required=False, allow_null=True)
    keep_days = serializers.IntegerField(required=False, allow_null=True)
    needs_ticket = serializers.BooleanField(required=False, help_text=NEEDS_TICKET)


class OpenSecret(serializers.Serializer[object]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    owner_id = serializers.UUIDField(allow_null=True)
    type = serializers.CharField()
    version = serializers.IntegerField()
    data = serializers.DictField()  # type: ignore[assignment]  # a field named like DRF's attribute


class SecretRef(serializers.Serializer[object]):
    id = serializers.UUIDField(required=False)
    owner_id = serializers.CharField(required=False, help_text="A user's id, or me.")
    name = serializers.CharField(required=False)


class Batch(serializers.Serializer[object]):
    secrets = SecretRef(many=True)


class Problem(serializers.Serializer[object]):
    type = serializers.CharField()
    title = serializers.CharField()


class BatchItem(OpenSecret):
    status = serializers.IntegerField()
    error = Problem(required=False)


class BatchAnswer(serializers.Serializer[object]):
    items = BatchItem(many=True)


class Version(serializers.Serializer[object]):
    number = serializers.IntegerField()
    is_current = serializers.BooleanField()
    size = serializers.IntegerField()
    author_id = serializers.UUIDField()
    reason = serializers.CharField()
    created_at = serializers.DateTimeField()
    restored_from = serializers.IntegerField(allow_null=True)
    destroyed_at = serializers.DateTimeField(allow_null=True)
    destroyed_by_id = serializers.UUIDField(allow_null=True)


class VersionList(serializers.Serializer[object]):
    items = Version(many=True)


class NewGrant(serializers.Serializer[object]):
    kind = serializers.ChoiceField(["role", "user"], required=False)
    id = serializers.UUIDField()
    right = serializers.ChoiceField(["read", "write"])
    valid_until = serializers.DateTimeField(required=False, allow_null=True)


class Grant(serializers.Serializer[object]):
    kind = serializers.ChoiceField(["role", "user"])
    id = serializers.UUIDField()
    name = serializers.CharField()
    right = serializers.ChoiceField(["read", "write", "own"])
    valid_until = serializers.DateTimeField(allow_null=True)
    ended = serializers.BooleanField()
    deleted = serializers.BooleanField()
    granted_by_id = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()


class GrantList(serializers.Serializer[object]):
    items = Grant(many=True)


class Reader(serializers.Serializer[object]):
    user_id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField(allow_null=True)
    kind = serializers.ChoiceField(["person", "client", "everybody"])
    grant = serializers.ChoiceField(["read", "own"])
    role = RoleHandle(allow_null=True)
    until = serializers.DateTimeField(allow_null=True)


class Reading(serializers.Serializer[object]):
    user_id = serializers.UUIDField()
    name = serializers.CharField()
    at = serializers.DateTimeField()
    reason = serializers.CharField()
    address = serializers.CharField()


class Readers(serializers.Serializer[object]):
    can = Reader(many=True)
    did = Reading(many=True)


class NewLink(serializers.Serializer[object]):
    views = serializers.IntegerField(required=False)
    hours = serializers.IntegerField(required=False)
    passphrase = serializers.CharField(required=False)
    receiver_id = serializers.UUIDField(required=False, allow_null=True)


class Receipt(serializers.Serializer[object]):
    at = serializers.DateTimeField()
    reader_id = serializers.UUIDField(allow_null=True)
    address = serializers.CharField()


class Link(serializers.Serializer[object]):
    id = serializers.UUIDField()
    secret_id = serializers.UUIDField()
    secret_name = serializers.CharField()
    version = serializers.IntegerField()
    views = serializers.IntegerField()
    views_left = serializers.IntegerField()
    has_passphrase = serializers.BooleanField()
    receiver_id = serializers.UUIDField(allow_null=True)
    author_id = serializers.UUIDField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    receipts = Receipt(many=True)


class MadeLink(Link):
    token = serializers.CharField()


class LinkList(serializers.Serializer[object]):
    items = Link(many=True)


class Peek(serializers.Serializer[object]):
    needs_passphrase = serializers.BooleanField()
    needs_sign_in = serializers.BooleanField()
    needs_ticket = serializers.BooleanField()
    expires_at = serializers.DateTimeField()


class OpenLink(serializers.Serializer[object]):
    passphrase = serializers.CharField(required=False)
    note = serializers.CharField(
        required=False,
        max_length=tickets.LONGEST_NOTE,
        help_text="The ticket, where one is needed.",
    )


class OpenedLink(serializers.Serializer[object]):
    name = serializers.CharField()
    data = serializers.DictField()  # type: ignore[assignment]  # a field named like DRF's attribute
    views_left = serializers.IntegerField()


class NewCheckout(serializers.Serializer[object]):
    reason = serializers.CharField(max_length=255)
    minutes = serializers.IntegerField()


class Checkout(NewCheckout):
    id = serializers.UUIDField()
    user_id = serializers.UUIDField()
    state = serializers.CharField()
    requested_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    ended_by_id = serializers.UUIDField(allow_null=True)


class CheckoutList(serializers.Serializer[object]):
    items = Checkout(many=True)


class TypeFields(serializers.Serializer[object]):
    title = serializers.CharField(max_length=120)
    schema = serializers.DictField()
    sensitive = serializers.ListField(child=serializers.CharField(), required=False)


class NewType(TypeFields):
    name = serializers.CharField(max_length=64)


class SecretType(NewType):
    builtin = serializers.BooleanField()


class TypeList(serializers.Serializer[object]):
    items = SecretType(many=True)


class Change(serializers.Serializer[object]):
    secret_id = serializers.UUIDField()
    change = serializers.ChoiceField(["created", "updated", "access", "deleted"])
    version = serializers.IntegerField()
    actor_id = serializers.UUIDField()
    at = serializers.DateTimeField()
    name = serializers.CharField(allow_null=True)
    owner_id = serializers.UUIDField(allow_null=True)


class Changes(serializers.Serializer[object]):
    items = Change(many=True)
    cursor = serializers.CharField()
    more = serializers.BooleanField()


class NewImport(serializers.Serializer[object]):
    format = serializers.ChoiceField(FORMATS)
    dry_run = serializers.BooleanField(required=False)
    shared = serializers.BooleanField(required=False)
    folder = serializers.CharField(required=False)
    on_conflict = serializers.ChoiceField(ON_CONFLICT, required=False)
    read_roles = serializers.ListField(child=serializers.UUIDField(), required=False)
    write_roles = serializers.ListField(child=serializers.UUIDField(), required=False)


class ImportContent(serializers.Serializer[object]):
    content = serializers.CharField(help_text="The file in base64.")
    title = serializers.CharField(required=False, help_text="For a file that is one secret.")
    password = serializers.CharField(required=False)
    keyfile = serializers.CharField(required=False, help_text="In base64.")


class Import(serializers.Serializer[object]):
    id = serializers.UUIDField()
    format = serializers.ChoiceField(FORMATS)
    dry_run = serializers.BooleanField()
    state = serializers.ChoiceField(["waiting", "running", "done", "failed"])
    total = serializers.IntegerField()
    done = serializers.IntegerField()
    report = serializers.DictField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class ImportList(serializers.Serializer[object]):
    items = Import(many=True)


class Export(serializers.Serializer[object]):
    passphrase = serializers.CharField(min_length=LEAST_PASSPHRASE)
    q = serializers.CharField(required=False)
    filter = serializers.CharField(required=False)
