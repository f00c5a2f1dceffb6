"""The engine's log: one line a record, as text or JSON, without secrets and customers' data."""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from datetime import UTC, datetime
from typing import Any, TextIO

from .definitions.fault import visible

STYLE, ACCESS = "SURVEYENGINE_LOG_FORMAT", "SURVEYENGINE_ACCESS_LOG"  # handed on to the processes that we start
LONGEST = 20_000  # characters of a record
OURS = "surveyengine"
PARTS = {  # the names of libraries in the log: what each does for us
    "apscheduler": "clock",
    "alembic": "database",
    "sqlalchemy": "database",
    "psycopg": "database",
    "granian": "server",
    "_granian": "server",
    "flask": "pages",
    "werkzeug": "pages",
    "asyncio": "server",
    "concurrent": "clock",
    "py": "python",
}
MEANT = (  # their messages, and ours in their place
    (re.compile(r"Unexpected exit from worker"), "a process that serves pages has ended, and is started again"),
    (re.compile(r"Killing .*worker"), "a process that serves pages did not stop in time, and was ended"),
    (re.compile(r"crash loop"), "the processes that serve pages end as soon as they begin, so that the engine stops"),
    (re.compile(r"[Jj]ob "), "something that is done again and again could not be done this time"),
)

HIDDEN = (  # patterns that must not be logged, and what replaces them
    (re.compile(r"(?<=://)[^\s\"'<>]*@"), "***@"),  # user and password in an address
    (re.compile(r"(?i)\b(bearer|basic)\s+[^\s\"',;]+"), r"\1 ***"),
    (re.compile(r"(?i)\b(\w*(?:password|secret))\s*=\s*[^\s\"',;]+"), r"\1=***"),
    (re.compile(r"\bse_[\w-]{8,}", re.ASCII), "se_***"),
    (re.compile(r"(?i)(/[rut]/|/staff/first/|/customers/)[^\s\"'<>?]+"), r"\1***"),
    (re.compile(r"(__Host-staff=)[\w-]+", re.ASCII), r"\1***"),
    (re.compile(r"(?<=[\w/*.~%-])\?[^\s\"'<>]+"), "?***"),
    (re.compile(r"[^\s@<>\"'(),:;=/\\]{1,64}(?:@|%40)[\w-]+(?:\.[\w-]+)+"), "***@***"),
    (re.compile(r"DETAIL: .*?(?=\n\[SQL|\nCONTEXT|\nHINT|\nTraceback|\n\n|\Z)", re.DOTALL), "DETAIL: ***"),
)


def redacted(text: str) -> str:
    """Return the text without tokens of links, API keys, passwords, e-mail addresses and query strings.

    The rows that PostgreSQL repeats in the DETAIL of an error are answers, and go too.
    """
    text = text[:LONGEST]
    for pattern, instead in HIDDEN:
        text = pattern.sub(instead, text)
    return text


class Text(logging.Formatter):
    """Formats a record as one line: time, level, message, and the lines of a traceback, separated by bars."""

    def format(self, record: logging.LogRecord) -> str:
        said = f"{_moment(record)} {record.levelname} {visible(redacted(_said(record)))}"
        return " | ".join((said, *(visible(line) for line in _traceback(self, record).splitlines())))


class Json(logging.Formatter):
    """Formats a record as a JSON object on one line, with the record's `fields` by their names."""

    def format(self, record: logging.LogRecord) -> str:
        content: dict[str, Any] = {"time": _moment(record), "level": record.levelname.lower(), "logger": _who(record)}
        content |= {"process": record.process, "message": redacted(_said(record))}
        content |= {name: redacted(one) if isinstance(one, str) else one for name, one in _fields(record)}
        if traceback := _traceback(self, record):
            content["traceback"] = traceback
        return json.dumps(content)


STYLES: dict[str, type[Text | Json]] = {"text": Text, "json": Json}


class Stderr(logging.StreamHandler[TextIO]):
    """Writes to whatever standard error is at the time."""

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, _: TextIO) -> None:
        """The base class sets what we look up."""


def configure(style: str) -> None:
    """Log to standard error in this style, in place of any earlier one."""
    handler, root = Stderr(), logging.getLogger()
    handler.setFormatter(STYLES[style]())
    root.handlers[:] = [one for one in root.handlers if not isinstance(one, Stderr)] + [handler]
    root.setLevel(logging.INFO)
    for library in PARTS:
        logging.getLogger(library).setLevel(logging.WARNING)


def catch_all() -> None:
    """Log uncaught exceptions and warnings like everything else."""
    log = logging.getLogger("surveyengine")
    logging.captureWarnings(True)
    sys.excepthook = lambda kind, error, trace: log.critical("unexpected: %r", error, exc_info=error)
    threading.excepthook = lambda args: log.critical("unexpected: %r", args.exc_value, exc_info=args.exc_value)


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] == OURS


def _who(record: logging.LogRecord) -> str:
    """Return the part of the engine that logs; for a library, what it does for us."""
    if _is_ours(record):
        return record.name
    return f"{OURS}.{PARTS.get(record.name.partition('.')[0], 'library')}"


def _said(record: logging.LogRecord) -> str:
    """Return the message of a record; a library's is translated to ours, or begins with its name."""
    said = record.getMessage()
    if _is_ours(record):
        return said
    meant = next((words for pattern, words in MEANT if pattern.search(said)), None)
    return meant or f"{_who(record).removeprefix(f'{OURS}.')}: {said}"


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _traceback(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    return redacted(formatter.formatException(record.exc_info)) if record.exc_info and record.exc_info[0] else ""


def _fields(record: logging.LogRecord) -> Any:
    return getattr(record, "fields", {}).items()
