"""Pages of secrets."""

from __future__ import annotations

from tests.ui.rows.row import Row

ROWS = (
    Row("personal", "/secrets/personal/", "secrets:personal"),
    Row("personal-filtered-empty", "/secrets/personal/?q=zzzzzz", "secrets:personal"),
    Row("shared-with-me", "/secrets/people/", "secrets:people"),
    Row("shared", "/secrets/shared/", "secrets:shared"),
    Row("shared-folder", "/secrets/shared/?folder={secret_folder}", "secrets:shared"),
    Row("shared-flat", "/secrets/shared/?view=flat&expiring=soon", "secrets:shared"),
    Row("new-secret", "/secrets/personal/new/?kind=login", "secrets:new"),
    Row("new-shared-secret", "/secrets/new/?folder=prod/payments", "secrets:new_shared"),
    Row("secret", "/secrets/{secret}/", "secrets:secret"),
    Row("secret-shared", "/secrets/{secret_shared}/", "secrets:secret"),
    Row("secret-refused", "/secrets/{secret_refused}/", "secrets:secret"),
    Row("secret-expired", "/secrets/{secret_expired}/", "secrets:secret"),
    Row("secret-versions", "/secrets/{secret_shared}/?tab=versions", "secrets:secret"),
    Row("secret-version", "/secrets/{secret_shared}/versions/1/", "secrets:version"),
    Row("secret-restore", "/secrets/{secret_shared}/versions/1/restore/", "secrets:restore"),
    Row("secret-activity", "/secrets/{secret}/?tab=activity", "secrets:secret"),
    Row("secret-use", "/secrets/{secret}/?tab=use", "secrets:secret"),
    Row("secret-reason", "/secrets/{secret}/reveal/?field=0", "secrets:reveal"),
    Row(
        "secret-held",
        "/secrets/{secret_gated}/reveal/",
        "secrets:reveal",
        status=403,
        form=(("field", "0"), ("purpose", "reveal"), ("reason", "Deployment")),
    ),
    Row("secret-edit", "/secrets/{secret}/edit/", "secrets:edit"),
    Row("secret-settings", "/secrets/{secret}/settings/", "secrets:settings"),
    Row("secret-share", "/secrets/{secret}/share/", "secrets:share"),
    Row("secret-readers", "/secrets/{secret_shared}/readers/", "secrets:readers"),
    Row("secret-links", "/secrets/{secret}/links/", "secrets:secret_links"),
    Row("secret-checkout", "/secrets/{secret_shared}/checkout/", "secrets:checkout"),
    Row(
        "secrets-share",
        "/secrets/bulk/?space=shared",
        "secrets:bulk",
        form=(("action", "share"), ("selected", "{secret_shared}")),
    ),
    Row(
        "secrets-expired",
        "/secrets/bulk/?space=shared",
        "secrets:bulk",
        form=(
            ("action", "expire"),
            ("selected", "{secret_held}"),
            ("selected", "{secret_refused}"),
            ("go", "1"),
        ),
    ),
    Row(
        "link-made",
        "/secrets/{secret}/links/",
        "secrets:secret_links",
        form=(("views", "1"), ("hours", "24")),
    ),
    Row("secret-delete", "/secrets/{secret}/delete/", "secrets:delete"),
    Row("links", "/secrets/links/", "secrets:links"),
    Row("open-link", "/secrets/open/{secret_link}/", "secrets:open_link", signed_in=False),
    Row("open-link-gone", "/secrets/open/none/", "secrets:open_link", signed_in=False, status=404),
    Row("who-read-mine", "/me/reads/", "secrets:reads"),
    Row("ask-to-share", "/secrets/ask/", "secrets:ask"),
    Row("secret-which-field", "/secrets/{secret}/reveal/?purpose=copy", "secrets:reveal"),
    Row("import", "/secrets/import/", "secrets:imports"),
    Row("import-preview", "/secrets/import/{secret_import}/", "secrets:import"),
    Row("import-conflicts", "/secrets/import/{secret_import}/?step=conflicts", "secrets:import"),
    Row("import-report", "/secrets/import/{secret_imported}/", "secrets:import"),
    Row("export", "/secrets/export/", "secrets:export"),
)
# Posts, parts of dialogs, and a file.
ELSEWHERE: set[str] = {
    "secrets:destroy",
    "secrets:grants",
    "secrets:report",
    "secrets:return",
    "secrets:reveal_all",
    "secrets:strength",
    "secrets:words",
    "secrets:reveal_version",
    "secrets:revoke_link",
    "secrets:take_back",
}
SEED = """
from datetime import timedelta
from django.utils import timezone
from secrets_app.payload import Payload
from secrets_app.records import Ref
from secrets_app.services import checkouts, links, secrets, staging
from secrets_app.services.imports import Plan
from secrets_app.services.links import Terms
from secrets_app.transfer.formats import Upload
from vaultportal.identity.models import Membership, Role, User
from vaultportal.identity import authentication
word = "pages_" + random.token_hex(4)
role = Role.objects.create(name="Payments " + word)
Membership.objects.create(user_id=actor.user_id, group_id=role.pk)
member = authentication.user_actor(actor.user_id)
made = secrets.create_secret(actor, secrets.Draft(
    name=word + "/psp-live", payload=Payload.of({"api_key": "k", "note": "n"}),
    owner_id=actor.user_id, read_roles=(role.uuid,),
))
things["secret"], things["secret_name"] = made.id, made.name
folder = word + "/payments"
shared = secrets.create_secret(actor, secrets.Draft(
    name=folder + "/psp-live", payload=Payload.of({"api_key": "k", "webhook_secret": "w"}),
    read_roles=(role.uuid,), write_roles=(role.uuid,),
    expires_at=timezone.now() + timedelta(days=9),
))
secrets.replace_secret(member, Ref(id=shared.id), payload=Payload.of({"api_key": "x", "note": "n"}))
secrets.create_secret(actor, secrets.Draft(
    name=folder + "/smtp/relay", payload=Payload.of({"password": "p"}), read_roles=(role.uuid,),
))
things["secret_shared"], things["secret_folder"] = shared.id, folder
refused = secrets.create_secret(actor, secrets.Draft(
    name=folder + "/closed", payload=Payload.of({"a": "b"}),
))
things["secret_refused"] = refused.id
for each in ("held", "gated"):
    things["secret_" + each] = secrets.create_secret(actor, secrets.Draft(
        name=folder + "/" + each, payload=Payload.of({"password": "p"}), read_roles=(role.uuid,),
    )).id
expired = secrets.create_secret(actor, secrets.Draft(
    name=word + "/old", payload=Payload.of({"a": "b"}), owner_id=actor.user_id,
    expires_at=timezone.now() - timedelta(days=1),
))
things["secret_expired"] = expired.id
link = links.make_link(actor, Ref(id=made.id), Terms(passphrase="blue-otter"))
things["secret_link"] = link.token
text = b"name,user,password\\nmail,mara,x\\nmail,mara,y\\n"
staged = staging.stage(actor, Plan("csv", folder=word), Upload(text))
things["secret_import"] = staged.pk
stored = staging.stage(actor, Plan("csv", folder=word + "/done"), Upload(text))
things["secret_imported"] = staging.run(actor, stored.pk, conflict="rename").pk
"""
