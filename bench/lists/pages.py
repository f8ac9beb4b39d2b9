"""Every page that lists something: its address, what lies behind it, and what it may cost.

The bench measures these pages among very many rows, tests walk them among few and many and in each
of their states; a page of a list without a line here fails a test.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SIZE = 50  # rows of a page
Turned = Literal["after", "page", ""]


@dataclass(frozen=True, slots=True)
class ListPage:
    """One list. Addresses may hold {names} of what ``fill`` made.

    view: its name in the URLs. table: without it the page fails.
    statements: at most, for a whole page that an administrator asks for; however many rows.
    turned: by a cursor ("after"), by number ("page"), or "" for a list of one page: then ``most``
    is how many rows it may have, and ``why`` says why that is enough.
    little: the address with a filter that few rows match; nothing: with one that none matches; ""
    where nothing can be filtered.
    ordered: the address with the dearest order that a column gives; "" where none does.
    make: the page that the empty list leads to; "" where nobody can make the first row there.
    stranger: what somebody is answered who has signed in and holds nothing.
    """

    name: str
    view: str
    path: str
    table: str
    statements: int
    turned: Turned = "after"
    most: int = SIZE
    why: str = ""
    little: str = ""
    nothing: str = ""
    ordered: str = ""
    make: str = ""
    stranger: int = 200


FOLDERS = SIZE + 500  # a tree begins with its folders
TENS = "a company has tens of them"
OWN = "one's own, and few at a time"

LISTS: tuple[ListPage, ...] = (
    ListPage(
        "personal secrets",
        "secrets:personal",
        "/secrets/personal/",
        "secrets_app_secret",
        20,
        little="/secrets/personal/?q=/0000002",
        nothing="/secrets/personal/?q=zzzzzz",
        make="secrets:new",
    ),
    ListPage(
        "secrets shared with me",
        "secrets:people",
        "/secrets/people/",
        "secrets_app_secret",
        20,
        little="/secrets/people/?q=/0000002",
        nothing="/secrets/people/?q=zzzzzz",
    ),
    ListPage(
        "shared secrets, as a tree",
        "secrets:shared",
        "/secrets/shared/",
        "secrets_app_secret",
        20,
        turned="",
        most=FOLDERS,
        why="folders, of which 500 are shown; what lies in none of them goes by a cursor",
        little="/secrets/shared/?q=/0000002",
        nothing="/secrets/shared/?q=zzzzzz",
        make="secrets:new_shared",
    ),
    ListPage(
        "shared secrets, a folder",
        "secrets:shared",
        "/secrets/shared/?folder=svc/team-2",
        "secrets_app_secret",
        20,
    ),
    ListPage(
        "shared secrets, flat",
        "secrets:shared",
        "/secrets/shared/?view=flat",
        "secrets_app_secret",
        20,
        little="/secrets/shared/?view=flat&expiring=soon",
        nothing="/secrets/shared/?view=flat&expiring=over",
    ),
    ListPage(
        "one-time links",
        "secrets:links",
        "/secrets/links/",
        "secrets_app_onetimelink",
        20,
        make="secrets:personal",
    ),
    ListPage(
        "imports",
        "secrets:imports",
        "/secrets/import/",
        "secrets_app_importjob",
        20,
        turned="",
        most=10,
        why="the latest ten of one's own",
    ),
    ListPage(
        "collections",
        "collections:list",
        "/collections/",
        "collections_app_object",
        24,
        turned="",
        most=200,
        why=TENS,
        nothing="/collections/?q=zzzzzz",
        make="collections:new",
    ),
    ListPage(
        "objects of a collection",
        "collections:objects",
        "/collections/{collection}/",
        "collections_app_object",
        30,
        stranger=403,
    ),
    ListPage(
        "tokens",
        "tokens:find",
        "/tokens/find/?collection={collection}&tags=all",
        "collections_app_token",
        30,
        turned="",
        most=500,
        why="a search; above 500 it asks for a narrower one",
        little="/tokens/find/?collection={collection}&tags=few",
        nothing="/tokens/find/?collection={collection}&tags=none",
        stranger=404,
    ),
    ListPage(
        "bundles",
        "code:bundles",
        "/bundles/",
        "collections_app_bundle",
        20,
        turned="",
        most=200,
        why=TENS,
        make="code:new",
        stranger=403,
    ),
    ListPage(
        "data types",
        "code:types",
        "/bundles/types/",
        "collections_app_customtype",
        20,
        turned="",
        most=200,
        why=TENS,
        stranger=403,
    ),
    ListPage(
        "actions",
        "code:actions",
        "/bundles/actions/",
        "collections_app_action",
        22,
        turned="",
        most=200,
        why=TENS,
        stranger=403,
    ),
    ListPage(
        "S3 vaults",
        "storage:vaults",
        "/storage/vaults/",
        "s3vault_app_vault",
        20,
        turned="page",
        little="/storage/vaults/?q=0000002",
        nothing="/storage/vaults/?q=zzzzzz",
        ordered="/storage/vaults/?sort=-endpoints",
        make="storage:new",
    ),
    ListPage(
        "endpoints",
        "storage:endpoints",
        "/storage/endpoints/",
        "s3vault_app_machine",
        20,
        turned="page",
        little="/storage/endpoints/?q=0000002",
        nothing="/storage/endpoints/?q=zzzzzz",
        ordered="/storage/endpoints/?sort=certificate",
        make="storage:new_machine",
        stranger=403,
    ),
    ListPage(
        "jobs",
        "storage:jobs",
        "/storage/jobs/",
        "s3vault_app_job",
        20,
        little="/storage/jobs/?state=Killed",
        nothing="/storage/jobs/?q=zzzzzz",
    ),
    ListPage(
        "jobs of a vault",
        "storage:vault_jobs",
        "/storage/vaults/{vault}/jobs/",
        "s3vault_app_job",
        24,
        stranger=404,
    ),
    ListPage(
        "plans",
        "storage:plans",
        "/storage/plans/",
        "s3vault_app_storageplan",
        20,
        turned="",
        most=200,
        why=TENS,
        make="storage:new_plan",
    ),
    ListPage(
        "storage pools",
        "storage:pools",
        "/storage/pools/",
        "s3vault_app_storagepool",
        20,
        turned="",
        most=200,
        why=TENS,
        make="storage:new_pool",
    ),
    ListPage(
        "triggers",
        "triggers:catalogue",
        "/events/triggers/",
        "triggers_app_subscription",
        20,
        turned="",
        most=200,
        why="as many as the catalogue has; the subscriptions of each are counted",
        stranger=403,
    ),
    ListPage(
        "subscriptions",
        "triggers:subscriptions",
        "/events/subscriptions/",
        "triggers_app_subscription",
        20,
        turned="page",
        little="/events/subscriptions/?q=0000002",
        nothing="/events/subscriptions/?q=zzzzzz",
        make="triggers:subscription_new",
        stranger=403,
    ),
    ListPage(
        "invocations",
        "triggers:invocations",
        "/events/invocations/",
        "triggers_app_invocation",
        20,
        little="/events/invocations/?state=expired",
        nothing="/events/invocations/?state=skipped",
        make="triggers:subscriptions",
        stranger=403,
    ),
    ListPage(
        "gates",
        "triggers:gates",
        "/events/gates/",
        "triggers_app_gate",
        22,
        turned="",
        most=200,
        why=TENS,
        make="triggers:gate_new",
        stranger=403,
    ),
    ListPage(
        "approvals, for me to decide",
        "triggers:approvals",
        "/access/requests/",
        "triggers_app_pending",
        20,
        turned="",
        why="the 50 that have waited longest; what is decided makes room for the next",
    ),
    ListPage(
        "approvals, asked by me",
        "triggers:approvals",
        "/access/requests/?tab=mine",
        "triggers_app_pending",
        20,
    ),
    ListPage(
        "approvals, all",
        "triggers:approvals",
        "/access/requests/?tab=all",
        "triggers_app_pending",
        20,
        little="/access/requests/?tab=all&state=failed",
        nothing="/access/requests/?tab=all&state=void",
    ),
    ListPage(
        "audit trail",
        "ui:audit",
        "/audit/",
        "audit_auditentry",
        22,
        little="/audit/?target_name=needle",
        nothing="/audit/?action=zzzzzz",
    ),
    ListPage(
        "verifications of the trail",
        "ui:audit_verify",
        "/audit/verify/",
        "audit_verification",
        20,
        turned="",
        why="the latest ones",
        stranger=403,
    ),
    ListPage(
        "exports of the trail",
        "ui:audit_exports",
        "/audit/exports/",
        "audit_export",
        20,
        turned="",
        why=OWN,
        stranger=403,
    ),
    ListPage(
        "people",
        "ui:people",
        "/access/people/",
        "identity_user",
        20,
        turned="page",
        little="/access/people/?q=0000002",
        nothing="/access/people/?q=zzzzzz",
        ordered="/access/people/?sort=-seen",
        stranger=403,
    ),
    ListPage(
        "roles",
        "ui:roles",
        "/access/roles/",
        "identity_role",
        20,
        stranger=403,
    ),
    ListPage(
        "members of a role",
        "ui:role",
        "/access/roles/{role}/",
        "identity_membership",
        26,
        turned="",
        most=200,
        why="the first 200",
        stranger=403,
    ),
    ListPage(
        "API clients",
        "ui:clients",
        "/access/clients/",
        "identity_apiclient",
        20,
        turned="page",
        little="/access/clients/?q=0000002",
        nothing="/access/clients/?q=zzzzzz",
        ordered="/access/clients/?sort=-used",
        make="ui:client_new",
        stranger=403,
    ),
    ListPage(
        "own API keys",
        "ui:keys",
        "/me/keys/",
        "identity_apikey",
        20,
        turned="",
        why=OWN,
        make="ui:key_new",
    ),
    ListPage(
        "own sessions",
        "ui:sessions",
        "/me/sessions/",
        "identity_session",
        20,
        turned="",
        why=OWN,
    ),
)
# No lists, but they look into every table.
GLANCES: tuple[tuple[str, str], ...] = (
    ("overview", "/"),
    ("search", "/palette/?q=0000002"),
)
