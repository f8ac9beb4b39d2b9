"""Key pairs on the wire."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from s3vault_app.models import (
    KeyPair,
)
from s3vault_app.services import keys
from tests.factories import make_person
from tests.s3vault_app.api.rig import (
    GENERIC,
    administrator,
    stranger,
)

pytestmark = pytest.mark.django_db


def test_a_rotation_says_200_in_its_body_and_shows_the_secret_once() -> None:
    caller = stranger()
    status, made = caller("PUT", "V4/User/S3AccessKey")
    again = caller("PUT", f"V4/User/{caller.user.number}/S3AccessKey")[1]
    told = caller("GET", "V4/User/S3AccessKey")[1]

    assert (status, made["response"]) == (200, {"errorCode": 200, "errorMessage": "Success"})
    assert (len(made["accessKeyID"]), len(made["secretAccessKey"])) == (20, 40)
    assert made["accessKeyID"] != again["accessKeyID"]
    assert KeyPair.objects.get(access_key_id=made["accessKeyID"]).state == "revoked"
    assert told.pop("createdTime") > 0
    assert told == {**GENERIC, "accessKeyID": again["accessKeyID"]}
    assert again["secretAccessKey"] not in str(told)


def test_the_pair_of_another_is_403_and_an_unknown_user_404() -> None:
    other = make_person()

    for method in ("GET", "PUT"):
        assert stranger()(method, f"V4/User/{other.number}/S3AccessKey")[0] == 403
        status, answer = administrator()(method, "V4/User/999999/S3AccessKey")
        assert (status, answer["errorCode"]) == (404, "INVALID_USER")
    assert administrator()("PUT", f"V4/User/{other.number}/S3AccessKey")[0] == 200


def test_an_overlap_keeps_the_old_pair_until_its_time_is_over() -> None:
    caller = stranger()
    first = caller("PUT", "V4/User/S3AccessKey")[1]["accessKeyID"]
    caller("PUT", "V4/User/S3AccessKey?overlapSeconds=60")
    old = KeyPair.objects.get(access_key_id=first)

    assert old in KeyPair.objects.working()
    KeyPair.objects.filter(pk=old.pk).update(overlap_until=timezone.now() - timedelta(seconds=1))
    assert old not in KeyPair.objects.working()
    assert keys.end_overlaps() == 1
    old.refresh_from_db()
    assert (old.state, old.secret) == ("revoked", None)
