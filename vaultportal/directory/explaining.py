"""Why somebody may do something, or may not: for themselves, and for who manages people."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.db.models import Model, Q

from vaultportal.directory import selectors
from vaultportal.errors import NotFound
from vaultportal.identity import access, authentication
from vaultportal.identity.actor import Actor
from vaultportal.identity.explanation import Explanation, explain_for_all
from vaultportal.identity.grant_tables import has_field, tables_of
from vaultportal.identity.models import Role, User
from vaultportal.identity.permissions import PermissionEnum, is_model_wide, named, sources_of


@dataclass(frozen=True, slots=True)
class Question:
    """Whether ``who`` may use ``permission`` on ``thing``, None for all things of its kind.

    operation, names, reason: what policies are asked, as for ``access.vote``.
    """

    who: UUID
    permission: PermissionEnum
    thing: Model | None = None
    operation: str = ""
    names: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The explanation, and the roles that would give the right."""

    explanation: Explanation
    would_help: tuple[str, ...]

    @property
    def allowed(self) -> bool:
        return self.explanation.allowed


def answer(actor: Actor, question: Question) -> Answer:
    """By the access rule itself, with all that the person may do (no narrowed credential).

    Raises:
        Forbidden: it is about somebody else, and the actor may not see people.
        NotFound: nobody has this id, or the account is disabled.
    """
    user = selectors.get_principal(actor, question.who)
    if not user.is_active:
        raise NotFound("user")
    subject = authentication.user_actor(user.pk)
    helping = _roles_that_give(question, subject)
    if question.thing is None:
        found = explain_for_all(subject, question.permission)
        return Answer(found, () if found.allowed else helping)
    found = access.explain(
        subject,
        question.permission,
        question.thing,
        operation=question.operation,
        names=question.names,
        reason=question.reason,
    )
    return Answer(found, () if found.allowed else helping)


def roles_that_give(actor: Actor, permission: PermissionEnum, typed: str = "") -> tuple[str, ...]:
    """The roles that would give the actor a right that they lack, by name.

    typed: id or name of the row that it is about; what the actor may not see counts as none.
    """
    thing = None
    if typed:
        with suppress(NotFound):
            thing = find_thing(actor, permission, typed)
    return _roles_that_give(Question(actor.user_id, permission, thing), actor)


def find_person(actor: Actor, typed: str) -> User:
    """A person or client by id or user name, as far as the actor may see them.

    Raises:
        Forbidden, NotFound.
    """
    try:
        return selectors.get_principal(actor, UUID(typed))
    except ValueError:
        pass
    found = User.objects.named(typed).values_list("pk", flat=True).first()
    return selectors.get_principal(actor, found or UUID(int=0))


def find_thing(actor: Actor, permission: PermissionEnum, typed: str) -> Model:
    """The row that a right is about, by id or whole name, among those that the actor may see.

    Raises:
        NotFound: there is none, none that they may see, or several have this name.
    """
    for model in models_of(permission):
        view = named(f"{model._meta.app_label}.view_{model._meta.model_name}")
        if view is None:
            continue
        rows = access.permitted(actor, view, model._default_manager.all()).filter(
            _named(model, typed)
        )
        found = list(rows[:2])
        if len(found) == 1:
            return found[0]
    raise NotFound("object")


def models_of(permission: PermissionEnum) -> list[type[Model]]:
    """The models that the right belongs to and whose rows are granted."""
    label, _, codename = permission.full_name.partition(".")
    rows = Permission.objects.filter(content_type__app_label=label, codename=codename)
    models = [row.content_type.model_class() for row in rows.select_related("content_type")]
    return [
        model
        for model in models
        if model is not None and (tables_of(model).users or tables_of(model).roles)
    ]


def _named(model: type[Model], typed: str) -> Q:
    wanted = Q(pk__in=[])
    with suppress(ValidationError):  # what is no id may be a name
        wanted |= Q(pk=model._meta.pk.to_python(typed))
    if has_field(model, "name"):
        wanted |= Q(name=typed)
    return wanted


def _roles_that_give(question: Question, subject: Actor) -> tuple[str, ...]:
    """Live roles that hold the right, for all rows or on the row, and that the person is not in."""
    sources = sources_of(question.permission)
    held = Q(pk__in=[])
    if is_model_wide(question.permission):
        for source in sources:
            label, _, codename = source.full_name.partition(".")
            held |= Q(permissions__content_type__app_label=label, permissions__codename=codename)
    roles = Role.objects.live().filter(held).exclude(pk__in=subject.role_ids)
    names = set(roles.values_list("name", flat=True))
    table = tables_of(type(question.thing)).roles if question.thing is not None else None
    if table is not None:
        granted = table._base_manager.filter(
            content_object=question.thing,
            permission__codename__in=[source.codename for source in sources],
        ).exclude(group_id__in=subject.role_ids)
        groups = granted.values_list("group_id", flat=True)
        names |= set(Role.objects.live().filter(pk__in=groups).values_list("name", flat=True))
    return tuple(sorted(names))
