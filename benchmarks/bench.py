"""What every measurement needs, and what a table says of the machine it was made on."""

from __future__ import annotations

import os
import platform
import secrets
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlencode

from surveyengine.engine import start
from surveyengine.responses.ticket import FormToken, FormTokens

from .load import Client, Load, get, post

SURVEY = "delivery"
FORM = f"/s/{SURVEY}"
ANSWERS = {"satisfaction": "3", "timing": "late", "condition": "partly", "reason": "The parcel came a day late."}
LIBRARIES = ("Flask", "granian", "SQLAlchemy", "psycopg")


@dataclass(frozen=True)
class Bench:
    """Where to work, who asks, and whether a look at the machinery is enough."""

    root: Path
    client: Client
    quick: bool = False

    @property
    def rounds(self) -> int:
        """How often a measurement is repeated."""
        return 1 if self.quick else 7

    @property
    def seconds(self) -> float:
        """How long a server is asked each time."""
        return 0.1 if self.quick else 2.0

    def size(self, whole: int) -> int:
        """Return how many rows stand for so many."""
        return max(whole // 1_000, 10) if self.quick else whole

    def folder(self, name: str) -> Path:
        """Make an empty folder."""
        (path := self.root / name).mkdir()
        return path

    def gets(self, port: int, path: str) -> float:
        """Return how many GETs of that page are answered in a second."""
        return self.client.rate(Load(port, [get(path)], self.seconds))

    def posts(self, port: int, requests: list[bytes]) -> float:
        """Return how many of these POSTs, each of them sent once, are answered in a second."""
        return self.client.rate(Load(port, requests, self.seconds, expected=b"HTTP/1.1 303", once=True))


def forms(project: Path, count: int) -> list[bytes]:
    """Return so many complete answers to the survey, each in a form of its own that was opened a while ago."""
    with closing(start(project)) as engine:
        digest, tickets = engine.library.surveys[SURVEY].digest, FormTokens(engine.secret)
    opened = datetime.now(UTC) - timedelta(minutes=1)
    made = (FormToken(secrets.token_urlsafe(12), SURVEY, digest, "", opened) for _ in range(count))
    return [urlencode({"form": tickets.sign(ticket), **ANSWERS}).encode() for ticket in made]


def posted(path: str, bodies: list[bytes]) -> list[bytes]:
    """Return the requests that post these forms to a path."""
    return [post(path, body) for body in bodies]


def machine() -> dict[str, str]:
    """Return what the figures depend on."""
    return {
        "machine": f"{os.cpu_count()} cores, {_processor()}",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
    }


def _processor() -> str:
    """Return the processor's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
