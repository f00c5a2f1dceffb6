"""What happened to a customer, told in sentences: as groups of lines, for pages and machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ..definitions.fault import visible
from ..engine import Engine
from ..i18n.speech import Speech
from ..results.record import Record
from ..values.bidi import without
from .explain import explain_on_page


@dataclass(frozen=True, slots=True)
class Paragraph(Record):
    """A sentence, and what belongs to it: an event, and what came of it for each survey."""

    head: str
    lines: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class CustomerStory(Record):
    """Why a customer was asked, and why not, in the order in which it happened."""

    customer: str
    language: str
    story: Sequence[Paragraph]


def story(engine: Engine, name: str, now: datetime, speech: Speech) -> list[Paragraph]:
    """Return why a customer, those at an address, or those of an event were asked or not; raises Unknown."""
    return paragraphs(explain_on_page(engine, name, now, speech))


def paragraphs(lines: Sequence[str]) -> list[Paragraph]:
    """Return the lines in groups: an indented one belongs to the one above it."""
    found: list[tuple[str, list[str]]] = []
    for line in filter(None, lines):
        if line.startswith(" ") and found:
            found[-1][1].append(_inert(line))
        else:
            found.append((_inert(line), []))
    return [Paragraph(head, below) for head, below in found]


def _inert(line: str) -> str:
    """Return a line without what could turn its direction round."""
    return visible(without(line.strip()))
