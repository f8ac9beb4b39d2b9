"""What the settings demand of a reason holds in every page that asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from collections_app.ui import reason as browsing
from collections_app.ui.views.actions import InvokeForm
from collections_app.ui.views.taking import TakeForm
from secrets_app.payload import Payload
from secrets_app.services import secrets
from tests import factories
from tests.vaultportal.ui.conftest import sign_in
from vaultportal.audit.models import AuditEntry
from vaultportal.directory import options, tickets
from vaultportal.directory.models import Setting
from vaultportal.directory.services.settings import change_setting
from vaultportal.errors import Invalid
from vaultportal.identity.models import User
from vaultportal.ui import reasons
from vaultportal.ui.reasons import SECRETS, WIRE, ReasonForm

pytestmark = pytest.mark.django_db

TAB = "/settings/?tab=reasons"
SENT = {
    "reasons.required": "on",
    "reasons.shown_seconds": "120",
    "reasons.ticket_for": ["IncidentResponse", "Debugging"],
    "reasons.ticket_pattern": "INC-[0-9]+",
    "reasons.ticket_words": "",
}
LOOKS = "This reason needs a ticket, which looks like this:"


@pytest.fixture(autouse=True)
def _fresh_options() -> Iterator[None]:
    options.forget()
    yield
    options.forget()


def change(**values: Any) -> None:
    for name, value in values.items():
        change_setting(factories.as_admin(), f"reasons.{name}", value)


def form_of(offered: tuple[reasons.Reason, ...], **given: Any) -> ReasonForm:
    return ReasonForm({"note": "", "purpose": "reveal", **given}, reasons=offered)


def test_the_tab_saves_and_takes_defaults_back(admin: Client) -> None:
    shown = admin.get(TAB).content.decode()
    assert "Pattern of tickets" in shown and 'value="Marketing"' in shown

    admin.post(TAB, SENT)

    assert Setting.objects.get(name="reasons.ticket_pattern").value == "INC-[0-9]+"
    assert options.get(reasons.TICKETED) == ("IncidentResponse", "Debugging")
    assert not Setting.objects.filter(name="reasons.required").exists()  # as it was
    admin.post(TAB, {"reset": "reasons.ticket_for"})
    assert options.get(reasons.TICKETED) == ("IncidentResponse",)
    admin.post(TAB, {**SENT, "reasons.ticket_for": []})
    assert options.get(reasons.TICKETED) == ()


@pytest.mark.parametrize(
    ("pattern", "at"),
    [("INC-(", 5), ("(a)(b", 4), ("a)b", 2), ("x[a", 2), ("*a", 1), ("a**", 3), (r"a(?=b)", 2),
     (r"(a)\1", 4), ("(" * 200, 1), ("a{1000}{1000}", 13)],
)  # fmt: skip
def test_a_bad_pattern_is_refused_with_its_place(admin: Client, pattern: str, at: int) -> None:
    answer = admin.post(TAB, {**SENT, "reasons.ticket_pattern": pattern})

    assert answer.status_code == 422
    shown = answer.content.decode()
    assert f"from character {at} on" in shown
    assert not Setting.objects.filter(name__startswith="reasons.").exists()  # all or nothing
    kept = {line.name: line.text for line, _error in answer.context["lines"]}
    assert kept["reasons.ticket_pattern"] == pattern


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ticket_pattern", "x" * 201),
        ("ticket_pattern", 7),
        ("ticket_words", "x" * 201),
        ("ticket_words", "INC\n"),
        ("ticket_for", ["Curiosity"]),
        ("ticket_for", "Debugging"),
        ("shown_seconds", 9),
        ("shown_seconds", 601),
        ("shown_seconds", True),
        ("required", 1),
    ],
)
def test_what_cannot_be_is_refused(name: str, value: Any) -> None:
    with pytest.raises(Invalid):
        change(**{name: value})

    assert not Setting.objects.exists()


def test_a_pattern_that_explodes_elsewhere_costs_nothing() -> None:
    change(ticket_pattern="(a+)+b")

    assert not tickets.fits("a" * 200)


@pytest.mark.parametrize("offered", [SECRETS, WIRE])
def test_another_reason_always_needs_a_note_and_no_ticket(offered: Any) -> None:
    change(ticket_pattern="INC-[0-9]+", ticket_for=[])

    assert not form_of(offered, reason="Other").is_valid()
    assert not form_of(offered, reason="Other", note="   ").is_valid()
    assert form_of(offered, reason="Other", note="for the auditor").is_valid()

    change(ticket_for=["Other"])
    assert not form_of(offered, reason="Other", note="for the auditor").is_valid()
    assert form_of(offered, reason="Other", note=" INC-7 ").is_valid()


def test_a_ticket_fits_the_whole_of_its_pattern_and_the_refusal_says_what_is_expected() -> None:
    change(ticket_pattern="INC-[0-9]+")
    for note in ("", "INC-", "INC-7 and more", "see INC-7", "inc-7"):
        refused = form_of(SECRETS, reason="IncidentResponse", note=note)
        assert refused.errors == {"note": [f"{LOOKS} INC-[0-9]+"]}

    change(ticket_words="INC-1234, from the desk")
    refused = form_of(SECRETS, reason="IncidentResponse")
    assert refused.errors == {"note": [f"{LOOKS} INC-1234, from the desk"]}
    assert "A ticket looks like this: INC-1234" in str(refused.fields["note"].help_text)
    assert form_of(SECRETS, reason="IncidentResponse", note="INC-7").is_valid()
    assert form_of(SECRETS, reason="Deployment", note="anything").is_valid()


def test_a_value_is_shown_no_longer_than_the_settings_offer() -> None:
    def offered() -> list[int]:
        return [seconds for seconds, _ in form_of(SECRETS).fields["seconds"].choices]  # type: ignore[attr-defined]  # a ChoiceField

    assert offered() == [30, 120]
    change(shown_seconds=600)
    assert offered() == [30, 120, 600]
    change(shown_seconds=20)
    assert offered() == [20]
    assert not form_of(SECRETS, reason="Rotation", seconds="120").is_valid()
    unsaid = form_of(SECRETS, reason="Rotation")
    assert unsaid.is_valid() and unsaid.cleaned_data["seconds"] == 20


def test_a_secret_is_revealed_without_a_reason_only_if_the_settings_say_so() -> None:
    owner = factories.make_person(username=factories.unique("owner"))
    place, key = _secret_of(owner)
    client, sent = sign_in(owner), {"field": "0", "reason": "", "note": "", "purpose": "reveal"}
    assert client.post(place, sent).status_code == 422
    assert "No reason" not in client.get(place + "?field=0").content.decode()

    change(required=False)

    assert "No reason" in client.get(place + "?field=0").content.decode()
    shown = client.post(place, sent).content.decode()
    assert key in shown and "Recorded as: No reason given" in shown
    entry = AuditEntry.objects.filter(actor_id=owner.pk, action="secret.read").latest("id")
    assert entry.reason == ""
    assert client.post(place, {**sent, "reason": "Other"}).status_code == 422
    # Policies of collections vote on the reason.
    assert not form_of(WIRE, reason="").is_valid()


def test_every_page_that_asks_holds_the_answer_against_the_settings() -> None:
    owner = factories.make_person(username=factories.unique("owner"))
    place, key = _secret_of(owner)
    client = sign_in(owner)
    change(ticket_pattern="INC-[0-9]+", ticket_for=["Debugging", "Maintenance"])

    sent = {"field": "0", "reason": "Debugging", "note": "asap", "seconds": "30"}
    for purpose in ("reveal", "copy"):
        refused = client.post(place, {**sent, "purpose": purpose})
        assert refused.status_code == 422
        assert f"{LOOKS} INC-[0-9]+" in refused.content.decode()
        assert key not in refused.content.decode()
    every = client.post(place.replace("reveal/", "reveal-all/"), {**sent, "purpose": "reveal"})
    assert every.status_code == 422
    assert (
        key in client.post(place, {**sent, "note": "INC-7", "purpose": "reveal"}).content.decode()
    )

    url = "/collections/-/reason/"
    assert client.post(url, {"reason": "Maintenance", "note": "asap"}).status_code == 422
    assert browsing.KEY not in client.session
    client.post(url, {"reason": "Maintenance", "note": "INC-7"})
    assert client.session[browsing.KEY] == "Maintenance"
    taken = {"passphrase": "a long passphrase", "repeated": "a long passphrase"}
    given = {"reason": "Maintenance", "note": "asap", **taken}
    assert "note" in TakeForm(given, reasons=WIRE).errors
    # The page of an action has no field for a ticket.
    offered = [code for code, _ in InvokeForm().fields["reason"].choices]  # type: ignore[attr-defined]  # a ChoiceField
    assert "Analytics" in offered and not {"Maintenance", "Other"} & set(offered)


def _secret_of(owner: User) -> tuple[str, str]:
    """The address that reveals a secret of ``owner``, and what is in it."""
    key = factories.unique("plain")
    actor = factories.actor_of(owner)
    draft = secrets.Draft(
        name=factories.unique("why"), payload=Payload.of({"k": key}), owner_id=owner.pk
    )
    return f"/secrets/{secrets.create_secret(actor, draft).id}/reveal/", key
