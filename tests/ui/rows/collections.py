"""Pages of collections, tokens, and the team's own code."""

from __future__ import annotations

from tests.ui.rows.row import Row

ROWS = (
    Row("collections", "/collections/", "collections:list"),
    Row("collections-filtered-empty", "/collections/?q=nothing-is-called-so", "collections:list"),
    Row("new-collection", "/collections/new/", "collections:new"),
    Row("new-collection-text", "/collections/new/?view=text", "collections:new"),
    Row("objects-reason", "/collections/{collection}/", "collections:objects"),
    Row("browsing-reason", "/collections/-/reason/?next=/collections/", "collections:reason"),
    Row("objects", "/collections/{collection}/", "collections:objects", reason="Maintenance"),
    Row(
        "objects-archived",
        "/collections/{collection}/?life=archived",
        "collections:objects",
        reason="Maintenance",
    ),
    Row(
        "objects-empty",
        "/collections/{collection}_none/",
        "collections:objects",
        reason="Maintenance",
    ),
    Row(
        "objects-refused",
        "/collections/{closed}/",
        "collections:objects",
        status=403,
        reason="Maintenance",
    ),
    Row(
        "unmask",
        "/collections/{collection}/unmask/?column=ssn",
        "collections:unmask",
        reason="Maintenance",
    ),
    Row(
        "objects-export",
        "/collections/{collection}/exports/{objects_export}/",
        "collections:export_job",
    ),
    Row("my-jobs", "/collections/-/jobs/", "collections:my_jobs"),
    Row(
        "objects-bulk",
        "/collections/{collection}/jobs/{objects_bulk}/",
        "collections:bulk_job",
    ),
    Row("add-object", "/collections/{collection}/add/", "collections:add"),
    Row("schema", "/collections/{collection}/schema/", "collections:schema"),
    Row("schema-jobs", "/collections/{collection}/jobs/", "collections:jobs"),
    Row(
        "access",
        "/collections/{collection}/access/?operation=read&key=ssn&reason=Marketing&who=",
        "collections:access",
    ),
    Row(
        "collection-settings", "/collections/{collection}/settings/?count=1", "collections:settings"
    ),
    Row("collection-delete", "/collections/{collection}/delete/", "collections:delete"),
    Row(
        "object",
        "/collections/{collection}/objects/{object}/",
        "collections:object",
        reason="Maintenance",
    ),
    Row(
        "object-reason",
        "/collections/{collection}/objects/{object}/reveal/?field=email",
        "collections:reveal",
    ),
    Row("object-edit", "/collections/{collection}/objects/{object}/edit/", "collections:edit"),
    Row("object-end", "/collections/{collection}/objects/{object}/end/", "collections:end"),
    Row(
        "object-export", "/collections/{collection}/objects/{object}/export/", "collections:export"
    ),
    Row("object-erase", "/collections/{collection}/objects/{object}/erase/", "collections:erase"),
    Row("tokenize", "/tokens/?collection={collection}", "tokens:tokenize"),
    Row("detokenize", "/tokens/detokenize/?collection={collection}", "tokens:detokenize"),
    Row(
        "token-held",
        "/tokens/reveal/{gated}/",
        "tokens:reveal",
        status=202,
        form=(
            ("field", "{gated_token}--label"),
            ("purpose", "reveal"),
            ("reason", "Maintenance"),
        ),
    ),
    Row("token-reason", "/tokens/reveal/{collection}/?field={token}--ssn", "tokens:reveal"),
    Row(
        "objects-delete",
        "/collections/{collection}/bulk/",
        "collections:bulk",
        reason="Maintenance",
        form=(("action", "delete"), ("selected", "{object}")),
    ),
    Row(
        "tokens-made",
        "/tokens/?collection={collection}",
        "tokens:made",
        reason="Maintenance",
        form=(("source", "id"), ("lines", "{object}"), ("kind", "pointer"), ("tags", "pages")),
    ),
    Row(
        "tokens-expire",
        "/tokens/manage/?collection={collection}",
        "tokens:manage",
        form=(("action", "expire"), ("selected", "{token}")),
    ),
    Row(
        "tokens-opened",
        "/tokens/detokenize/?collection={collection}",
        "tokens:opened",
        form=(("lines", "{token}"),),
    ),
    Row("find-tokens", "/tokens/find/?collection={collection}&tags=pages", "tokens:find"),
    Row("find-tokens-empty", "/tokens/find/?collection={collection}&tags=none", "tokens:find"),
    Row("bundles", "/bundles/", "code:bundles"),
    Row("new-bundle", "/bundles/new/", "code:new"),
    Row("bundle", "/bundles/code/{bundle}/", "code:bundle"),
    Row("bundle-delete", "/bundles/code/{bundle}/delete/", "code:delete"),
    Row("data-types", "/bundles/types/", "code:types"),
    Row("new-data-type", "/bundles/types/new/", "code:new_type"),
    Row("data-type", "/bundles/types/EMAIL/", "code:type"),
    Row("actions-refused", "/bundles/actions/", "code:actions", status=403),
    Row("new-action", "/bundles/actions/new/", "code:new_action"),
    Row("action", "/bundles/actions/{action}/", "code:action"),
)
# Answers to a post, or asked as one of the confirmations above; tests/collections_app/ui has them.
ELSEWHERE = {
    "collections:gather",
    "collections:reveal_all",
    "tokens:gather",
    "tokens:open_all",
    "code:delete_action",
    "code:delete_type",
}
SEED = """
from base64 import b64encode
from collections_app import pvschema
from collections_app.models import Collection, Property
from collections_app.services import actions, adding, bundles, collections, tokenizing
from collections_app.services.options import Expiration, WriteOptions
from vaultportal.identity.models import Role, User
name = "pages_" + random.token_hex(4)
properties = (
    "email EMAIL UNIQUE COMMENT 'Contact address', ssn SSN NULL, full_name NAME NULL,"
    " city STRING NOT ENCRYPTED NULL, born DATE_OF_BIRTH NULL"
)
for each in (name, name + "_none"):
    collections.add_collection(actor, pvschema.parse(f"{each} PERSONS ({properties});"))
people = [("mara", "078-05-1120", "Berlin"), ("jonas", "078-05-1121", "Hamburg"),
          ("tomas", "078-05-1122", "Porto")]
for first, ssn, city in people:
    body = {"email": first + "@example.com", "ssn": ssn, "full_name": first.title(), "city": city}
    things["object"] = adding.add_object(actor, name, body, WriteOptions())
from collections_app.models import ObjectExport
from collections_app.services import object_exports
done = object_exports.begin(actor.with_(reason="DataSubjectRequest"), name, "correct horse battery")
ObjectExport.objects.filter(pk=done.pk).update(state="ready", terms=b"", total=3, done=3)
things["objects_export"] = done.pk
from collections_app.bulk_jobs import Kind
from collections_app.models import BulkJob
from collections_app.services import object_jobs
job = object_jobs.draft(actor, name, Kind.TOKENIZE, [things["object"]])
BulkJob.objects.filter(pk=job.pk).update(
    state="done", ids=b"", total=240, done=237, gone=2, refused=1, reason="Maintenance")
things["objects_bulk"] = job.pk
item = {"type": "pointer", "object": {"id": str(things["object"])}, "tags": ["pages"]}
made = tokenizing.tokenize(actor, name, [item], expiration=Expiration())
things["gated"] = name + "_gated"
gated = collections.add_collection(actor, pvschema.parse(name + "_gated DATA (label STRING);"))
things["gated_id"] = gated.id
item = {"type": "pointer", "object": {
    "id": str(adding.add_object(actor, gated.name, {"label": "x"}, WriteOptions()))}}
(held,) = tokenizing.tokenize(actor, gated.name, [item], expiration=Expiration())
things["gated_token"] = held["token_id"]
closed = "closed_" + random.token_hex(4)
shut = Collection.objects.create(name=closed, type="DATA")
Property.objects.create(collection=shut, name="label", data_type_name="STRING")
code = 'exports.last4 = {type: "transformer", handler: (context, object, value) => value};'
bundle = "pages_" + random.token_hex(4)
bundles.add_bundle(actor, bundle, b64encode(code.encode()).decode(), "What pages show.")
act = 'exports.greet = {type: "action", handler: ({body}) => ({said: body.to})};'
bundles.add_bundle(actor, bundle + "_do", b64encode(act.encode()).decode())
role = Role.objects.create(name=bundle)
draft = actions.ActionDraft(bundle, bundle + "_do.greet", role.name, "Says hello.")
actions.add_action(actor, draft)
actions.grant_action(actor, bundle, User.objects.get(pk=actor.user_id))
things["action"] = bundle
things |= {"collection": name, "token": made[0]["token_id"], "closed": closed, "bundle": bundle}
"""
