"""Settings that have no effect yet, each with a warning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .fault import Fault
from .toml.document import Document, Path

NO_EFFECT = "it is read, and has no effect yet"
Later = Mapping[Path, str]  # where a setting stands in its file, and what happens until it is built

CONFIG: Later = {
    ("privacy", "keep_answers"): "answers are kept until they are deleted by hand",
    ("privacy", "keep_contacts"): "addresses are kept until they are deleted by hand",
}
CHANNELS: Mapping[str, str] = {"sms": "text messages"}  # until there is a channel of that name


def faults(document: Document, settings: Later) -> Iterator[Fault]:
    """Yield a warning for each of these settings that the file has."""
    for path, meanwhile in settings.items():
        if path in document.positions:
            message = f"`{path[-1]}` is for a later version of the engine"
            yield document.fault(path, message, f"{NO_EFFECT}: {meanwhile}", "warning")
