"""What holds for every list of the console."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.s3vault_app.ui import rig

pytestmark = pytest.mark.django_db
LIST = "admin:s3vault_app_storagepool_changelist"


def test_no_list_deletes_many_at_once(console: Client) -> None:
    pool = rig.pool()
    asked = {"action": "delete_selected", "_selected_action": [pool.pk], "post": "yes"}

    console.post(reverse(LIST), asked)

    pool.refresh_from_db()
    assert pool.deleted_at is None
