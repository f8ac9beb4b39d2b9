"""/data/collections/{collection}/encrypt, decrypt and hash"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from collections_app.api.base import PiianoView
from collections_app.permissions import Capability
from collections_app.services import blobs, encrypting, reencrypting
from collections_app.services.options import parse_expiration
from vaultportal.api import body, query

OCTETS = "application/octet-stream"


class EncryptView(PiianoView):
    """POST and PATCH /data/collections/{collection}/encrypt/objects"""

    def post(self, request: HttpRequest, collection: str) -> HttpResponse:
        self.enter(Capability.CRYPTO_ENCRYPTER, collection)
        made = encrypting.encrypt_objects(
            self.actor,
            collection,
            self.json_array(),
            expiration=parse_expiration(self.http.GET.get("expiration_secs"), may_be_zero=False),
            tenants=self.tenants(),
        )
        return self.reply([{"ciphertext": text} for text in made])

    def patch(self, request: HttpRequest, collection: str) -> HttpResponse:
        self.enter(Capability.CRYPTO_ENCRYPTER, collection)
        made = reencrypting.update_encrypted(
            self.actor,
            collection,
            self.json_array(),
            expiration=parse_expiration(self.http.GET.get("expiration_secs"), may_be_zero=False),
            tenants=self.tenants(),
            archived="archived" in self.options("archived"),
        )
        return self.reply([{"ciphertext": text} for text in made])


class DecryptView(PiianoView):
    """POST /data/collections/{collection}/decrypt/objects"""

    def post(self, request: HttpRequest, collection: str) -> HttpResponse:
        self.enter(Capability.CRYPTO_DECRYPTER, collection)
        options = self.options("archived", "include_metadata")
        return self.reply(
            encrypting.decrypt_objects(
                self.actor,
                collection,
                self.json_array(),
                archived="archived" in options,
                with_metadata="include_metadata" in options,
                param=self.http.headers.get("X-Trans-Param", ""),
                tenants=self.tenants(),
            )
        )


class HashView(PiianoView):
    """POST /data/collections/{collection}/hash/objects"""

    def post(self, request: HttpRequest, collection: str) -> HttpResponse:
        self.enter(Capability.CRYPTO_HASHER, collection)
        made = encrypting.hash_objects(
            self.actor, collection, self.json_array(), tenants=self.tenants()
        )
        return self.reply([{"token_id": token_id} for token_id in made])


class EncryptBlobView(PiianoView):
    """POST /data/collections/{collection}/encrypt/blob: raw bytes both ways"""

    def post(self, request: HttpRequest, collection: str) -> HttpResponse:
        self.enter(Capability.CRYPTO_ENCRYPTER, collection)
        sealed = blobs.encrypt_blob(
            self.actor,
            collection,
            query.text(self.http, "prop"),
            body.raw(self.http),
            kind=query.text(self.http, "type"),
            scope=query.text(self.http, "scope"),
            tags=self.array("tags"),
            expiration=parse_expiration(self.http.GET.get("expiration_secs"), may_be_zero=False),
        )
        return self.reply_bytes(sealed, content_type=OCTETS)


class DecryptBlobView(PiianoView):
    """POST /data/collections/{collection}/decrypt/blob"""

    def post(self, request: HttpRequest, collection: str) -> HttpResponse:
        self.enter(Capability.CRYPTO_DECRYPTER, collection)
        opened = blobs.decrypt_blob(
            self.actor,
            collection,
            query.text(self.http, "prop"),
            body.raw(self.http),
            scope=query.text(self.http, "scope"),
            archived="archived" in self.options("archived"),
        )
        return self.reply_bytes(opened, content_type=OCTETS)
