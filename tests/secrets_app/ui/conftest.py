"""Browsers without a browser: Django's client, signed in with a fresh proof."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from django.test import Client

from vaultportal.identity.actor import Actor
from vaultportal.identity.models import User

SignIn = Callable[..., Client]
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def sign_in(db: None) -> SignIn:
    """A client in which the actor has just signed in, or ``age`` seconds ago."""

    def make(actor: Actor, *, age: int = 0) -> Client:
        client = Client()
        client.force_login(_user(actor))
        session = client.session
        session["account_authentication_methods"] = [
            {"method": "password", "at": time.time() - age}
        ]
        session["account_authentication_methods_user"] = str(actor.user_id)
        session.save()
        return client

    return make


def _user(actor: Actor) -> User:
    return User.objects.get(pk=actor.user_id)
