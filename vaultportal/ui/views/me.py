"""What belongs to the person at this browser: profile, password, sessions."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from vaultportal.directory.services import passwords, people
from vaultportal.directory.services.people import PersonFields
from vaultportal.errors import Forbidden, Invalid
from vaultportal.identity.ids import uuid_of
from vaultportal.identity.models import User
from vaultportal.ui import activity, mine, preferences, second_factor, sessions
from vaultportal.ui.forms import PasswordForm, ProfileForm
from vaultportal.ui.views.base import PortalView

MOST = 100


class _MyView(PortalView):
    """A page about the signed-in person."""

    @property
    def person(self) -> User:
        user = self.request.user
        assert isinstance(user, User)  # noqa: S101 dispatch has refused all others
        return user


class ProfileView(_MyView):
    """GET, POST /me/"""

    def get(self, request: HttpRequest) -> HttpResponse:
        names = ("full_name", "language", "time_zone", "theme", "density")
        initial = {name: getattr(self.person, name) for name in names}
        form = ProfileForm(initial={**initial, "shortcuts": preferences.has_shortcuts(request)})
        return self._page(form)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ProfileForm(request.POST)
        if not form.is_valid():
            return self._page(form, status=422)
        given = form.cleaned_data
        people.change_profile(
            self.actor,
            PersonFields(
                full_name=given["full_name"],
                language=given["language"],
                time_zone=given["time_zone"],
            ),
        )
        preferences.set_appearance(self.actor, theme=given["theme"], density=given["density"])
        messages.success(request, _("Profile saved."))
        response = redirect("ui:me")
        kept = "" if given["shortcuts"] else preferences.OFF
        preferences.remember(response, preferences.SHORTCUTS, kept)
        return response

    def _page(self, form: ProfileForm, status: int = 200) -> HttpResponse:
        context = {
            "form": form,
            "person": self.person,
            "lines": mine.lines(),
            "has_second_factor": second_factor.is_enrolled(self.person),
            "crumbs": [(_("Profile"), "")],
        }
        return self.render("ui/me.html", "ui/me.html", context, status)


class PasswordView(_MyView):
    """GET, POST /me/password/"""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(PasswordForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = PasswordForm(request.POST)
        if form.is_valid() and self._changed(form):
            messages.success(request, _("Password changed. Your other sessions have ended."))
            return redirect("ui:me")
        return self._page(form, status=422)

    def _changed(self, form: PasswordForm) -> bool:
        try:
            passwords.change_own_password(
                self.actor, old=form.cleaned_data["old"], new=form.cleaned_data["new"]
            )
        except Forbidden:
            form.add_error("old", _("This is not your present password."))
            return False
        except Invalid as weak:
            form.add_error("new", weak.message)
            return False
        person = self.person
        person.refresh_from_db(fields=["password"])
        update_session_auth_hash(self.request, person)
        return True

    def _page(self, form: PasswordForm, status: int = 200) -> HttpResponse:
        context = {"form": form, "crumbs": _crumbs(_("Password"))}
        return self.render("ui/password.html", "ui/password.html", context, status)


class ActivityView(_MyView):
    """GET /me/activity/: the latest that the person did."""

    def get(self, request: HttpRequest) -> HttpResponse:
        context = {
            "happenings": activity.own(self.actor, MOST),
            "crumbs": _crumbs(_("What I did")),
        }
        return self.render("ui/my_activity.html", "ui/my_activity.html", context)


class SessionsView(_MyView):
    """GET /me/sessions/; POST ends one (``session``) or all others (``others``)."""

    def get(self, request: HttpRequest) -> HttpResponse:
        context = {"sessions": sessions.list_own(self.actor), "crumbs": _crumbs(_("Sessions"))}
        return self.render("ui/sessions.html", "ui/sessions.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        ended = sessions.end_own(self.actor, uuid_of(request.POST.get("session", "")))
        messages.success(request, _("Session ended.") if ended == 1 else _("Sessions ended."))
        return redirect("ui:sessions")


def _crumbs(here: str) -> list[tuple[str, Any]]:
    return [(_("Profile"), "/me/"), (here, "")]
