"""The WSGI application: a request to an API passes only the middleware that is for APIs.

Ten more that each look at the path and stand aside cost as much as a statement.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string

from vaultportal.dialect import for_path


class PortalHandler(WSGIHandler):
    """Django's handler with two chains: ``MIDDLEWARE`` for pages, ``API_MIDDLEWARE`` for APIs.

    Hooks around views belong to both; those of middleware for pages know an API themselves.
    """

    def load_middleware(self, is_async: bool = False) -> None:  # noqa: FBT001, FBT002 Django's
        """Build both chains."""
        super().load_middleware(is_async)
        for_pages: Any = self._middleware_chain  # type: ignore[has-type]  # unknown to the stubs
        for_apis: Any = convert_exception_to_response(self._get_response)  # type: ignore[attr-defined]  # as above
        for path in reversed(settings.API_MIDDLEWARE):
            for_apis = convert_exception_to_response(import_string(path)(for_apis))

        def chosen(request: HttpRequest) -> HttpResponseBase:
            chain = for_pages if for_path(request.path_info) is None else for_apis
            response: HttpResponseBase = chain(request)
            return response

        self._middleware_chain = chosen
