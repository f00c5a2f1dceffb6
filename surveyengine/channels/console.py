"""The transport of `console:`, which prints mails on the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from .composing import composed, writing
from .mime import Mail, body_text


@dataclass(frozen=True)
class ConsoleTransport:
    """Prints the headers and the text of each mail."""

    repeatable: ClassVar[bool] = True

    def send(self, mail: Mail, now: datetime, handing_over: Callable[[], None]) -> str:
        built = composed(mail, now)
        headers = "\n".join(f"{name}: {value}" for name, value in built.items())
        encoding = sys.stdout.encoding or "utf-8"
        shown = f"{headers}\n\n{body_text(mail.text)}\n".encode(encoding, "backslashreplace").decode(encoding)
        handing_over()
        with writing("the terminal"):
            print(shown, flush=True)
        return str(built["Message-ID"])


def open_console(url: str, root: Path) -> ConsoleTransport:
    """Return the transport to the terminal; raises ValueError for a URL with more than `console:`."""
    if url.partition(":")[2].strip("/"):
        raise ValueError("the e-mail url has something after console:; console: alone would be right")
    return ConsoleTransport()
