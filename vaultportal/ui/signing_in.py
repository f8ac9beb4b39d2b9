"""One step of signing in within a page: name and password, then the factor of who has one."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from allauth.account.stages import LoginStageController
from allauth.mfa.stages import AuthenticateStage
from django import forms
from django.http import HttpRequest

from vaultportal.identity.models import User
from vaultportal.ui import passkeys
from vaultportal.ui.forms import LoginForm
from vaultportal.ui.second_factor import AuthenticateForm

Question = tuple[forms.Form, int]


def attempt(request: HttpRequest) -> Question | None:
    """Go on with what was posted.

    The answer is the form to ask with next and the status that goes with it; None: signed in.
    """
    stage = LoginStageController.enter(request, AuthenticateStage.key)
    if stage is not None and (passkeys.is_given(request) or "code" in request.POST):
        by_key = passkeys.SignInForm(request.POST, user=stage.login.user)
        code = AuthenticateForm(data=request.POST, user=stage.login.user)
        if passkeys.is_given(request) and by_key.is_valid():
            by_key.save()
        elif code.is_valid():
            code.save()
        else:  # a passkey that is not right asks for a code as well
            return code, 422
        stage.exit()
        return None
    named = LoginForm(request.POST, request=request)
    if not named.is_valid():
        return named, 422
    if request.user.is_authenticated:
        # A session that stands is not asked for the second factor: another tab has made it.
        get_adapter().logout(request)
    named.login(request)
    if isinstance(request.user, User):
        return None
    stage = LoginStageController.enter(request, AuthenticateStage.key)
    if stage is None:  # an account that was disabled has no way on
        return LoginForm(request=request), 422
    return AuthenticateForm(user=stage.login.user), 401


def passkey(form: forms.Form) -> str:
    """What the browser needs to ask for a passkey instead of a code; "" where there is none."""
    return passkeys.options_for(form.user) if isinstance(form, AuthenticateForm) else ""
