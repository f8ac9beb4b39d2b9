"""The sentences of failures in the languages of the dialect."""

from __future__ import annotations

from collections.abc import Mapping

from vaultportal.errors import Fault, VaultError

SYNTAX = "400.0 Bad Request Syntax"
CONTENT = "400.1 Bad Request Content"
MISSING = "400.1.0 Required Data Missing Or Empty"
READONLY = "400.1.1 Illegal update attempt"
LENGTH = "400.1.2 Value length out of range"
ILLEGAL = "400.1.3 Illegal value"
LIMIT = "400.1.4 Limit violation"
REFERENCE = "400.1.404 Referenced object not found"
CLOSED = "400.1.409 Reference conflict"
FORBIDDEN = "403 Forbidden"
NOT_FOUND = "404 Not found"
METHOD = "405 Method Not Allowed"
TOO_LARGE = "413 Payload Too Large"
MEDIA = "415 Unsupported Media Type"
FAULT = "500.0 Internal Fault"
UNAVAILABLE = "503 Service Unavailable"

_CONTENT = "The request was syntactically correct but its content is semantically invalid."
_INHALT = "Die Anfrage ist der Form nach richtig, ihr Inhalt ist es nicht."
# By reason first, then by detail code.
MESSAGES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "invocation.secret": "The invocation secret is not accepted.",
        "invocation.closed": "The invocation has an outcome already, or its deadline has passed.",
        "invocation.unknown": "There is no such invocation to complete.",
        "trigger.unknown": "There is no such trigger.",
        "trigger.limit": "The trigger has as many subscriptions as it may have.",
        "experimental": "This API is experimental: the header X-SailPoint-Experimental must be "
        "sent with the value true.",
        SYNTAX: "The request body cannot be read.",
        FORBIDDEN: "The server understood the request but refuses to authorize it.",
        NOT_FOUND: "The server did not find what the request names.",
        METHOD: "This method is not allowed here.",
        TOO_LARGE: "The request is too large.",
        MEDIA: "The content type of the request is not taken here.",
        FAULT: "An internal fault occurred.",
        UNAVAILABLE: "The service is not available now.",
    },
    "de": {
        "invocation.secret": "Das Geheimnis des Aufrufs wird nicht angenommen.",
        "invocation.closed": "Der Aufruf hat schon ein Ergebnis, oder seine Frist ist vorbei.",
        "invocation.unknown": "Es gibt keinen solchen Aufruf, der abzuschließen wäre.",
        "trigger.unknown": "Es gibt keinen solchen Auslöser.",
        "trigger.limit": "Der Auslöser hat schon so viele Abonnements, wie er haben darf.",
        "experimental": "Diese Schnittstelle ist noch im Versuch: der Header "
        "X-SailPoint-Experimental muss mit dem Wert true gesendet werden.",
        SYNTAX: "Der Inhalt der Anfrage ist nicht lesbar.",
        FORBIDDEN: "Der Server hat die Anfrage verstanden, erlaubt sie aber nicht.",
        NOT_FOUND: "Der Server findet nicht, was die Anfrage nennt.",
        METHOD: "Diese Methode ist hier nicht erlaubt.",
        TOO_LARGE: "Die Anfrage ist zu groß.",
        MEDIA: "Der Inhaltstyp der Anfrage wird hier nicht angenommen.",
        FAULT: "Ein interner Fehler ist aufgetreten.",
        UNAVAILABLE: "Der Dienst ist gerade nicht verfügbar.",
    },
}
_OTHERWISE = {"en": _CONTENT, "de": _INHALT}
_FAULTS_IN_GERMAN = {
    "missing": "fehlt",
    "type": "hat einen falschen Typ",
    "format": "hat eine falsche Form",
    "range": "liegt außerhalb der Grenzen",
    "duplicate": "kommt doppelt vor",
    "unknown": "ist nicht bekannt",
    "choice": "ist keiner der erlaubten Werte",
    "conflict": "passt nicht zum jetzigen Zustand",
    "readonly": "kann nicht geändert werden",
}


def message(error: VaultError, code: str, language: str) -> str:
    """What went wrong in general."""
    known = MESSAGES[language]
    return known.get(error.reason) or known.get(code) or _OTHERWISE[language]


def cause(fault: Fault, language: str) -> str:
    """What went wrong with one part of the request."""
    if language == "de":
        return f"{fault.property} {_FAULTS_IN_GERMAN.get(fault.code, 'ist nicht richtig')}."
    return f"{fault.property} {fault.message}."
