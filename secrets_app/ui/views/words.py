"""The words that passphrases are made of in the browser."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from shamir_mnemonic.wordlist import WORDLIST

from vaultportal.ui.views.base import PortalView

A_DAY = 86_400


class WordsView(PortalView):
    """GET /secrets/words/: the 1,024 words of SLIP-39, one a line: ten bits each.

    No word begins with the same four letters as another, none is easily taken for another.
    """

    def get(self, request: HttpRequest) -> HttpResponse:
        response = HttpResponse("\n".join(WORDLIST), content_type="text/plain; charset=utf-8")
        response["Cache-Control"] = f"private, max-age={A_DAY}"
        return response
