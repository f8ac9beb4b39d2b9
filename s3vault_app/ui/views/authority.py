"""The certificate of the portal's own authority, which programs trust to reach endpoints."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from s3vault_app.ui.connect import CA
from s3vault_app.ui.views.base import StorageView
from vaultportal.runtime import tls


class AuthorityView(StorageView):
    """GET /storage/authority.pem: for everybody who is signed in; it holds no secret."""

    def get(self, request: HttpRequest) -> HttpResponse:
        body = tls.authority_file().read_bytes()
        response = HttpResponse(body, content_type="application/x-pem-file")
        response["Content-Disposition"] = f'attachment; filename="{CA}"'
        return response
