"""What is logged, and how: one JSON object a line, or a line for a terminal.

Logs name ids, never values. An exception is logged as its type and the places it passed; its own
text is left out, since a database or a parser quotes values in it. Loggers that are known to be
handed addresses, tokens or parameters keep their sentence and lose what would be put into it.
"""

from __future__ import annotations

import logging
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import orjson

from vaultportal.ops import context

# Loggers whose arguments hold request paths, query strings, tokens or SQL parameters.
SENSITIVE = (
    "django.db.backends",
    "django.request",
    "django.security",
    "django.server",
    "allauth",
    "axes",
    "httpcore",
    "httpx",
    "oauth2_provider",
    "oauthlib",
    "requests_oauthlib",
    "urllib3",
    "botocore",
    "boto3",
    "asyncssh",
    "celery.app.trace",
    "celery.worker.strategy",
    "celery.worker.request",
    "kombu",
)
# A mapping keeps what tells the tasks of a worker apart.
HARMLESS_KEYS = ("name", "id", "runtime")
_FIELDS = "fields"


def config(level: str, *, json: bool) -> dict[str, Any]:
    """Django's ``LOGGING``. level: of our own loggers; libraries speak from WARNING on."""
    formatter = "vaultportal.ops.logging.JSONFormatter" if json else _LINE_FORMATTER
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"redact": {"()": "vaultportal.ops.logging.RedactionFilter"}},
        "formatters": {"portal": {"()": formatter}},
        "handlers": {
            "portal": {
                "class": "logging.StreamHandler",
                "formatter": "portal",
                "filters": ["redact"],
            }
        },
        "root": {"handlers": ["portal"], "level": "WARNING"},
        "loggers": {
            **{
                name: {"level": level.upper()}
                for name in (
                    "vaultportal",
                    "secrets_app",
                    "collections_app",
                    "s3vault_app",
                    "triggers_app",
                )
            },
            # Its own handlers mail tracebacks and print paths.
            "django": {"handlers": [], "level": "WARNING", "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
        },
    }


_LINE_FORMATTER = "vaultportal.ops.logging.LineFormatter"


def fields(**values: str | int | float | None) -> dict[str, Any]:
    """For ``extra``: what goes into the line beside the message."""
    return {_FIELDS: values}


class RedactionFilter(logging.Filter):
    """Takes out of a record of a sensitive logger what would be put into its sentence."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.args and any(_is_below(record.name, name) for name in SENSITIVE):
            record.msg, record.args = _redacted(str(record.msg), record.args), ()
        return True


class JSONFormatter(logging.Formatter):
    """One object a line: time, level, logger, message, request_id, fields, and a bare traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id := context.request_id():
            line["request_id"] = request_id
        line |= getattr(record, _FIELDS, {})
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = _bare(record.exc_info[1])
        return orjson.dumps(line, default=str).decode()


class LineFormatter(logging.Formatter):
    """A line for people: time, level, logger, message, fields."""

    def format(self, record: logging.LogRecord) -> str:
        values: dict[str, Any] = getattr(record, _FIELDS, {})
        said = " ".join(f"{name}={value}" for name, value in values.items() if value is not None)
        clock = _time(record)[11:19]
        message = record.getMessage().replace("\n", " ")  # a line is a line
        line = f"{clock} {record.levelname:<7} {record.name}: {message} {said}".rstrip()
        if record.exc_info and record.exc_info[1] is not None:
            steps = "\n".join(f"    {step}" for step in _bare(record.exc_info[1]))
            line = f"{line}\n{steps}"
        return line


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _bare(fault: BaseException) -> list[str]:
    """Types and places, the first cause first. No text of the exceptions, no locals."""
    chain: list[BaseException] = []
    link: BaseException | None = fault
    while link is not None and link not in chain:
        chain.insert(0, link)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return [step for link in chain for step in [*_places(link.__traceback__), _name(link)]]


def _places(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)
    return [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]


def _name(fault: BaseException) -> str:
    return f"{type(fault).__module__}.{type(fault).__qualname__}"


def _redacted(sentence: str, args: Any) -> str:
    if isinstance(args, dict):
        kept = {name: args[name] for name in HARMLESS_KEYS if name in args}
        return f"{sentence.partition('%')[0].strip()} {kept}" if kept else sentence
    return sentence


def _is_below(name: str, ancestor: str) -> bool:
    return name == ancestor or name.startswith(f"{ancestor}.")
