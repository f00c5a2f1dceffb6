"""A channel of the tests' own, whole: notes that a pigeon carries to whoever has told a phone number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from surveyengine.channels.channel import Addressee, ConfigFault, Content
from surveyengine.settings.config import Config


@dataclass(frozen=True)
class Note:
    """What a pigeon carries."""

    to: str
    key: str
    text: str


@dataclass
class Loft:
    """The way by which notes leave; `before` is called before a note is handed over."""

    repeatable: ClassVar[bool] = False
    notes: list[Note] = field(default_factory=list)
    before: Callable[[Note], object] = lambda note: None

    def send(self, note: Note, now: datetime, handing_over: Callable[[], None]) -> str:
        self.before(note)
        handing_over()
        self.notes.append(note)
        return f"flight {len(self.notes)}"


@dataclass
class PigeonChannel:
    """The channel; `place` says where its loft is, and None that the business keeps no pigeons."""

    name: ClassVar[str] = "pigeon"
    how: ClassVar[str] = "by carrier pigeon"
    messages: ClassVar[str] = "Notes"
    misspelt: ClassVar[str] = "No pigeon finds their number; one like {example} would be right."
    example: ClassVar[str] = "+972-50-123-4567"
    place: str | None = "loft:roof"
    loft: Loft = field(default_factory=Loft)

    def url(self, config: Config) -> str | None:
        return self.place

    def faults(self, config: Config, root: Path) -> Iterator[ConfigFault]:
        if self.place and not self.place.startswith("loft:"):
            yield ConfigFault(("business", "name"), "a business with pigeons has a loft", "build one")

    def address(self, person: Addressee) -> str | None:
        return person.phone

    def can_reach(self, person: Addressee) -> bool:
        return (person.phone or "").startswith("+")

    def compose(self, content: Content) -> Note:
        return Note(content.to, content.key, f"{content.speech.words(content.survey.head.title)}: {content.link}")

    def open(self, url: str, root: Path) -> Loft:
        return self.loft
