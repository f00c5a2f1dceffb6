"""What every question has, and under which names its answers are stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, ClassVar, get_args

from pydantic import Field

from ...values.name import QUESTION
from ..condition import Condition
from ..model import Former, Model, slug, spelled
from ..text import Text
from .anchors import NOT_APPLICABLE as NOT_APPLICABLE_WORDS

Id = Annotated[
    str,
    spelled(QUESTION, "write small letters a-z, digits and _, with a letter first, such as on_time", slug),
]
NOT_APPLICABLE = "na"
OTHER = "other"


@dataclass(frozen=True)
class Option:
    """One answer that is offered: the value that is stored, and its words.

    Words are a text of the file, or an engine msgid; "" where there are none.
    """

    value: str
    text: Text | str
    was: tuple[str, ...] = ()  # values under which it was stored before

    @property
    def apart(self) -> bool:
        """Whether it is shown apart, after the scale or the list."""
        return self.value == NOT_APPLICABLE


@dataclass(frozen=True)
class Part:
    """What is answered by itself: a question, a row of a matrix, or the words beside `other`.

    Answers are stored, and conditions name them, by its `id`.
    """

    id: str
    question: Question = field(repr=False, compare=False)  # which holds its parts
    text: Text | str
    series: str
    offered: tuple[Option, ...] = ()
    required: bool = False
    several: bool = False
    measured: bool = False  # answered by numbers, which have a size
    counted: bool = False  # one of the offered answers, which a histogram can hold


class Question(Model):
    """What every question has."""

    asks: ClassVar[bool] = True
    several: ClassVar[bool] = False
    measured: ClassVar[bool] = False
    id: Id
    was: Former[Id] = ()
    kind: str
    text: Text
    hint: Text | None = None
    required: bool = False
    show_if: Condition | None = None
    page: Annotated[int, Field(ge=1)] | None = None

    @classmethod
    def astray(cls, key: str) -> str:
        owners = [kind for kind, model in _kinds(Question) if key in model.known_keys()]
        return f"it belongs to the kind {', '.join(owners)}" if owners else super().astray(key)

    @property
    def core(self) -> bool:
        """Whether the answer is the touchpoint's score."""
        return False

    @cached_property
    def offered(self) -> tuple[Option, ...]:
        """The answers to choose from, in reading order; empty where the customer writes."""
        return ()

    @property
    def series(self) -> str:
        """The key of answers that can be added up; a changed kind or scale makes another series."""
        return self.kind

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """What is answered by itself, in the order of the page; () where there is nothing to answer."""
        return (self._whole(),) if self.asks else ()

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields that the question has in a form."""
        return tuple(part.id for part in self.parts)

    @cached_property
    def written(self) -> tuple[str, ...]:
        """The names of those fields in which the customer writes."""
        offered = {part.id for part in self.parts if part.offered}
        return tuple(name for name in self.fields if name not in offered)

    def _whole(self) -> Part:
        counted = bool(self.offered)
        return Part(
            self.id, self, self.text, self.series, self.offered, self.required, self.several, self.measured, counted
        )


def with_aside(options: tuple[Option, ...], not_applicable: bool) -> tuple[Option, ...]:
    """Return the options and, after them, the one for "does not apply"."""
    return (*options, Option(NOT_APPLICABLE, NOT_APPLICABLE_WORDS)) if not_applicable else options


def _kinds(model: type[Question]) -> Iterator[tuple[str, type[Question]]]:
    """Yield the names of the kinds, as far as they were defined, each with its model."""
    for kind in model.__subclasses__():
        yield from ((name, kind) for name in get_args(kind.model_fields["kind"].annotation))
        yield from _kinds(kind)
