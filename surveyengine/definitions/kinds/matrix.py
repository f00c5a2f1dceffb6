"""Several questions that share their answers, as a table with a row for each."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from ..model import Many
from ..size import ENTRIES
from .anchors import ANCHORS
from .base import Option, Part, Question, with_aside
from .choice import Listed
from .scale import SCALES


class Matrix(Question):
    """Rows that share their answers, each answered by itself; where it is required, every row is."""

    kind: Literal["matrix"]
    rows: Annotated[Many[Listed], Field(min_length=2, max_length=ENTRIES["rows"])]
    options: Annotated[Many[Listed], Field(min_length=2, max_length=10)] | None = None
    scale: (
        Literal["csat", "nps", "ease", "ces", "expectation", "amount", "likely", "yes_no", "yes_partly_no"] | None
    ) = None
    not_applicable: bool = False

    @model_validator(mode="after")
    def _has_columns(self) -> Self:
        if (self.options is None) == (self.scale is None):
            raise PydanticCustomError(
                "columns", 'has its answers from either `scale` or `options`; write scale = "csat", or options = [ … ]'
            )
        return self

    @property
    def series(self) -> str:
        return f"matrix:{self.scale}" if self.scale else "matrix"

    @cached_property
    def offered(self) -> tuple[Option, ...]:
        listed = tuple(option.option for option in self.options or ())
        words = ANCHORS[self.scale] if self.scale else {}
        values = map(str, SCALES[self.scale]) if self.scale in SCALES else words
        return with_aside(listed or tuple(Option(value, words.get(value, "")) for value in values), self.not_applicable)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        steps = self.scale in SCALES
        return tuple(
            Part(f"{self.id}.{row.id}", self, row.text, self.series, self.offered, self.required, False, steps, True)
            for row in self.rows
        )
