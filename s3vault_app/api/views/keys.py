"""S3 key pairs of users. Contract section 5."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse

from s3vault_app import selectors
from s3vault_app.api import answers
from s3vault_app.api.base import WireView
from s3vault_app.api.openapi import TEXT, WHOLE, Op, record
from s3vault_app.services import keys

_PAIR = record(
    response=record(errorCode=WHOLE, errorMessage=TEXT), accessKeyID=TEXT, secretAccessKey=TEXT
)
_OVERLAP = (("overlapSeconds", "For how long the old pair still works; 0 by default."),)
# What the older program takes for a success, and nothing else.
SUCCESS = 200


class KeyView(WireView):
    """/commandcenter/api/V4/User/{id}/S3AccessKey"""

    operations = {
        "get": Op("The key pair of a user, without its secret"),
        "put": Op("Rotate the key pair of a user", answer=_PAIR, query=_OVERLAP),
    }

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        """The id and the times of the pair."""
        pair = selectors.keys.get_pair(self.actor, number)
        if pair is None:
            return self.done(accessKeyID="", createdTime=0)
        return self.done(
            accessKeyID=pair.access_key_id,
            createdTime=answers.at(pair.created_at),
        )

    def put(self, request: HttpRequest, number: int) -> HttpResponse:
        """The new pair, its secret this once; the old one is refused within seconds."""
        seconds = self.number("overlapSeconds")
        overlap = timedelta(seconds=seconds) if seconds else None
        made = keys.rotate(self.actor, number, overlap=overlap)
        return self.reply(
            {
                "response": {"errorCode": SUCCESS, "errorMessage": "Success"},
                "accessKeyID": made.access_key_id,
                "secretAccessKey": made.secret,
            }
        )


class OwnKeyView(KeyView):
    """/commandcenter/api/V4/User/S3AccessKey"""

    operations = {
        "get": Op("One's own key pair, without its secret"),
        "put": Op("Rotate one's own key pair", answer=_PAIR, query=_OVERLAP),
    }

    def get(self, request: HttpRequest, number: int = 0) -> HttpResponse:
        """As for any user."""
        return super().get(request, self.actor.number)

    def put(self, request: HttpRequest, number: int = 0) -> HttpResponse:
        """As for any user."""
        return super().put(request, self.actor.number)
