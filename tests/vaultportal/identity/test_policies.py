"""Votes: at least one policy allows, none denies, for every resource."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import factories
from vaultportal.errors import Forbidden
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Policy
from vaultportal.identity.policies import Globs, Policies, Rule, prepared

SSN = ("buyers/properties/ssn", "buyers/types/SSN")
READING = frozenset({"read"})
MASKED = ("buyers/properties/ssn.mask", "buyers/types/SSN.mask")


def voter(*policies: Policy) -> Actor:
    return factories.as_member(factories.make_role(policies=policies))


def allows(actor: Actor, operation: str, *resources: tuple[str, ...], reason: str = "") -> bool:
    try:
        access.vote(actor, operation, resources, reason)
    except Forbidden as refusal:
        assert refusal.reason == "policy"
        assert "ssn" not in str(refusal)
        return False
    return True


@pytest.mark.django_db
def test_without_a_policy_everything_is_refused() -> None:
    assert not allows(voter(), "read", SSN)
    assert not allows(factories.as_superuser(), "read", SSN)


@pytest.mark.django_db
def test_an_allowing_policy_opens_what_it_names_and_no_more() -> None:
    actor = voter(factories.make_policy(operations=["read"], resources=["*/properties/ssn.mask"]))

    assert allows(actor, "read", MASKED)
    assert not allows(actor, "read", SSN)
    assert not allows(actor, "write", MASKED)
    assert not allows(actor, "read", MASKED, SSN)
    assert allows(actor, "read")


@pytest.mark.django_db
def test_one_denying_policy_outweighs_all_that_allow() -> None:
    actor = voter(
        factories.make_policy(),
        factories.make_policy(policy_type="deny", operations=["read"], resources=["*/types/SSN"]),
    )

    assert not allows(actor, "read", SSN)
    assert allows(actor, "read", MASKED)
    assert allows(actor, "write", SSN)


@pytest.mark.django_db
def test_policies_of_all_roles_vote_together() -> None:
    allowing = factories.make_role(policies=[factories.make_policy()])
    denying = factories.make_role(
        policies=[factories.make_policy(policy_type="deny", resources=["buyers/tokens"])]
    )

    assert not allows(factories.as_member(allowing, denying), "read", ("buyers/tokens",))
    assert allows(factories.as_member(allowing), "read", ("buyers/tokens",))
    assert not allows(factories.as_member(denying), "read", SSN)


@pytest.mark.django_db
def test_a_policy_may_be_bound_to_reasons() -> None:
    actor = voter(factories.make_policy(reasons=["audit", "support"]))

    assert allows(actor, "read", SSN, reason="support")
    assert not allows(actor, "read", SSN, reason="curiosity")
    assert not allows(actor, "read", SSN)


def test_a_policy_for_no_reason_is_not_one_for_any_reason() -> None:
    unstated = prepared(
        (Rule("p", denies=False, operations=READING, reasons=frozenset({""}), resources=("*",)),)
    )

    assert unstated.allow("read", SSN, "")
    assert not unstated.allow("read", SSN, "curiosity")
    assert not unstated.allow("read", SSN, "*")
    assert not unstated.allow("*", SSN, "")


def test_a_resource_without_a_name_is_refused() -> None:
    everything = prepared((rule("*"),))

    assert not everything.allow("read", (), "")


@pytest.mark.parametrize(
    ("glob", "name", "matches"),
    [
        ("buyers/properties/ssn", "buyers/properties/ssn", True),
        ("buyers/properties/ssn", "buyers/properties/ssn.mask", False),
        ("buyers/*", "buyers/properties/ssn", True),
        ("*", "", True),
        ("*/types/N?ME", "a/b/types/NAME", True),
        ("*/types/N?ME", "a/types/NME", False),
        ("a.c", "abc", False),
        (r"a\*c", "a*c", True),
        (r"a\*c", "abc", False),
        (r"a\?*", "a?bc", True),
        ("a\\\\b", "a\\b", True),
        ("a\\", "a\\", True),
        ("*.mask|x", "ssn.mask|x", True),
        ("(a)[b]{2}^$+", "(a)[b]{2}^$+", True),
        ("a*", "a\nb", True),
        ("pät?", "pätö", True),
    ],
)
def test_globs(glob: str, name: str, *, matches: bool) -> None:
    assert Globs([glob]).match_any([name]) is matches
    assert Globs(["other/*", "?", glob]).match_any(["none of them", name]) is matches


@given(st.text(alphabet="ab/.*?\\", max_size=12), st.text(alphabet="ab/.*?\\", max_size=12))
def test_globs_agree_with_their_definition(glob: str, name: str) -> None:
    assert Globs([glob]).match_any([name]) is by_definition(glob, name)


def by_definition(glob: str, name: str) -> bool:
    if not glob:
        return not name
    if glob[0] == "*":
        return any(by_definition(glob[1:], name[skipped:]) for skipped in range(len(name) + 1))
    if glob[0] == "?":
        return bool(name) and by_definition(glob[1:], name[1:])
    if glob[0] == "\\" and len(glob) > 1:
        glob = glob[1:]
    return name[:1] == glob[0] and by_definition(glob[1:], name[1:])


def test_hostile_globs_take_no_time() -> None:
    globs = Globs(["*a" * 200 + "b", "?" * 1024, "*" * 1024 + "x"])
    started = time.process_time()

    assert not globs.match_any(["a" * 5000])

    assert time.process_time() - started < 0.5


def test_many_policies_are_matched_together() -> None:
    rules = tuple(rule(f"c{number}/properties/*", name=f"p{number}") for number in range(2000))
    policies = prepared(rules)

    assert policies.allow("read", ("c1999/properties/x",), "")
    assert not policies.allow("read", ("c2000/properties/x",), "")


def test_free_texts_do_not_fill_the_memory() -> None:
    policies = Policies((rule("*"),))
    for number in range(100):
        assert policies.allow(f"operation {number}", SSN, f"reason {number}")

    assert len(policies._globs) == 2


def rule(*resources: str, name: str = "p", denies: bool = False) -> Rule:
    return Rule(name, denies, frozenset("*"), frozenset("*"), resources)
