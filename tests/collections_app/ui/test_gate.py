"""A gate before erasing, met in the browser: in real transactions, as a decision needs them."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from collections_app.events import DETOKENIZE_APPROVAL, OBJECT_DELETE_APPROVAL
from collections_app.models import Object
from collections_app.rows.tokens import TokenFilter
from collections_app.services import collections, erasing, tokenizing, tokens, updating
from collections_app.services.options import Expiration, WriteOptions
from tests.collections_app.ui.conftest import MAIL, Place, browser_of
from tests.factories import actor_of, as_admin, as_member, make_role
from triggers_app.gates import approvals, rules
from triggers_app.gates.rules import GateFields
from triggers_app.models import Pending
from vaultportal.errors import Forbidden
from vaultportal.errors import Pending as Awaited
from vaultportal.identity.models import Role

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def approvers() -> Role:
    """Who is asked before something is erased."""
    role = make_role()
    fields = GateFields(
        name="erasing",
        trigger=OBJECT_DELETE_APPROVAL.id,
        approval="people",
        approvers=(role.uuid,),
    )
    rules.add_gate(as_admin(), fields)
    return role


def asked(erase: Callable[[], object]) -> UUID:
    """The question that is put instead of doing it."""
    with pytest.raises(Awaited) as held:
        erase()
    return UUID(str(held.value.context["approval"]).rsplit("/", 1)[1])


def test_an_object_waits_for_a_decision_before_it_is_erased(place: Place, approvers: Role) -> None:
    browser = browser_of(place.owner)
    url, typed = f"{place.object_url}erase/", {"word": str(place.object_id)[-4:]}

    answer = browser.post(url, typed)

    assert answer.status_code == 202
    question = Pending.objects.get(object_id=str(place.object_id))
    assert f"/access/requests/{question.pk}/" in answer.content.decode()
    assert Object.objects.filter(object_id=place.object_id).exists()

    approvals.decide(as_member(approvers), question.pk, approved=True, comment="")
    assert browser.post(url, typed).status_code == 302
    assert not Object.objects.filter(object_id=place.object_id).exists()


def test_what_was_allowed_for_one_version_erases_no_other(place: Place, approvers: Role) -> None:
    other = place.add(email="other@example.com")
    actor = actor_of(place.owner)
    both = [{"id": str(place.object_id)}, {"id": str(other)}]

    def one() -> None:
        erasing.delete_object(actor, place.name, str(place.object_id), WriteOptions())

    def many() -> None:
        erasing.delete_objects(actor, place.name, both, WriteOptions())

    for erase in (one, many):
        question = asked(erase)
        approvals.decide(as_member(approvers), question, approved=True, comment="")
        change = {"city": f"Lund {question}"}
        updating.update_object(actor, place.name, str(place.object_id), change, WriteOptions())
        assert asked(erase) != question
    assert Object.objects.filter(object_id__in=[place.object_id, other]).count() == 2


def gate_before_opening(*objects: tuple[str, str]) -> Role:
    """People decide about each detokenization, or of these objects alone; the role of those."""
    approvers = make_role()
    fields = GateFields(
        name="opening",
        trigger=DETOKENIZE_APPROVAL.id,
        approval="people",
        approvers=(approvers.uuid,),
        objects=objects,
    )
    rules.add_gate(as_admin(), fields)
    return approvers


def test_looking_at_tokens_asks_nobody_and_opening_them_does(place: Place) -> None:
    item = {"type": "pointer", "object": {"id": str(place.object_id)}}
    (made,) = tokenizing.tokenize(place.actor, place.name, [item], expiration=Expiration())
    approvers = gate_before_opening()
    browser = browser_of(place.owner)
    lines = {"lines": made["token_id"]}
    address = browser.post(f"/tokens/detokenize/?collection={place.name}", lines)["Location"]

    page = browser.get(address).content.decode()

    assert made["token_id"] in page
    assert "Reveal email" in page
    assert not Pending.objects.exists()

    opening = {"reason": "Maintenance", "note": "", "purpose": "reveal", "seconds": "30"}
    assert browser.post(f"{address}reveal/", opening).status_code == 202
    approvals.decide(as_member(approvers), Pending.objects.get().pk, approved=True, comment="")
    assert browser.get(address).status_code == 200
    assert MAIL in browser.post(f"{address}reveal/", opening).content.decode()


def test_a_gate_of_another_collection_hides_no_mask(place: Place) -> None:
    item = {"type": "pointer", "object": {"id": str(place.object_id)}}
    (made,) = tokenizing.tokenize(place.actor, place.name, [item], expiration=Expiration())
    browser = browser_of(place.owner)
    lines = {"lines": made["token_id"]}
    address = browser.post(f"/tokens/detokenize/?collection={place.name}", lines)["Location"]
    mask = "***-**-1120"
    assert mask in browser.get(address).content.decode()

    gate_before_opening(("collection", str(uuid4())))
    assert mask in browser.get(address).content.decode()

    gate_before_opening(("collection", str(place.schema.id)))
    assert mask not in browser.get(address).content.decode()


def test_nobody_is_asked_about_tokens_that_need_a_ticket_before_there_is_one(place: Place) -> None:
    """What somebody allows holds once: a look without a ticket would use it up for nothing."""
    item = {"type": "pointer", "object": {"id": str(place.object_id)}}
    (made,) = tokenizing.tokenize(place.actor, place.name, [item], expiration=Expiration())
    collections.set_ticket(place.actor, place.name, is_needed=True)
    approvers = gate_before_opening()
    actor = actor_of(place.owner)
    wanted = TokenFilter(token_ids=(made["token_id"],))

    with pytest.raises(Forbidden):
        tokens.detokenize(actor, place.name, wanted)
    assert not Pending.objects.exists()

    actor = actor.with_(note="INC-7")
    question = asked(lambda: tokens.detokenize(actor, place.name, wanted))
    approvals.decide(as_member(approvers), question, approved=True, comment="")
    with pytest.raises(Forbidden):
        tokens.detokenize(actor.with_(note=""), place.name, wanted)
    (opened,) = tokens.detokenize(actor, place.name, wanted)
    assert opened["fields"]["email"] == MAIL
