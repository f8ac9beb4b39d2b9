"""What is done to several jobs or vaults of a list at once."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy

from s3vault_app.models import Job, Vault
from s3vault_app.selectors import search
from s3vault_app.services import jobs, vaults
from s3vault_app.ui import words
from s3vault_app.ui.forms.filters import JobFilter, VaultFilter
from s3vault_app.ui.sayings import said
from s3vault_app.ui.views.base import StorageView, numbers
from vaultportal.errors import Conflict, VaultError
from vaultportal.ui import bulk
from vaultportal.ui.bulk import Action, Selection
from vaultportal.ui.filters import Filters
from vaultportal.ui.views.many import ManyView

AGAIN = {Job.State.FAILED, Job.State.PARTIAL, Job.State.KILLED}
NOT_AGAIN = jobs.TAKING | jobs.OF_ENDPOINT


class ManyJobsView(StorageView, ManyView[Job]):
    """Jobs are cancelled, or asked for once more."""

    actions = (
        Action("again", gettext_lazy("Try again")),
        Action(
            "kill",
            gettext_lazy("Cancel jobs"),
            danger=True,
            warning=gettext_lazy("Each stops after its present step and takes back its work."),
        ),
    )

    def chosen(self, selection: Selection, most: int) -> Iterable[Job]:
        if not selection.all_matching:
            found = search.find_jobs(self.actor, {}).filter(pk__in=numbers(list(selection.ids)))
        else:
            found = search.find_jobs(self.actor, Filters.of(self.request, JobFilter).values)
            if selection.action == "kill":
                found = found.filter(state__in=Job.UNFINISHED)
            else:
                found = found.filter(state__in=AGAIN).exclude(type__in=NOT_AGAIN)
        return found[:most]

    def act(self, action: str, row: Job) -> None:
        if action == "kill":
            jobs.kill(self.actor, row.pk)
        elif row.state not in AGAIN:
            raise Conflict("job", "The job has come to its end.")
        else:
            jobs.resubmit(self.actor, row.pk)

    def id_of(self, row: Job) -> str:
        return str(row.pk)

    def name_of(self, row: Job) -> str:
        return f"{words.title_of(row)} ({row.pk})"

    def why(self, refusal: VaultError) -> str:
        return why(refusal)


class ManyVaultsView(StorageView, ManyView[Vault]):
    """Vaults are proved once more to be closed."""

    actions = (Action("verify", gettext_lazy("Verify now")),)

    def chosen(self, selection: Selection, most: int) -> Iterable[Vault]:
        if not selection.all_matching:
            wanted = numbers(list(selection.ids))
            found = search.find_vaults(self.actor, {}).filter(number__in=wanted)
        else:
            found = search.find_vaults(self.actor, Filters.of(self.request, VaultFilter).values)
            found = search.provable(found)
        return found[:most]

    def act(self, action: str, row: Vault) -> None:
        if row.bucket_made_at is None or search.unfinished_job(row) is not None:
            raise Conflict("vault", "Another job works on the vault.")
        vaults.verify_now(self.actor, row.number)

    def id_of(self, row: Vault) -> str:
        return str(row.number)

    def name_of(self, row: Vault) -> str:
        return row.name

    def why(self, refusal: VaultError) -> str:
        return why(refusal)


def why(refusal: VaultError) -> str:
    """A state that refuses says which; all else as anywhere."""
    return said(refusal.message) if isinstance(refusal, Conflict) else bulk.why(refusal)
