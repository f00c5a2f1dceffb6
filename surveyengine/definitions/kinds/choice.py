"""Questions that are answered by choosing from a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from ...values.name import LONGEST
from ..model import Former, Many, Model, slug
from ..size import ENTRIES
from ..text import Text, example
from .anchors import ANCHORS
from .anchors import OTHER as OTHER_WORDS
from .base import OTHER, Id, Option, Part, Question, with_aside


class Pick(Question):
    """One of several answers."""

    not_applicable: bool = False

    @cached_property
    def offered(self) -> tuple[Option, ...]:
        words = ANCHORS[self.kind]
        known = tuple(Option(value, text) for value, text in words.items())
        return with_aside(known, self.not_applicable)


class YesNo(Pick):
    """Yes or no."""

    kind: Literal["yes_no"]


class YesPartlyNo(Pick):
    """Yes, partly or no."""

    kind: Literal["yes_partly_no"]


class Listed(Model):
    """An option, or a row of a matrix, as it stands in the file."""

    id: Id
    was: Former[Id] = ()
    text: Text

    @classmethod
    def instead(cls, value: object, languages: Sequence[str]) -> str:
        return entry(value, languages)

    @classmethod
    def shown(cls, languages: Sequence[str]) -> str:
        return table("…", "", languages)

    @property
    def option(self) -> Option:
        """The option as it is offered."""
        return Option(self.id, self.text, self.was)


def entry(value: object, languages: Sequence[str]) -> str:
    """Return a hint that shows the table of an option or a row whose words were given alone."""
    if not isinstance(value, str):
        return ""
    id = slug(value)[:LONGEST]
    return f"write {table(id if id[:1].isalpha() else '…', value, languages)}"


def table(id: str, words: str, languages: Sequence[str]) -> str:
    """Return an option or a row as it stands in a file."""
    return f'{{ id = "{id}", text = {example(languages, words)} }}'


class Listing(Question):
    """Options of the file."""

    options: Annotated[Many[Listed], Field(min_length=2, max_length=ENTRIES["options"])]
    shuffle: bool = False

    @cached_property
    def listed(self) -> tuple[Option, ...]:
        """The options of the file, in its order."""
        return tuple(option.option for option in self.options)


class Picking(Listing):
    """Options to pick from, with "other" and "does not apply" where they are wanted."""

    not_applicable: bool = False
    other: bool = False

    @cached_property
    def offered(self) -> tuple[Option, ...]:
        other = (Option(OTHER, OTHER_WORDS),) if self.other else ()
        return with_aside((*self.listed, *other), self.not_applicable)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        words = Part(f"{self.id}.{OTHER}", self, OTHER_WORDS, "text")
        return (self._whole(), words) if self.other else (self._whole(),)


class Choice(Picking):
    """One of the options."""

    kind: Literal["choice"]


class Choices(Picking):
    """Any number of the options."""

    several = True
    kind: Literal["choices"]


class Ranking(Listing):
    """The options in the order of the customer's preference, the best first."""

    several = True
    kind: Literal["ranking"]
    options: Annotated[Many[Listed], Field(min_length=2, max_length=10)]

    @cached_property
    def offered(self) -> tuple[Option, ...]:
        return self.listed

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        return (replace(self._whole(), counted=False),)  # a histogram holds no ranks


class Consent(Question):
    """A sentence to agree to."""

    kind: Literal["consent"]

    @cached_property
    def offered(self) -> tuple[Option, ...]:
        return (Option("yes", self.text),)
